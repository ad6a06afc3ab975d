// pipeline(): from the name of a task to a function that does it.
/// <reference lib="esnext.disposable" preserve="true" />
import { classify } from './classification.js';
import { engineFor, LoadedModel } from './engine.js';
import { DragomanError } from './common/errors.js';
import { resolveModel } from './models.js';
import { canonicalDtype, checkPipelineOptions, shown } from './options.js';
import { streamTranslations, translate } from './translation.js';
import { storeParams } from './stored-models.js';
import { executions } from './variant.js';
import type { Classification, ClassificationInput } from './classification.js';
import type { MemoryUse, ModelInfo, Variant } from './common/protocol.js';
import type { ModelSource } from './models.js';
import type {
  ClassificationCallOptions,
  PipelineOptions,
  TranslationCallOptions,
  TranslationStreamOptions,
} from './options.js';
import type { PartialTranslation, Translation } from './translation.js';

export type TranslationTask = 'translation' | `translation_${string}_to_${string}`;
export type ClassificationTask = 'text-classification' | 'sentiment-analysis';
export type Task = TranslationTask | ClassificationTask;

/** What all pipelines have besides being called. */
export interface PipelineBase {
  readonly task: Task;
  /** What the model says about itself. */
  readonly info: ModelInfo;
  /** The WebAssembly module in use. */
  readonly variant: Variant;
  readonly threads: number;
  /** Bytes in use by the engine, all its models together. */
  memoryUse(): Promise<MemoryUse>;
  /** Frees the model. Calls that run, and all later ones, reject with `disposed`. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

type OneEach = { num_return_sequences?: 1 | undefined };
type BestOnly = { top_k?: 1 | undefined };

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

export interface TextClassificationPipeline extends PipelineBase {
  (input: ClassificationInput, options?: ClassificationCallOptions): Promise<Classification[]>;
  (
    inputs: readonly ClassificationInput[],
    options?: ClassificationCallOptions & BestOnly,
  ): Promise<Classification[]>;
  /** With a `top_k` other than 1, an array of labels for each text. */
  (
    inputs: readonly ClassificationInput[],
    options: ClassificationCallOptions,
  ): Promise<Classification[] | Classification[][]>;
}

export type PipelineFor<Name extends Task> = Name extends TranslationTask
  ? TranslationPipeline
  : TextClassificationPipeline;

const languages = /^translation_([a-z]{2,3}(?:-\w+)?)_to_([a-z]{2,3}(?:-\w+)?)$/i;

function isTask(task: unknown): task is Task {
  if (typeof task !== 'string') return false;
  const names = ['translation', 'text-classification', 'sentiment-analysis'];
  return names.includes(task) || languages.test(task);
}

// The task may name the languages. Those of a model may be written in other ways ("eng", "roa"),
// so that only two plain codes can disagree.
function checkLanguage(task: Task, named: string | undefined, own: string | undefined): void {
  const plain = /^[a-z]{2}$/i;
  if (named === undefined || own === undefined || !plain.test(named) || !plain.test(own)) return;
  if (named.toLowerCase() === own.toLowerCase()) return;
  throw new DragomanError('invalid-argument', `${task} is not what a model for ${own} does.`);
}

/** Throws invalid-argument for a model of other languages than the task names. */
function sourceLanguage(task: Task, { source_lang: from, target_lang: to }: ModelInfo): string {
  const [, namedFrom, namedTo] = languages.exec(task) ?? [];
  checkLanguage(task, namedFrom, from);
  checkLanguage(task, namedTo, to);
  return from ?? namedFrom ?? 'en';
}

function callable(task: Task, model: LoadedModel) {
  if (!task.startsWith('translation')) {
    return (input: unknown, options?: ClassificationCallOptions) => classify(model, input, options);
  }
  const locale = sourceLanguage(task, model.info);
  const call = (input: unknown, options?: TranslationCallOptions) =>
    translate(model, locale, input, options);
  const stream = (input: unknown, options?: TranslationStreamOptions) =>
    streamTranslations(model, locale, input, options);
  return Object.assign(call, { stream });
}

function describe(task: Task, model: LoadedModel): PipelineBase {
  const { variant, threads } = model.execution;
  const dispose = () => model.dispose();
  const base: Record<string | symbol, unknown> = {
    task,
    info: model.info,
    variant,
    threads,
    memoryUse: () => model.memoryUse(),
    dispose,
  };
  // Missing in browsers that know no `await using`, which then cannot ask for it either.
  if (Symbol.asyncDispose) base[Symbol.asyncDispose] = dispose;
  return base as unknown as PipelineBase;
}

/**
 * Loads a model for a task.
 *
 * @param model hub id, folder or URL; without one, the task's default model
 * @returns a function that takes a text, or an array of texts, and options
 * @throws DragomanError; the signal's reason when it was aborted
 */
export async function pipeline<Name extends Task>(
  task: Name,
  model?: ModelSource | null,
  options: PipelineOptions = {},
): Promise<PipelineFor<Name>> {
  if (!isTask(task)) {
    throw new DragomanError(
      'unsupported-option',
      `The task ${shown(task)} is unknown; known are translation, translation_xx_to_yy, ` +
        'text-classification, sentiment-analysis.',
    );
  }
  checkPipelineOptions(options);
  const { signal, progress_callback: report, variant, threads } = options;
  signal?.throwIfAborted();
  const dtype = canonicalDtype(options.dtype);
  const { name, sources } = resolveModel(task, model, options);
  const engine = engineFor(executions({ variant, threads }));
  const spec = { task, dtype, name, sources, store: storeParams() };
  const loaded = await LoadedModel.load(engine, spec, { signal, onEvent: report });
  try {
    const call = callable(task, loaded);
    const base = Object.getOwnPropertyDescriptors(describe(task, loaded));
    report?.({ status: 'ready', task, model: name });
    return Object.defineProperties(call, base) as unknown as PipelineFor<Name>;
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}
