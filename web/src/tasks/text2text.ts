// Texts from texts: a call from its arguments to its output, sentence by sentence where that is
// asked for. What the tasks of encoder-decoders have in common; each names its results.
import { DragomanError } from '../common/errors.js';
import { entropy } from '../entropy.js';
import { joinSentences, splitSentences } from '../sentences.js';
import { abortable } from '../common/signals.js';
import { smallText } from '../common/protocol.js';
import { splitCallOptions } from '../options.js';
import { GrowingTexts } from '../stream.js';
import { TextStreamer } from '../text-streamer.js';
import { readTexts } from '../texts.js';
import type { LoadedModel } from '../engine.js';
import type { CallOptions, SplitOptions } from '../options.js';
import type { SplitText } from '../sentences.js';
import type { PartialText, SentenceReport } from '../stream.js';

/** What every output has besides its text. */
export interface OutputFacts {
  /**
   * What the search ranked it by: the mean log-probability of its tokens where `length_penalty`
   * is 1. Over several parts their mean, weighted by length; 0 where nothing was generated.
   */
  score: number;
  /** Something was cut: the output reached its greatest length, or a word its limit. */
  truncated?: true;
  /**
   * With `output_scores`, the generated tokens: `token_str` is what each adds to the text, `score`
   * the logarithm of its probability.
   */
  tokens?: { token: number; token_str: string; score: number }[];
}

export interface Output extends OutputFacts {
  text: string;
}

/** How the results of a task are called. */
export interface Naming {
  /** Member that holds an output's text. */
  text: 'translation_text' | 'summary_text' | 'generated_text';
  /** Member that holds the outputs of a text that is done, in a stream. */
  list: 'translations' | 'summaries' | 'generated';
}

/** News of one text while a request runs. */
export type PartialOutput<Names extends Naming> = {
  /** Which text of the input. */
  index: number;
  /** What was added for good. The deltas of a text, joined, are its output. */
  delta: string;
  done: boolean;
} & {
  /** The best output so far; a beam search may still revise its end. */
  [Key in Names['text']]: string;
} & {
  /** Of a text that is done: what the call itself gives for it. */
  [Key in Names['list']]?: NamedOutput<Names>[];
};

export type NamedOutput<Names extends Naming> = OutputFacts & {
  [Key in Names['text']]: string;
};

/** Callbacks of a call. */
export interface ListeningOptions<Names extends Naming> extends CallOptions {
  /** Gets the text piece by piece, as it becomes certain. */
  streamer?: TextStreamer;
  /** Is told of every step of every text. */
  callback_function?: (news: PartialOutput<Names>) => void;
}

/** A task over a loaded model. */
export interface Text2Text<Names extends Naming> {
  model: LoadedModel;
  names: Names;
  /** The language that sentences are split by; undefined where texts are handed over whole. */
  locale: string | undefined;
}

/** For TaskDefinition.prepare: Node loads its cryptography when it is first asked for. */
export function prepareDraws(): void {
  entropy();
}

/** For TaskDefinition.sample: the page's part is the same however long the text gets. */
export const shortCall = [smallText, { num_beams: 1, max_new_tokens: 4 }] as const;

/** One output as the engine gives it, but for the name of its text. */
interface EngineOutput extends Output {
  token_count: number;
}

interface Plan {
  texts: SplitText[];
  /** Index of the text that each sentence belongs to. */
  owners: number[];
  sentences: string[];
}

function makePlan(texts: string[], locale: string | undefined): Plan {
  const plan: Plan = { texts: [], owners: [], sentences: [] };
  texts.forEach((text, index) => {
    const whole = { sentences: [text], gaps: ['', ''] };
    const parts = locale === undefined ? whole : splitSentences(text, locale);
    plan.texts.push(parts);
    plan.sentences.push(...parts.sentences);
    plan.owners.push(...parts.sentences.map(() => index));
  });
  return plan;
}

