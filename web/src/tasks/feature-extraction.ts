// Feature extraction: vectors of texts, or of their tokens.
import { runRequest } from './definition.js';
import { Tensor } from '../tensor.js';
import { readTexts } from '../texts.js';
import type { LoadedModel } from '../engine.js';
import type { FeatureOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { PipelineBase, TaskDefinition } from './definition.js';
import type {
  Inspected,
  Inspecting,
  InspectionOption,
  NoInspection,
  PerhapsInspecting,
} from './inspection.js';

export interface FeatureCallOptions
  extends CallOptions, Omit<FeatureOptions, InspectionOption>, NoInspection {}

export interface InspectedFeatures extends Inspected {
  features: Tensor;
}

type Pooled = { pooling: Exclude<FeatureOptions['pooling'], 'none' | undefined> };
type Unpooled = { pooling?: 'none' | undefined };

export interface FeatureExtractionPipeline extends PipelineBase {
  /** [1, tokens, hidden_size]; pooled, [1, width]. */
  (text: string, options?: FeatureCallOptions): Promise<Tensor>;
  /** Pooled, [texts, width]. */
  (texts: readonly string[], options: FeatureCallOptions & Pooled): Promise<Tensor>;
  /** A tensor for each text, as they have different numbers of tokens. */
  (texts: readonly string[], options?: FeatureCallOptions & Unpooled): Promise<Tensor[]>;
  (texts: readonly string[], options: FeatureCallOptions): Promise<Tensor | Tensor[]>;
  /** With attentions or hidden states, an object for each text. */
  (text: string, options: Inspecting<FeatureCallOptions>): Promise<InspectedFeatures>;
  (texts: readonly string[], options: Inspecting<FeatureCallOptions>): Promise<InspectedFeatures[]>;
  (
    text: string,
    options: PerhapsInspecting<FeatureCallOptions>,
  ): Promise<Tensor | InspectedFeatures>;
  (
    texts: readonly string[],
    options: PerhapsInspecting<FeatureCallOptions>,
  ): Promise<Tensor | Tensor[] | InspectedFeatures[]>;
}

/** What the engine gives. */
interface Features {
  /** Of all texts, pooled; else of each. */
  features: Tensor | Tensor[];
  truncated: number[];
  inspections?: Inspected[];
}

function ofText({ features }: Features, index: number): Tensor {
  if (Array.isArray(features)) return features[index] as Tensor;
  const own = features.at(index);
  return new Tensor(own.type, own.data, [1, ...own.dims]);
}

function markTruncated({ features, truncated }: Features): void {
  if (truncated.length === 0) return;
  if (!Array.isArray(features)) features.truncated = truncated;
  else for (const index of truncated) (features[index] as Tensor).truncated = [0];
}

async function extract(
  model: LoadedModel,
  input: unknown,
  options: FeatureCallOptions | undefined,
): Promise<unknown> {
  const result = await runRequest<Features>(model, readTexts(input), options);
  markTruncated(result);
  const { features, truncated, inspections } = result;
  const results = inspections?.map((inspected, index) => {
    const own = ofText(result, index);
    if (truncated.includes(index)) own.truncated = [0];
    return { features: own, ...inspected };
  });
  if (Array.isArray(input)) return results ?? features;
  return results?.[0] ?? (Array.isArray(features) ? features[0] : features);
}

export const featureExtraction: TaskDefinition<FeatureExtractionPipeline> = {
  network: 'features',
  create: (model) => (input: unknown, options?: FeatureCallOptions) =>
    extract(model, input, options),
};
