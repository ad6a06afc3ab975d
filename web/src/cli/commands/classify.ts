// The command `classify`.
import { pipeline } from 'dragoman';
import { exceptBlank, oneLine } from '../command.js';
import { lengthFlags } from '../flags.js';
import type { Classification, ClassificationCallOptions } from 'dragoman';
import type { CommandDefinition } from '../command.js';
import type { FlagsOf } from '../flags.js';

const flags: FlagsOf<ClassificationCallOptions> = {
  'top-k': {
    value: 'N',
    kind: 'integer-or-all',
    option: 'top_k',
    help: 'labels a line, best first; "all" for all (default 1)',
  },
  'function-to-apply': {
    value: 'F',
    kind: 'text',
    option: 'function_to_apply',
    help: 'softmax, sigmoid or none, instead of what the model says',
  },
  ...lengthFlags,
};

function printed(labels: Classification[], json: boolean, single: boolean): string {
  if (json) return JSON.stringify(single ? labels[0] : labels);
  return labels.flatMap(({ label, score }) => [oneLine(label), score]).join('\t');
}

export const classify: CommandDefinition = {
  about: 'Prints the label and its score of every line.',
  flags,
  async prepare({ model, json, loadOptions, callOptions }) {
    const run = await pipeline('text-classification', model ?? null, loadOptions);
    const { top_k: topK = 1 } = callOptions;
    const work = exceptBlank(json, async (lines) => {
      const results = await run(lines, callOptions);
      return results.map((result) => {
        return printed(Array.isArray(result) ? result : [result], json, topK === 1);
      });
    });
    return { work, dispose: () => run.dispose() };
  },
};