/** The i-th best output of a text: the i-th best of each sentence. */
function combine(text: SplitText, ranked: EngineOutput[]): Output {
  const sentences = ranked.map((sentence) => sentence.text);
  const output: Output = { text: joinSentences(text.gaps, sentences), score: 0 };
  const tokens = ranked.reduce((sum, { token_count }) => sum + token_count, 0);
  const weighted = ranked.reduce((sum, { score, token_count }) => sum + score * token_count, 0);
  const [only] = ranked;
  if (ranked.length === 1 && only) output.score = only.score;
  else if (tokens > 0) output.score = weighted / tokens;
  if (ranked.some(({ truncated }) => truncated)) output.truncated = true;
  const parts = ranked.flatMap(({ tokens: own }) => own ?? []);
  if (parts.length > 0) output.tokens = parts;
  return output;
}

// The engine speaks of its own inputs, which are sentences; callers know their texts.
function renameInput(error: unknown, owners: number[], single: string | undefined): unknown {
  if (!(error instanceof DragomanError)) return error;
  const message = error.message.replace(/\binputs\[(\d+)\]/, (_, index: string) => {
    return single ?? `inputs[${owners[Number(index)]}]`;
  });
  return message === error.message ? error : new DragomanError(error.code, message);
}

/** The outputs of a text, best first, from those of its sentences. */
function combineAll(text: SplitText, own: EngineOutput[][], count: number): Output[] {
  const ranks = own[0]?.length ?? count;
  return Array.from({ length: ranks }, (_, rank) => {
    return combine(
      text,
      own.map((sentence) => sentence[rank] as EngineOutput),
    );
  });
}

/** The outputs of all texts of a request. */
export function assemble({ plan, count }: Request, results: EngineOutput[][]): Output[][] {
  let next = 0;
  return plan.texts.map((text) => {
    const own = results.slice(next, (next += text.sentences.length));
    return combineAll(text, own, count);
  });
}

/** What of the engine's reports concerns an output. */
interface Reports {
  partial: SentenceReport<EngineOutput>[];
}

type Named = Record<string, unknown>;

// The engine names the text as the task does; from here on it is called the same for all.
function unnamed(outputs: Named[], key: string): EngineOutput[] {
  return outputs.map(({ [key]: text, ...rest }) => ({ text, ...rest }) as EngineOutput);
}

function readOutputs(json: string, key: string): EngineOutput[][] {
  return (JSON.parse(json) as Named[][]).map((outputs) => unnamed(outputs, key));
}

function readReports(json: string, key: string): Reports {
  const { partial } = JSON.parse(json) as { partial: SentenceReport<Named>[] };
  return {
    partial: partial.map(({ outputs, ...report }) => {
      return outputs === undefined ? report : { ...report, outputs: unnamed(outputs, key) };
    }),
  };
}

export interface Request {
  plan: Plan;
  /** How many outputs of each text are asked for. */
  count: number;
  run(signal?: AbortSignal, onReport?: (reports: Reports) => void): Promise<EngineOutput[][]>;
}

/**
 * @param single what the one text is called in messages; undefined where there are several
 * @param stream whether the engine is to report outputs on their way
 */
export function makeRequest(
  { model, names, locale }: Text2Text<Naming>,
  texts: string[],
  single: string | undefined,
  { splitSentences, taskOptions }: SplitOptions,
  stream: boolean,
): Request {
  const plan = makePlan(texts, splitSentences ? locale : undefined);
  const count = (taskOptions['num_return_sequences'] as number | undefined) ?? 1;
  // The request goes out even where there is nothing to do: its options are checked there.
  const options = stream ? { ...taskOptions, stream } : taskOptions;
  const request = JSON.stringify({ inputs: plan.sentences, options, entropy: entropy() });
  return {
    plan,
    count,
    async run(signal, onReport) {
      const onEvent = onReport && ((event: string) => onReport(readReports(event, names.text)));
      try {
        const { json } = await model.run(request, signal, onEvent);
        return readOutputs(json, names.text);
      } catch (error) {
        throw renameInput(error, plan.owners, single);
      }
    },
  };
}

export type Listener = (news: PartialText<Output>) => void;

