// Zero-shot classification: texts and labels nobody trained for.
import { DragomanError } from '../common/errors.js';
import { runRequest } from './definition.js';
import { readTextList, readTexts } from '../texts.js';
import type { LoadedModel } from '../engine.js';
import type { ZeroShotOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { PipelineBase, TaskDefinition } from './definition.js';

export interface ZeroShotCallOptions
  extends CallOptions, Omit<ZeroShotOptions, 'candidate_labels'> {}

export interface ZeroShotClassification {
  sequence: string;
  /** Best first. */
  labels: string[];
  /** In the order of `labels`. */
  scores: number[];
  /** The text was cut to make room for the label's sentence. */
  truncated?: true;
}

/** Labels as an array, or as a string with commas between them. */
export type CandidateLabels = string | readonly string[];

export interface ZeroShotClassificationPipeline extends PipelineBase {
  (
    text: string,
    labels: CandidateLabels,
    options?: ZeroShotCallOptions,
  ): Promise<ZeroShotClassification>;
  (
    texts: readonly string[],
    labels: CandidateLabels,
    options?: ZeroShotCallOptions,
  ): Promise<ZeroShotClassification[]>;
}

function readLabels(labels: unknown): string[] {
  const split = typeof labels === 'string' ? labels.split(',').map((label) => label.trim()) : [];
  const read = typeof labels === 'string' ? split.filter((label) => label !== '') : labels;
  if (Array.isArray(read) && read.length > 0) return readTextList(read, 'labels');
  throw new DragomanError(
    'invalid-argument',
    'Labels are needed: an array, or a string with commas between them.',
  );
}

async function classify(
  model: LoadedModel,
  input: unknown,
  labels: unknown,
  options: ZeroShotCallOptions = {},
): Promise<unknown> {
  if ('candidate_labels' in options) {
    throw new DragomanError('unsupported-option', 'The labels are the second argument.');
  }
  const results = await runRequest<ZeroShotClassification[]>(model, readTexts(input), {
    ...options,
    candidate_labels: readLabels(labels),
  });
  return Array.isArray(input) ? results : results[0];
}

export const zeroShotClassification: TaskDefinition<ZeroShotClassificationPipeline> = {
  sample: ['It is fine.', ['fine', 'not']],
  create: (model) => (input: unknown, labels: unknown, options?: ZeroShotCallOptions) =>
    classify(model, input, labels, options),
};
