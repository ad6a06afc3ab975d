// The table of tasks: a name and its page. Everything else about a task is on its page.
import { featureExtraction } from './feature-extraction.js';
import { fillMask } from './fill-mask.js';
import { questionAnswering } from './question-answering.js';
import { semanticRoleLabelling } from './semantic-role-labelling.js';
import { sentenceSimilarity } from './sentence-similarity.js';
import { summarization } from './summarization.js';
import { text2textGeneration } from './text2text-generation.js';
import { textClassification } from './text-classification.js';
import { textGeneration } from './text-generation.js';
import { textRanking } from './text-ranking.js';
import { tokenClassification } from './token-classification.js';
import { isTranslation, translation } from './translation.js';
import { zeroShotClassification } from './zero-shot-classification.js';
import type { PipelineBase, TaskDefinition } from './definition.js';
import type { LanguagePair } from './translation.js';

const tasks = {
  translation,
  summarization,
  'text2text-generation': text2textGeneration,
  'text-generation': textGeneration,
  'text-classification': textClassification,
  'sentiment-analysis': textClassification,
  'token-classification': tokenClassification,
  ner: tokenClassification,
  'question-answering': questionAnswering,
  'semantic-role-labelling': semanticRoleLabelling,
  'zero-shot-classification': zeroShotClassification,
  'fill-mask': fillMask,
  'feature-extraction': featureExtraction,
  embeddings: featureExtraction,
  'sentence-similarity': sentenceSimilarity,
  'text-ranking': textRanking,
};

type Tasks = typeof tasks;

export type Task = keyof Tasks | LanguagePair;

type PipelineOf<Definition> = Definition extends TaskDefinition<infer Pipeline> ? Pipeline : never;

/** What pipeline() gives for a task. */
export type PipelineFor<Name extends Task> = PipelineOf<
  Tasks[Name extends LanguagePair ? 'translation' : Name & keyof Tasks]
>;

/** Names of tasks, for messages. */
export const taskNames = ['translation_xx_to_yy', ...Object.keys(tasks)];

/** The page of a task; undefined for anything that names none. */
export function findTask(name: unknown): TaskDefinition<PipelineBase> | undefined {
  if (typeof name !== 'string') return undefined;
  if (isTranslation(name)) return translation;
  return Object.hasOwn(tasks, name) ? tasks[name as keyof Tasks] : undefined;
}

/** Folders of default models by task. */
export const defaultModels: Readonly<Record<string, string>> = Object.assign(
  {},
  ...Object.values(tasks).map((task: TaskDefinition<PipelineBase>) => task.defaultModels),
);

/** Every folder under models/: pages look for these there first. */
export const shippedModels: ReadonlySet<string> = new Set([
  ...Object.values(defaultModels),
  ...Object.values(tasks).flatMap((task: TaskDefinition<PipelineBase>) => task.namedModels ?? []),
]);
