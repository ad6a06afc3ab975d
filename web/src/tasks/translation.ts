// Translation: a call from its arguments to its output, sentence by sentence between.
import { DragomanError } from '../common/errors.js';
import { entropy } from '../entropy.js';
import { joinSentences, splitSentences } from '../sentences.js';
import { abortable } from '../common/signals.js';
import { splitCallOptions } from '../options.js';
import { GrowingTexts } from '../stream.js';
import { TextStreamer } from '../text-streamer.js';
import { readTexts } from '../texts.js';
import type { LoadedModel } from '../engine.js';
import type { ModelInfo } from '../common/protocol.js';
import type { TranslationOptions } from '../generated/options.js';
import type { CallOptions, SplitOptions } from '../options.js';
import type { SplitText } from '../sentences.js';
import type { PartialText, SentenceReport } from '../stream.js';
import type { PipelineBase, TaskDefinition } from './definition.js';

export type LanguagePair = `translation_${string}_to_${string}`;
export type TranslationTask = 'translation' | LanguagePair;

export interface TranslationStreamOptions extends CallOptions, Omit<TranslationOptions, 'stream'> {
  /** Translate sentence by sentence, the default; `false` hands texts over as they are. */
  split_sentences?: boolean;
}

export interface TranslationCallOptions extends TranslationStreamOptions {
  /** Gets the text piece by piece, as it becomes certain. */
  streamer?: TextStreamer;
  /** Is told of every step of every text. */
  callback_function?: (news: PartialTranslation) => void;
}

export interface Translation {
  translation_text: string;
  /**
   * What the search ranked it by: the mean log-probability of its tokens where `length_penalty`
   * is 1. Over several sentences their mean, weighted by length; 0 where nothing was translated.
   */
  score: number;
  /** Something was cut: the translation reached its greatest length, or a word its limit. */
  truncated?: true;
}

/** News of one text while a request runs. */
export type PartialTranslation = PartialText<Translation>;

type OneEach = { num_return_sequences?: 1 | undefined };

