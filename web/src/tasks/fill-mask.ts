// Filling masks: words for the places that a text leaves open.
import { runRequest } from './definition.js';
import { readTexts } from '../texts.js';
import type { LoadedModel } from '../engine.js';
import type { FillMaskOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { PipelineBase, TaskDefinition } from './definition.js';

export interface FillMaskCallOptions extends CallOptions, FillMaskOptions {}

export interface FilledMask {
  score: number;
  /** Id of the word. */
  token: number;
  token_str: string;
  /** The text with the word in its place; other masks stay. */
  sequence: string;
  /** The text was cut, as `truncation` allowed. */
  truncated?: true;
}

/** Words for one mask, best first; of a text with several masks, an array for each. */
export type FilledMasks = FilledMask[] | FilledMask[][];

export interface FillMaskPipeline extends PipelineBase {
  (text: string, options?: FillMaskCallOptions): Promise<FilledMasks>;
  (texts: readonly string[], options?: FillMaskCallOptions): Promise<FilledMasks[]>;
}

async function fill(
  model: LoadedModel,
  input: unknown,
  options: FillMaskCallOptions | undefined,
): Promise<unknown> {
  const results = await runRequest<FilledMasks[]>(model, readTexts(input), options);
  return Array.isArray(input) ? results : results[0];
}

export const fillMask: TaskDefinition<FillMaskPipeline> = {
  network: 'fill-mask',
  create: (model) => (input: unknown, options?: FillMaskCallOptions) => fill(model, input, options),
};
