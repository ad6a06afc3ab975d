// The command `fill-mask`.
import { pipeline } from 'dragoman';
import { exceptBlank, oneLine } from '../command.js';
import { lengthFlags } from '../flags.js';
import type { FilledMask, FilledMasks, FillMaskCallOptions } from 'dragoman';
import type { CommandDefinition } from '../command.js';
import type { FlagsOf } from '../flags.js';

const flags: FlagsOf<FillMaskCallOptions> = {
  'top-k': {
    value: 'N',
    kind: 'integer',
    option: 'top_k',
    help: 'words for each mask, best first (default 5)',
  },
  targets: { value: 'A,B', kind: 'list', option: 'targets', help: 'words to choose from' },
  ...lengthFlags,
};

function printed(masks: FilledMasks, json: boolean): string {
  if (json) return JSON.stringify(masks);
  const words = masks.flat() as FilledMask[];
  return words.flatMap(({ token_str: word, score }) => [oneLine(word), score]).join('\t');
}

export const fillMask: CommandDefinition = {
  about: 'Prints words for the masks of every line with their scores, mask after mask.',
  flags,
  async prepare({ model, json, loadOptions, callOptions }) {
    const run = await pipeline('fill-mask', model ?? null, loadOptions);
    const work = exceptBlank(json, async (lines) => {
      const results = await run(lines, callOptions);
      return results.map((masks) => printed(masks, json));
    });
    return { work, dispose: () => run.dispose() };
  },
};
