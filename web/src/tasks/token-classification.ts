// Token classification: names, places and whatever else a model labels, with their offsets.
import { runRequest } from './definition.js';
import { readTextList, readTexts } from '../texts.js';
import type { LoadedModel } from '../engine.js';
import type { TokenClassificationOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { PipelineBase, TaskDefinition } from './definition.js';

export interface TokenClassificationCallOptions extends CallOptions, TokenClassificationOptions {}

interface Labelled {
  score: number;
  /** What the tokens spell; the text itself is `text.slice(start, end)`. */
  word: string;
  start: number;
  end: number;
}

/** A token, as without `aggregation_strategy`. */
export interface LabelledToken extends Labelled {
  entity: string;
  /** Of the token in the text, the special ones before it counted. */
  index: number;
}

/** Tokens joined by an `aggregation_strategy`. */
export interface Entity extends Labelled {
  entity_group: string;
}

type Single = { aggregation_strategy?: 'none' };
type Joined = { aggregation_strategy: 'simple' | 'first' | 'average' | 'max' };
type Texts = { is_split_into_words?: false };
type Words = { is_split_into_words: true };
type Options = TokenClassificationCallOptions;

export interface TokenClassificationPipeline extends PipelineBase {
  (text: string, options: Options & Joined & Texts): Promise<Entity[]>;
  (text: string, options?: Options & Single & Texts): Promise<LabelledToken[]>;
  (texts: readonly string[], options: Options & Joined & Texts): Promise<Entity[][]>;
  (texts: readonly string[], options?: Options & Single & Texts): Promise<LabelledToken[][]>;
  /** The words of one text; with several texts, an array of words for each. */
  (words: readonly string[], options: Options & Joined & Words): Promise<Entity[]>;
  (words: readonly string[], options: Options & Single & Words): Promise<LabelledToken[]>;
  (words: readonly string[][], options: Options & Joined & Words): Promise<Entity[][]>;
  (words: readonly string[][], options: Options & Single & Words): Promise<LabelledToken[][]>;
}

async function label(model: LoadedModel, input: unknown, options: Options = {}): Promise<unknown> {
  const run = (inputs: readonly unknown[]) => runRequest<unknown[]>(model, inputs, options);
  if (options?.is_split_into_words !== true) {
    const results = await run(readTexts(input));
    return Array.isArray(input) ? results : results[0];
  }
  // As in Python, an array of words is one text, and an array of such arrays several.
  if (Array.isArray(input) && input.every((words) => Array.isArray(words))) {
    return run(input.map((words, index) => readTextList(words, `inputs[${index}]`)));
  }
  return (await run([readTextList(input, 'The words')]))[0];
}

export const tokenClassification: TaskDefinition<TokenClassificationPipeline> = {
  network: 'token-classification',
  defaultModels: { 'token-classification': 'dragoman-entities', ner: 'dragoman-entities' },
  create: (model) => (input: unknown, options?: Options) => label(model, input, options),
};
