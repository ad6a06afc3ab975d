// Sentence similarity: how like one text others are, by the vectors of a sentence model.
import { runRequest } from './definition.js';
import { similarityOf } from '../similarity.js';
import { readText, readTextList } from '../texts.js';
import type { Similarity } from '../common/protocol.js';
import type { LoadedModel } from '../engine.js';
import type { FeatureOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { Tensor } from '../tensor.js';
import type { PipelineBase, TaskDefinition } from './definition.js';

export interface SimilarityCallOptions
  extends
    CallOptions,
    Pick<FeatureOptions, 'pooling' | 'prompt' | 'prompt_name' | 'truncation' | 'max_length'> {
  /** How vectors are compared; by default as the model's folder says, else by their cosine. */
  similarity?: Similarity;
}

export interface SentenceSimilarityPipeline extends PipelineBase {
  /** A score for each sentence, in their order. `pooling` is `'model'` unless it is named. */
  (
    source: string,
    sentences: readonly string[],
    options?: SimilarityCallOptions,
  ): Promise<number[]>;
}

async function compare(
  model: LoadedModel,
  source: unknown,
  sentences: unknown,
  { similarity, ...options }: SimilarityCallOptions = {},
): Promise<number[]> {
  const like = similarityOf(similarity ?? model.info.similarity ?? 'cosine');
  const texts = [readText(source, 'source'), ...readTextList(sentences, 'sentences')];
  const { features } = await runRequest<{ features: Tensor }>(
    model,
    texts,
    { pooling: 'model', ...options },
    (index) => (index === 0 ? 'The source' : `sentences[${index - 1}]`),
  );
  const vectors = texts.map((_, index) => features.at(index).data);
  const [own, ...others] = vectors as [Float32Array, ...Float32Array[]];
  return others.map((other) => like(own, other));
}

export const sentenceSimilarity: TaskDefinition<SentenceSimilarityPipeline> = {
  network: 'features',
  sample: ['It is fine.', ['It is.']],
  create: (model) => (source: unknown, sentences: unknown, options?: SimilarityCallOptions) =>
    compare(model, source, sentences, options),
};
