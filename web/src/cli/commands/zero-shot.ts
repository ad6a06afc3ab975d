// The command `zero-shot`.
import { pipeline } from 'dragoman';
import { exceptBlank, oneLine } from '../command.js';
import type { ZeroShotCallOptions, ZeroShotClassification } from 'dragoman';
import type { CommandDefinition } from '../command.js';
import type { Flags, FlagsOf } from '../flags.js';

const own: FlagsOf<ZeroShotCallOptions> = {
  'hypothesis-template': {
    value: 'T',
    kind: 'text',
    option: 'hypothesis_template',
    help: 'sentence about a label, which stands for {} (default "This example is {}.")',
  },
  'multi-label': {
    kind: 'switch',
    option: 'multi_label',
    help: 'judge each label by itself; several may be right',
  },
};

const flags: Flags = {
  labels: { value: 'A,B', kind: 'list', option: 'labels', required: true, help: 'labels' },
  ...own,
};

function printed(result: ZeroShotClassification, json: boolean): string {
  if (json) return JSON.stringify(result);
  const { labels, scores } = result;
  return labels.flatMap((label, i) => [oneLine(label), scores[i]]).join('\t');
}

export const zeroShot: CommandDefinition = {
  about: 'Prints the labels and their scores of every line, best first.',
  flags,
  async prepare({ model, json, loadOptions, callOptions }) {
    const run = await pipeline('zero-shot-classification', model ?? null, loadOptions);
    const { labels, ...options } = callOptions;
    const work = exceptBlank(json, async (lines) => {
      const results = await run(lines, labels as string[], options);
      return results.map((result) => printed(result, json));
    });
    return { work, dispose: () => run.dispose() };
  },
};
