// Semantic role labelling: who did what to whom, for the predicates of a sentence.
import { DragomanError } from '../common/errors.js';
import { shown } from '../options.js';
import { runRequest } from './definition.js';
import { readText, readTextList, wellFormed } from '../texts.js';
import type { LoadedModel } from '../engine.js';
import type { SemanticRoleOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { PipelineBase, TaskDefinition } from './definition.js';

/** The word itself, wherever it stands, or a span of the text. */
export type PredicateInText = string | { start: number; end: number };

/** A sentence, or its words, and which of them are predicates; of words also by their index. */
export type SemanticRoleInput =
  | { text: string; predicates: readonly PredicateInText[] }
  | { words: readonly string[]; predicates: readonly (PredicateInText | number)[] };

export interface SemanticRoleCallOptions extends CallOptions, SemanticRoleOptions {}

export interface SemanticRole {
  /** As the model's labels name it: `ARG0`, `ARGM-TMP`, `V`, … */
  role: string;
  text: string;
  start: number;
  end: number;
  score: number;
}

export interface PredicateRoles {
  predicate: string;
  start: number;
  end: number;
  /** In the order of the text. */
  roles: SemanticRole[];
}

export interface SemanticRolePipeline extends PipelineBase {
  /** One entry for each place of each predicate. */
  (input: SemanticRoleInput, options?: SemanticRoleCallOptions): Promise<PredicateRoles[]>;
  (
    inputs: readonly SemanticRoleInput[],
    options?: SemanticRoleCallOptions,
  ): Promise<PredicateRoles[][]>;
}

// Only what must not cross as it is is looked at here; the engine checks the rest.
function readInput(input: unknown, name: string): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const form = 'an object of text (or words) and predicates';
    throw new DragomanError('invalid-argument', `${name} must be ${form}; got ${shown(input)}.`);
  }
  const { text, words, predicates, ...others } = input as Record<string, unknown>;
  return {
    ...others,
    ...(text === undefined ? {} : { text: readText(text, `${name}.text`) }),
    ...(words === undefined ? {} : { words: readTextList(words, `${name}.words`) }),
    predicates: Array.isArray(predicates)
      ? predicates.map((one: unknown) => (typeof one === 'string' ? wellFormed(one) : one))
      : predicates,
  };
}

async function label(
  model: LoadedModel,
  input: unknown,
  options: SemanticRoleCallOptions | undefined,
): Promise<unknown> {
  const inputs: unknown[] = Array.isArray(input) ? input : [input];
  const read = inputs.map((value, index) => readInput(value, `inputs[${index}]`));
  const results = await runRequest<PredicateRoles[][]>(model, read, options);
  return Array.isArray(input) ? results : results[0];
}

export const semanticRoleLabelling: TaskDefinition<SemanticRolePipeline> = {
  // The same network, differently asked.
  network: 'token-classification',
  create: (model) => (input: unknown, options?: SemanticRoleCallOptions) =>
    label(model, input, options),
};
