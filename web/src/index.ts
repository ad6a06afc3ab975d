// What the package offers.
export { packModel } from './pack.js';
export { pipeline } from './pipeline.js';
export { env } from './env.js';
export { models } from './stored-models.js';
export { cos_sim, dot, semantic_search } from './similarity.js';
export { Tensor } from './tensor.js';
export { TextStreamer } from './text-streamer.js';
export { AutoTokenizer } from './tokenizer.js';
export { DragomanError } from './common/errors.js';
export type {
  CallMessage,
  Chat,
  ChatMessage,
  MessagePart,
  TemplateOptions,
} from './chat-template.js';
export type { Environment } from './env.js';
export type { ErrorCode } from './common/errors.js';
export type { Dtype, MemoryUse, ModelInfo, Similarity, Variant } from './common/protocol.js';
export type { DroppedModel } from './dropped.js';
export type { ModelSource } from './models.js';
export type { CallOptions, PipelineOptions, ProgressEvent } from './options.js';
export type { PackedModel, PackOptions } from './pack.js';
export type { Hit, SearchOptions, Vector } from './similarity.js';
export type { StoredModel } from './stored-models.js';
export type { NestedNumbers, TensorType } from './tensor.js';
export type { TextPair } from './texts.js';
export type { TextStreamerOptions } from './text-streamer.js';
export type {
  ChatTemplateOptions,
  DecodeCallOptions,
  EncodedText,
  EncodedTexts,
  PretrainedOptions,
  PreTrainedTokenizer,
  TokenizeOptions,
  TokenizerCallOptions,
} from './tokenizer.js';
export type { PipelineBase } from './tasks/definition.js';
export type {
  FeatureCallOptions,
  FeatureExtractionPipeline,
  InspectedFeatures,
} from './tasks/feature-extraction.js';
export type {
  FilledMask,
  FilledMasks,
  FillMaskCallOptions,
  FillMaskPipeline,
} from './tasks/fill-mask.js';
export type { Inspected, InspectedToken, InspectionOptions } from './tasks/inspection.js';
export type {
  SentenceSimilarityPipeline,
  SimilarityCallOptions,
} from './tasks/sentence-similarity.js';
export type {
  Answer,
  Question,
  QuestionAnsweringCallOptions,
  QuestionAnsweringPipeline,
} from './tasks/question-answering.js';
export type {
  PredicateInText,
  PredicateRoles,
  SemanticRole,
  SemanticRoleCallOptions,
  SemanticRoleInput,
  SemanticRolePipeline,
} from './tasks/semantic-role-labelling.js';
export type { PipelineFor, Task } from './tasks/table.js';
export type { RankedText, RankingCallOptions, TextRankingPipeline } from './tasks/text-ranking.js';
export type {
  Entity,
  LabelledToken,
  TokenClassificationCallOptions,
  TokenClassificationPipeline,
} from './tasks/token-classification.js';
export type {
  PartialSummary,
  SummarizationCallOptions,
  SummarizationPipeline,
  SummarizationStreamOptions,
  Summary,
} from './tasks/summarization.js';
export type {
  GeneratedText,
  PartialGeneratedText,
  Text2TextCallOptions,
  Text2TextPipeline,
  Text2TextStreamOptions,
} from './tasks/text2text-generation.js';
export type {
  ChatContinuation,
  ChatOptions,
  Continuation,
  PartialContinuation,
  TextGenerationCallOptions,
  TextGenerationPipeline,
  TextGenerationStreamOptions,
} from './tasks/text-generation.js';
export type {
  Classification,
  ClassificationCallOptions,
  ClassificationInput,
  ClassificationTask,
  InspectedClassification,
  TextClassificationPipeline,
} from './tasks/text-classification.js';
export type {
  PartialTranslation,
  Translation,
  TranslationCallOptions,
  TranslationPipeline,
  TranslationStreamOptions,
  TranslationTask,
} from './tasks/translation.js';
export type {
  CandidateLabels,
  ZeroShotCallOptions,
  ZeroShotClassification,
  ZeroShotClassificationPipeline,
} from './tasks/zero-shot-classification.js';
