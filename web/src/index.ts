// What the package offers.
export { packModel } from './pack.js';
export { pipeline } from './pipeline.js';
export { env } from './env.js';
export { models } from './stored-models.js';
export { TextStreamer } from './text-streamer.js';
export { DragomanError } from './common/errors.js';
export type { Environment } from './env.js';
export type { ErrorCode } from './common/errors.js';
export type { Dtype, MemoryUse, ModelInfo, Variant } from './common/protocol.js';
export type { Classification, ClassificationInput } from './classification.js';
export type { DroppedModel } from './dropped.js';
export type { ModelSource } from './models.js';
export type {
  ClassificationCallOptions,
  PipelineOptions,
  ProgressEvent,
  TranslationCallOptions,
  TranslationStreamOptions,
} from './options.js';
export type {
  ClassificationTask,
  PipelineBase,
  PipelineFor,
  Task,
  TextClassificationPipeline,
  TranslationPipeline,
  TranslationTask,
} from './pipeline.js';
export type { PackedModel, PackOptions } from './pack.js';
export type { StoredModel } from './stored-models.js';
export type { TextPair } from './texts.js';
export type { TextStreamerOptions } from './text-streamer.js';
export type { PartialTranslation, Translation } from './translation.js';
