// The command `translate`.
import { pipeline } from 'dragoman';
import { oneLine } from '../command.js';
import type { Translation, TranslationCallOptions } from 'dragoman';
import type { CommandDefinition } from '../command.js';
import type { FlagsOf } from '../flags.js';

const flags: FlagsOf<TranslationCallOptions> = {
  'num-beams': { value: 'N', kind: 'integer', option: 'num_beams', help: 'beams; 1 is greedy' },
  'num-return-sequences': {
    value: 'N',
    kind: 'integer',
    option: 'num_return_sequences',
    help: 'translations a line, separated by tabs, best first',
  },
  'max-new-tokens': {
    value: 'N',
    kind: 'integer',
    option: 'max_new_tokens',
    help: 'most tokens generated a sentence',
  },
  'max-length': {
    value: 'N',
    kind: 'integer',
    option: 'max_length',
    help: 'the same, with the start token counted',
  },
  'min-length': {
    value: 'N',
    kind: 'integer',
    option: 'min_length',
    help: 'fewest tokens, the start token counted',
  },
  'length-penalty': {
    value: 'X',
    kind: 'number',
    option: 'length_penalty',
    help: 'above 0 favours longer translations',
  },
  'repetition-penalty': {
    value: 'X',
    kind: 'number',
    option: 'repetition_penalty',
    help: 'above 1 avoids repetition',
  },
  'no-repeat-ngram-size': {
    value: 'N',
    kind: 'integer',
    option: 'no_repeat_ngram_size',
    help: 'sequences of N tokens occur once only',
  },
  'early-stopping': {
    kind: 'switch',
    option: 'early_stopping',
    help: 'stop as soon as there are as many candidates as beams',
  },
  truncation: {
    kind: 'switch',
    option: 'truncation',
    help: 'cut a word that is too long instead of failing',
  },
  'no-split-sentences': {
    kind: 'off-switch',
    option: 'split_sentences',
    help: 'hand lines over whole',
  },
};

function printed(ranked: Translation[], json: boolean): string {
  if (json) return JSON.stringify(ranked.length === 1 ? ranked[0] : ranked);
  return ranked.map(({ translation_text: text }) => oneLine(text)).join('\t');
}

export const translate: CommandDefinition = {
  about: 'Translates text, line by line.',
  flags,
  async prepare({ model, json, loadOptions, callOptions }) {
    const run = await pipeline('translation', model ?? null, loadOptions);
    return {
      async work(lines) {
        const results = await run(lines, callOptions);
        return results.map((result) => printed(Array.isArray(result) ? result : [result], json));
      },
      dispose: () => run.dispose(),
    };
  },
};
