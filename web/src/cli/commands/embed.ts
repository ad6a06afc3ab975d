// The command `embed`.
import { pipeline } from 'dragoman';
import { exceptBlank } from '../command.js';
import { lengthFlags } from '../flags.js';
import type { FeatureCallOptions } from 'dragoman';
import type { CommandDefinition } from '../command.js';
import type { FlagsOf } from '../flags.js';

const flags: FlagsOf<FeatureCallOptions> = {
  pooling: {
    value: 'P',
    kind: 'text',
    option: 'pooling',
    help: "mean, cls or last_token, instead of the model's own",
  },
  normalize: { kind: 'switch', option: 'normalize', help: 'give vectors the length 1' },
  quantize: { kind: 'switch', option: 'quantize', help: 'signs only, as bits of bytes' },
  precision: {
    value: 'P',
    kind: 'text',
    option: 'precision',
    help: 'binary (default) or ubinary, of --quantize',
  },
  prompt: { value: 'T', kind: 'text', option: 'prompt', help: 'put in front of every line' },
  'prompt-name': {
    value: 'NAME',
    kind: 'text',
    option: 'prompt_name',
    help: 'a prompt of the model',
  },
  ...lengthFlags,
};

export const embed: CommandDefinition = {
  about: 'Prints the vector of every line, its numbers separated by tabs.',
  flags,
  async prepare({ model, json, loadOptions, callOptions }) {
    const run = await pipeline('feature-extraction', model ?? null, loadOptions);
    const options = { pooling: 'model', ...callOptions } as const;
    const work = exceptBlank(json, async (lines) => {
      const vectors = await run(lines, options);
      return lines.map((_, index) => {
        const numbers = [...vectors.at(index).data];
        return json ? JSON.stringify(numbers) : numbers.join('\t');
      });
    });
    return { work, dispose: () => run.dispose() };
  },
};