/** Runs a request and tells `listener`, if any, of every step of every text. */
export async function runListening(
  request: Request,
  signal: AbortSignal | undefined,
  listener: Listener | undefined,
): Promise<EngineOutput[][]> {
  if (listener === undefined) return request.run(signal);
  const growing = new GrowingTexts<EngineOutput, Output>(request.plan.texts, {
    best: (ranked) => ranked[0]?.text ?? '',
    combine: (split, own) => combineAll(split, own, request.count),
  });
  // A listener that throws ends the request, and its error is the call's.
  const { signal: either, abort, release } = abortable(signal);
  const tell = (news: PartialText<Output>[]) => {
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

function named<Names extends Naming>(names: Names, { text, ...facts }: Output) {
  return { [names.text]: text, ...facts } as NamedOutput<Names>;
}

function namedNews<Names extends Naming>(
  names: Names,
  { text, outputs, ...news }: PartialText<Output>,
) {
  const list = outputs && { [names.list]: outputs.map((output) => named(names, output)) };
  return { ...news, [names.text]: text, ...list } as unknown as PartialOutput<Names>;
}

/** What listens to a call; throws invalid-argument. @param present makes news of the task's */
export function listenerOf<News>(
  options: { streamer?: TextStreamer; callback_function?: (news: News) => void } | undefined,
  present: (news: PartialText<Output>) => News,
  streamed = ({ delta }: PartialText<Output>, _streamer: TextStreamer) => delta,
): Listener | undefined {
  const { streamer, callback_function: callback } = options ?? {};
  if (streamer !== undefined && !(streamer instanceof TextStreamer)) {
    throw new DragomanError('invalid-argument', 'streamer must be a TextStreamer of this package.');
  }
  if (callback !== undefined && typeof callback !== 'function') {
    throw new DragomanError('invalid-argument', 'callback_function must be a function.');
  }
  if (streamer === undefined && callback === undefined) return undefined;
  return (news) => {
    streamer?.on_finalized_text(streamed(news, streamer), news.done, news.index);
    callback?.(present(news));
  };
}

// Options that the page reads itself; split_sentences means nothing where nothing is split.
function pageOptions(task: Text2Text<Naming>, listening: string[]): string[] {
  return task.locale === undefined ? listening : ['split_sentences', ...listening];
}

function nameOf(input: unknown): string | undefined {
  return Array.isArray(input) ? undefined : 'The text';
}

/** @returns for one text its outputs; for an array one each, or more where asked for */
export async function generateTexts<Names extends Naming>(
  task: Text2Text<Names>,
  input: unknown,
  options: ListeningOptions<Names> | undefined,
): Promise<NamedOutput<Names>[] | NamedOutput<Names>[][]> {
  const split = splitCallOptions(options, pageOptions(task, ['streamer', 'callback_function']));
  const listener = listenerOf(options, (news) => namedNews(task.names, news));
  const request = makeRequest(task, readTexts(input), nameOf(input), split, listener !== undefined);
  const results = await runListening(request, split.signal, listener);
  const all = assemble(request, results).map((ranked) =>
    ranked.map((output) => named(task.names, output)),
  );
  if (!Array.isArray(input)) return all[0] as NamedOutput<Names>[];
  // As in Python: a list of texts with one output each gives a flat list.
  const flat = all.every((ranked) => ranked.length === 1);
  return flat ? all.map(([best]) => best as NamedOutput<Names>) : all;
}

/** The news of a request, as they come. Leaving the loop ends the request. */
export async function* streamNews(
  request: Request,
  given: AbortSignal | undefined,
): AsyncGenerator<PartialText<Output>, void, undefined> {
  const { signal, abort, release } = abortable(given);
  const waiting: PartialText<Output>[] = [];
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

/** The same request as a sequence of news. */
export async function* streamTexts<Names extends Naming>(
  task: Text2Text<Names>,
  input: unknown,
  options: CallOptions | undefined,
): AsyncGenerator<PartialOutput<Names>, void, undefined> {
  const split = splitCallOptions(options, pageOptions(task, []));
  const request = makeRequest(task, readTexts(input), nameOf(input), split, true);
  for await (const news of streamNews(request, split.signal)) yield namedNews(task.names, news);
}
