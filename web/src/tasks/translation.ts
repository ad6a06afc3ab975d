// Translation, sentence by sentence, from the language that the model or the task names.
import { DragomanError } from '../common/errors.js';
import { prepareSplitting } from '../sentences.js';
import { generateTexts, prepareDraws, shortCall, streamTexts } from './text2text.js';
import type { ModelInfo } from '../common/protocol.js';
import type { TranslationOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { PipelineBase, TaskDefinition } from './definition.js';
import type { ListeningOptions, NamedOutput, PartialOutput } from './text2text.js';

const names = { text: 'translation_text', list: 'translations' } as const;
type Names = typeof names;

export type LanguagePair = `translation_${string}_to_${string}`;
export type TranslationTask = 'translation' | LanguagePair;

export interface TranslationStreamOptions extends CallOptions, Omit<TranslationOptions, 'stream'> {
  /** Translate sentence by sentence, the default; `false` hands texts over as they are. */
  split_sentences?: boolean;
}

export interface TranslationCallOptions extends TranslationStreamOptions, ListeningOptions<Names> {}

export type Translation = NamedOutput<Names>;

/** News of one text while a request runs. */
export type PartialTranslation = PartialOutput<Names>;

type OneEach = { num_return_sequences?: 1 | undefined };

export interface TranslationPipeline extends PipelineBase {
  /** Codes of a multilingual model for `src_lang` and `tgt_lang`; empty for others. */
  readonly languages: readonly string[];
  (text: string, options?: TranslationCallOptions): Promise<Translation[]>;
  (texts: readonly string[], options?: TranslationCallOptions & OneEach): Promise<Translation[]>;
  /** With several translations of each text, an array of them for each text. */
  (
    texts: readonly string[],
    options: TranslationCallOptions,
  ): Promise<Translation[] | Translation[][]>;
  /**
   * The translations as they grow, all texts of a batch at once. The request starts with the loop
   * over it, and ends when the loop is left.
   */
  stream(
    input: string | readonly string[],
    options?: TranslationStreamOptions,
  ): AsyncGenerator<PartialTranslation, void, undefined>;
}

const languages = /^translation_([a-z]{2,3}(?:-\w+)?)_to_([a-z]{2,3}(?:-\w+)?)$/i;

export function isTranslation(task: string): task is TranslationTask {
  return task === 'translation' || languages.test(task);
}

// The task may name the languages. Those of a model may be written in other ways ("eng", "roa"),
// so that only two plain codes can disagree.
function checkLanguage(task: string, named: string | undefined, own: string | undefined): void {
  const plain = /^[a-z]{2}$/i;
  if (named === undefined || own === undefined || !plain.test(named) || !plain.test(own)) return;
  if (named.toLowerCase() === own.toLowerCase()) return;
  throw new DragomanError('invalid-argument', `${task} is not what a model for ${own} does.`);
}

/** The language of "en", "en_XX" or "eng_Latn". */
function localeOf(code: unknown): string | undefined {
  return typeof code === 'string' ? /^[a-z]{2,3}/i.exec(code)?.[0] : undefined;
}

/** Throws invalid-argument for a model of other languages than the task names. */
function sourceLanguage(task: string, info: ModelInfo): string {
  const { source_lang: from, target_lang: to, languages: codes = [] } = info;
  const [, namedFrom, namedTo] = languages.exec(task) ?? [];
  // Of a model with several the engine has checked them; its own language is only the first choice.
  if (codes.length > 0) return localeOf(namedFrom ?? from) ?? 'en';
  checkLanguage(task, namedFrom, from);
  checkLanguage(task, namedTo, to);
  return from ?? namedFrom ?? 'en';
}

export const translation: TaskDefinition<TranslationPipeline> = {
  defaultModels: { translation: 'dragoman-en-fr', translation_en_to_fr: 'dragoman-en-fr' },
  prepare() {
    prepareDraws();
    prepareSplitting();
  },
  sample: shortCall,
  create(model, task) {
    const known = sourceLanguage(task, model.info);
    const own = (options?: TranslationStreamOptions) => {
      return { model, names, locale: localeOf(options?.src_lang) ?? known };
    };
    const call = (input: unknown, options?: TranslationCallOptions) =>
      generateTexts(own(options), input, options);
    const stream = (input: unknown, options?: TranslationStreamOptions) =>
      streamTexts(own(options), input, options);
    return Object.assign(call, { stream, languages: model.info.languages ?? [] });
  },
};
