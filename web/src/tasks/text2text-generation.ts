// Whatever else an encoder-decoder was trained to make of a text.
import { generateTexts, prepareDraws, shortCall, streamTexts } from './text2text.js';
import type { Text2TextOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { PipelineBase, TaskDefinition } from './definition.js';
import type { ListeningOptions, NamedOutput, PartialOutput } from './text2text.js';

const names = { text: 'generated_text', list: 'generated' } as const;
type Names = typeof names;

export interface Text2TextStreamOptions extends CallOptions, Omit<Text2TextOptions, 'stream'> {}

export interface Text2TextCallOptions extends Text2TextStreamOptions, ListeningOptions<Names> {}

export type GeneratedText = NamedOutput<Names>;

/** News of one text while a request runs. */
export type PartialGeneratedText = PartialOutput<Names>;

export interface Text2TextPipeline extends PipelineBase {
  (text: string, options?: Text2TextCallOptions): Promise<GeneratedText[]>;
  /** With several outputs of each text, an array of them for each text. */
  (
    texts: readonly string[],
    options?: Text2TextCallOptions,
  ): Promise<GeneratedText[] | GeneratedText[][]>;
  /** The outputs as they grow. The request ends when the loop over it is left. */
  stream(
    input: string | readonly string[],
    options?: Text2TextStreamOptions,
  ): AsyncGenerator<PartialGeneratedText, void, undefined>;
}

export const text2textGeneration: TaskDefinition<Text2TextPipeline> = {
  prepare: prepareDraws,
  sample: shortCall,
  create(model) {
    const own = { model, names, locale: undefined };
    const call = (input: unknown, options?: Text2TextCallOptions) =>
      generateTexts(own, input, options);
    const stream = (input: unknown, options?: Text2TextStreamOptions) =>
      streamTexts(own, input, options);
    return Object.assign(call, { stream });
  },
};
