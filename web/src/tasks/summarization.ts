// Summarization. A text longer than the model takes is summarised in parts, which are merged.
import { generateTexts, prepareDraws, shortCall, streamTexts } from './text2text.js';
import type { SummarizationOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { PipelineBase, TaskDefinition } from './definition.js';
import type { ListeningOptions, NamedOutput, PartialOutput } from './text2text.js';

const names = { text: 'summary_text', list: 'summaries' } as const;
type Names = typeof names;

export interface SummarizationStreamOptions
  extends CallOptions, Omit<SummarizationOptions, 'stream'> {}

export interface SummarizationCallOptions
  extends SummarizationStreamOptions, ListeningOptions<Names> {}

export type Summary = NamedOutput<Names>;

/** News of one text while a request runs. */
export type PartialSummary = PartialOutput<Names>;

export interface SummarizationPipeline extends PipelineBase {
  (text: string, options?: SummarizationCallOptions): Promise<Summary[]>;
  /** With several summaries of each text, an array of them for each text. */
  (texts: readonly string[], options?: SummarizationCallOptions): Promise<Summary[] | Summary[][]>;
  /** The summaries as they grow. The request ends when the loop over it is left. */
  stream(
    input: string | readonly string[],
    options?: SummarizationStreamOptions,
  ): AsyncGenerator<PartialSummary, void, undefined>;
}

export const summarization: TaskDefinition<SummarizationPipeline> = {
  prepare: prepareDraws,
  sample: shortCall,
  create(model) {
    const own = { model, names, locale: undefined };
    const call = (input: unknown, options?: SummarizationCallOptions) =>
      generateTexts(own, input, options);
    const stream = (input: unknown, options?: SummarizationStreamOptions) =>
      streamTexts(own, input, options);
    return Object.assign(call, { stream });
  },
};
