// Text ranking: which texts answer a query best, as a cross-encoder judges each pair.
import { DragomanError } from '../common/errors.js';
import { runRequest } from './definition.js';
import { readText, readTextList } from '../texts.js';
import type { LoadedModel } from '../engine.js';
import type { ClassificationOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { PipelineBase, TaskDefinition } from './definition.js';
import type { Classification } from './text-classification.js';

export interface RankingCallOptions
  extends
    CallOptions,
    Pick<ClassificationOptions, 'function_to_apply' | 'truncation' | 'max_length'> {
  /** Most documents returned; all by default. */
  top_k?: number | null;
}

export interface RankedText {
  /** Of the document in the array that was given. */
  index: number;
  score: number;
  text: string;
  /** Query and text together were cut, as `truncation` allowed. */
  truncated?: true;
}

export interface TextRankingPipeline extends PipelineBase {
  /** The documents, best first; of equal ones the first. */
  (
    query: string,
    documents: readonly string[],
    options?: RankingCallOptions,
  ): Promise<RankedText[]>;
}

function checkTopK(topK: unknown): void {
  if (topK === undefined || topK === null || (Number.isInteger(topK) && Number(topK) > 0)) return;
  throw new DragomanError('invalid-argument', `top_k is ${String(topK)}; it must be 1 or more.`);
}

async function rank(
  model: LoadedModel,
  query: unknown,
  documents: unknown,
  { top_k: topK, ...options }: RankingCallOptions = {},
): Promise<RankedText[]> {
  checkTopK(topK);
  const text = readText(query, 'query');
  const texts = readTextList(documents, 'documents');
  const pairs = texts.map((pair) => ({ text, text_pair: pair }));
  const name = (index: number) => `documents[${index}]`;
  const results = await runRequest<Classification[][]>(model, pairs, options, name);
  const ranked = results.map(([best], index) => {
    const { score, truncated } = best as Classification;
    const entry: RankedText = { index, score, text: texts[index] as string };
    return truncated ? { ...entry, truncated } : entry;
  });
  return ranked.sort((a, b) => b.score - a.score).slice(0, topK ?? undefined);
}

export const textRanking: TaskDefinition<TextRankingPipeline> = {
  sample: ['What is fine?', ['It is fine.']],
  create: (model) => (query: unknown, documents: unknown, options?: RankingCallOptions) =>
    rank(model, query, documents, options),
};
