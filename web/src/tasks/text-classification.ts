// Text classification: a call from its arguments to its output.
import { runRequest } from './definition.js';
import { readTextsOrPairs } from '../texts.js';
import type { LoadedModel } from '../engine.js';
import type { ClassificationOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { TextPair } from '../texts.js';
import type { PipelineBase, TaskDefinition } from './definition.js';
import type {
  Inspected,
  Inspecting,
  InspectionOption,
  NoInspection,
  PerhapsInspecting,
} from './inspection.js';

export type ClassificationTask = 'text-classification' | 'sentiment-analysis';

export interface ClassificationCallOptions
  extends CallOptions, Omit<ClassificationOptions, InspectionOption>, NoInspection {}

export interface Classification {
  label: string;
  score: number;
  /** The text was cut, as `truncation` allowed. */
  truncated?: true;
}

/** A text, or a pair of texts. */
export type ClassificationInput = string | TextPair;

export interface InspectedClassification extends Inspected {
  labels: Classification[];
}

type BestOnly = { top_k?: 1 | undefined };

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
  /** With attentions or hidden states, an object for each text. */
  (
    input: ClassificationInput,
    options: Inspecting<ClassificationCallOptions>,
  ): Promise<InspectedClassification>;
  (
    inputs: readonly ClassificationInput[],
    options: Inspecting<ClassificationCallOptions>,
  ): Promise<InspectedClassification[]>;
  (
    input: ClassificationInput,
    options: PerhapsInspecting<ClassificationCallOptions>,
  ): Promise<Classification[] | InspectedClassification>;
  (
    inputs: readonly ClassificationInput[],
    options: PerhapsInspecting<ClassificationCallOptions>,
  ): Promise<Classification[] | Classification[][] | InspectedClassification[]>;
}

// For one text its labels; for an array the best label each, or with top_k the labels.
async function classify(
  model: LoadedModel,
  input: unknown,
  options: ClassificationCallOptions | undefined,
): Promise<unknown> {
  const results = await runRequest<unknown[]>(model, readTextsOrPairs(input), options);
  if (!Array.isArray(input)) return results[0];
  // As in transformers.js: without top_k, or with 1, an array gives an array of labels.
  const { top_k: topK = 1 } = options ?? {};
  return results.map((result) => (topK === 1 && Array.isArray(result) ? result[0] : result));
}

export const textClassification: TaskDefinition<TextClassificationPipeline> = {
  defaultModels: {
    'text-classification': 'dragoman-sentiment',
    'sentiment-analysis': 'dragoman-sentiment',
  },
  namedModels: ['dragoman-topics', 'dragoman-intents'],
  create: (model) => (input: unknown, options?: ClassificationCallOptions) =>
    classify(model, input, options),
};
