// The command `translate`.
import { pipeline } from 'dragoman';
import { oneLine } from '../command.js';
import { searchFlags } from '../generation-flags.js';
import type { Translation, TranslationCallOptions } from 'dragoman';
import type { CommandDefinition } from '../command.js';
import type { FlagsOf } from '../flags.js';

const flags: FlagsOf<TranslationCallOptions> = {
  'src-lang': {
    value: 'CODE',
    kind: 'text',
    option: 'src_lang',
    help: "language of the text, by the model's own code, such as en, en_XX or eng_Latn",
  },
  'tgt-lang': {
    value: 'CODE',
    kind: 'text',
    option: 'tgt_lang',
    help: 'language to translate into, likewise',
  },
  ...searchFlags('translations'),
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