export interface TranslationPipeline extends PipelineBase {
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

/** One translation as the engine gives it. */
interface EngineTranslation extends Translation {
  token_count: number;
}

interface Plan {
  texts: SplitText[];
  /** Index of the text that each sentence belongs to. */
  owners: number[];
  sentences: string[];
}

function makePlan(texts: string[], split: boolean, locale: string): Plan {
  const plan: Plan = { texts: [], owners: [], sentences: [] };
  texts.forEach((text, index) => {
    const parts = split ? splitSentences(text, locale) : { sentences: [text], gaps: ['', ''] };
    plan.texts.push(parts);
    plan.sentences.push(...parts.sentences);
    plan.owners.push(...parts.sentences.map(() => index));
  });
  return plan;
}

/** The i-th best translation of a text: the i-th best of each sentence. */
function combine(text: SplitText, ranked: EngineTranslation[]): Translation {
  const translation: Translation = {
    translation_text: joinSentences(
      text.gaps,
      ranked.map((sentence) => sentence.translation_text),
    ),
    score: 0,
  };
  const tokens = ranked.reduce((sum, { token_count }) => sum + token_count, 0);
  const weighted = ranked.reduce((sum, { score, token_count }) => sum + score * token_count, 0);
  const [only] = ranked;
  if (ranked.length === 1 && only) translation.score = only.score;
  else if (tokens > 0) translation.score = weighted / tokens;
  if (ranked.some(({ truncated }) => truncated)) translation.truncated = true;
  return translation;
}

// The engine speaks of its own inputs, which are sentences; callers know their texts.
function renameInput(error: unknown, owners: number[], isArray: boolean): unknown {
  if (!(error instanceof DragomanError)) return error;
  const message = error.message.replace(/\binputs\[(\d+)\]/, (_, index: string) => {
    return isArray ? `inputs[${owners[Number(index)]}]` : 'The text';
  });
  return message === error.message ? error : new DragomanError(error.code, message);
}

/** The translations of a text, best first, from those of its sentences. */
function combineAll(text: SplitText, own: EngineTranslation[][], count: number): Translation[] {
  const ranks = own[0]?.length ?? count;
  return Array.from({ length: ranks }, (_, rank) => {
    return combine(
      text,
      own.map((sentence) => sentence[rank] as EngineTranslation),
    );
  });
}

function assemble(plan: Plan, results: EngineTranslation[][], count: number): Translation[][] {
  let next = 0;
  return plan.texts.map((text) => {
    const own = results.slice(next, (next += text.sentences.length));
    return combineAll(text, own, count);
  });
}

/** What of the engine's reports concerns a translation. */
interface Reports {
  partial: SentenceReport<EngineTranslation>[];
}

interface Request {
  plan: Plan;
  /** How many translations of each text are asked for. */
  count: number;
  run(signal?: AbortSignal, onReport?: (reports: Reports) => void): Promise<EngineTranslation[][]>;
}

function makeRequest(
  model: LoadedModel,
  locale: string,
  input: unknown,
  { splitSentences, taskOptions }: SplitOptions,
  stream: boolean,
): Request {
  const plan = makePlan(readTexts(input), splitSentences, locale);
  const count = (taskOptions['num_return_sequences'] as number | undefined) ?? 1;
  // The request goes out even where there is nothing to translate: its options are checked there.
  const options = stream ? { ...taskOptions, stream } : taskOptions;
  const request = JSON.stringify({ inputs: plan.sentences, options, entropy: entropy() });
  return {
    plan,
    count,
    async run(signal, onReport) {
      const onEvent = onReport && ((event: string) => onReport(JSON.parse(event) as Reports));
      try {
        return JSON.parse(await model.run(request, signal, onEvent)) as EngineTranslation[][];
      } catch (error) {
        throw renameInput(error, plan.owners, Array.isArray(input));
      }
    },
  };
}

type Listener = (news: PartialTranslation) => void;

/** Runs a request and tells `listener` of every step of every text. */
async function runListening(
  request: Request,
  signal: AbortSignal | undefined,
  listener: Listener,
): Promise<EngineTranslation[][]> {
  const growing = new GrowingTexts<EngineTranslation, Translation>(request.plan.texts, {
    best: (ranked) => ranked[0]?.translation_text ?? '',
    combine: (split, own) => combineAll(split, own, request.count),
  });
  // A listener that throws ends the request, and its error is the call's.
  const { signal: either, abort, release } = abortable(signal);
  const tell = (news: PartialTranslation[]) => {
    if (either.aborted) return;
    try {
      news.forEach(listener);
    } catch (error) {
      abort(error);
    }
  };
  try {
    const results = await request.run(either, ({ partial }) => tell(growing.update(partial)));
    tell(growing.rest());
    either.throwIfAborted();
    return results;
  } finally {
    release();
  }
}

function listenerOf(streamer: unknown, callback: unknown): Listener | undefined {
  if (streamer !== undefined && !(streamer instanceof TextStreamer)) {
    throw new DragomanError('invalid-argument', 'streamer must be a TextStreamer of this package.');
  }
  if (callback !== undefined && typeof callback !== 'function') {
    throw new DragomanError('invalid-argument', 'callback_function must be a function.');
  }
  if (streamer === undefined && callback === undefined) return undefined;
  return (news) => {
    streamer?.on_finalized_text(news.delta, news.done, news.index);
    (callback as Listener | undefined)?.(news);
  };
}

const pageOptions = ['split_sentences', 'streamer', 'callback_function'];

/** @returns for one text its translations; for an array one each, or more where asked for */
async function translate(
  model: LoadedModel,
  locale: string,
  input: unknown,
  options: TranslationCallOptions | undefined,
): Promise<Translation[] | Translation[][]> {
  const split = splitCallOptions(options, pageOptions);
  const listener = listenerOf(options?.streamer, options?.callback_function);
  const request = makeRequest(model, locale, input, split, listener !== undefined);
  const results = listener
    ? await runListening(request, split.signal, listener)
    : await request.run(split.signal);
  const translations = assemble(request.plan, results, request.count);
  if (!Array.isArray(input)) return translations[0] as Translation[];
  // As in Python: a list of texts with one translation each gives a flat list.
  const flat = translations.every((ranked) => ranked.length === 1);
  return flat ? translations.map(([best]) => best as Translation) : translations;
}

/** The same request as a sequence of news, as they come. Leaving the loop ends the request. */
async function* streamTranslations(
  model: LoadedModel,
  locale: string,
  input: unknown,
  options: TranslationStreamOptions | undefined,
): AsyncGenerator<PartialTranslation, void, undefined> {
  const split = splitCallOptions(options, ['split_sentences']);
  const request = makeRequest(model, locale, input, split, true);
  const { signal, abort, release } = abortable(split.signal);
  const waiting: PartialTranslation[] = [];
  let wake = () => {};
  let ended = false;
  const running = runListening(request, signal, (news) => {
    waiting.push(news);
    wake();
  }).finally(() => {
    ended = true;
    wake();
  });
  // Its failure is met below, after the news that came before it.
  running.catch(() => {});
  try {
    while (!ended || waiting.length > 0) {
      // Who aborts wants to hear nothing more, not even what waits.
      if (signal.aborted) break;
      const news = waiting.shift();
      if (news) yield news;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    await running;
    signal.throwIfAborted();
  } finally {
    abort(new DOMException('The stream was left.', 'AbortError'));
    release();
  }
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

/** Throws invalid-argument for a model of other languages than the task names. */
function sourceLanguage(task: string, { source_lang: from, target_lang: to }: ModelInfo): string {
  const [, namedFrom, namedTo] = languages.exec(task) ?? [];
  checkLanguage(task, namedFrom, from);
  checkLanguage(task, namedTo, to);
  return from ?? namedFrom ?? 'en';
}

export const translation: TaskDefinition<TranslationPipeline> = {
  defaultModels: { translation: 'dragoman-en-fr', translation_en_to_fr: 'dragoman-en-fr' },
  create(model, task) {
    const locale = sourceLanguage(task, model.info);
    const call = (input: unknown, options?: TranslationCallOptions) =>
      translate(model, locale, input, options);
    const stream = (input: unknown, options?: TranslationStreamOptions) =>
      streamTranslations(model, locale, input, options);
    return Object.assign(call, { stream });
  },
};
