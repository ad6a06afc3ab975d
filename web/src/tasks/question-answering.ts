// Question answering: the part of a context that answers a question.
import { DragomanError } from '../common/errors.js';
import { runRequest } from './definition.js';
import { readText } from '../texts.js';
import type { LoadedModel } from '../engine.js';
import type { QuestionAnsweringOptions } from '../generated/options.js';
import type { CallOptions } from '../options.js';
import type { PipelineBase, TaskDefinition } from './definition.js';

export interface QuestionAnsweringCallOptions extends CallOptions, QuestionAnsweringOptions {}

export interface Question {
  question: string;
  context: string;
}

export interface Answer {
  /** `context.slice(start, end)`; empty where there is none. */
  answer: string;
  score: number;
  start: number;
  end: number;
  /** The question was cut, as `max_question_len` said. */
  truncated?: true;
}

type Options = QuestionAnsweringCallOptions;
type BestOnly = { top_k?: 1 | undefined };
type Texts = string | readonly string[];

export interface QuestionAnsweringPipeline extends PipelineBase {
  (question: string, context: string, options?: Options & BestOnly): Promise<Answer>;
  /** With a `top_k` other than 1, an array of answers, best first. */
  (question: string, context: string, options: Options): Promise<Answer | Answer[]>;
  (input: Question, options?: Options & BestOnly): Promise<Answer>;
  (input: Question, options: Options): Promise<Answer | Answer[]>;
  (inputs: readonly Question[], options?: Options & BestOnly): Promise<Answer[]>;
  (inputs: readonly Question[], options: Options): Promise<Answer[] | Answer[][]>;
  /** As many contexts as questions, or one for all. */
  (questions: readonly string[], contexts: Texts, options?: Options & BestOnly): Promise<Answer[]>;
  (questions: readonly string[], contexts: Texts, options: Options): Promise<Answer[] | Answer[][]>;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readQuestion(question: unknown, context: unknown, name: string): Question {
  return {
    question: readText(question, `${name}.question`),
    context: readText(context, `${name}.context`),
  };
}

function readObject(input: Record<string, unknown>, name: string): Question {
  const { question, context, ...others } = input;
  const [unknown] = Object.keys(others);
  if (unknown === undefined) return readQuestion(question, context, name);
  const known = 'known are question, context';
  throw new DragomanError('invalid-argument', `${name} has a member "${unknown}"; ${known}.`);
}

function readInputs(input: unknown, contexts: unknown): Question[] {
  if (!Array.isArray(input)) {
    const name = 'inputs[0]';
    return [isPlain(input) ? readObject(input, name) : readQuestion(input, contexts, name)];
  }
  if (Array.isArray(contexts) && contexts.length !== input.length) {
    const counts = `${input.length} questions and ${contexts.length} contexts`;
    throw new DragomanError('invalid-argument', `There are ${counts}; each needs the other.`);
  }
  return input.map((value: unknown, index) => {
    const name = `inputs[${index}]`;
    if (isPlain(value)) return readObject(value, name);
    const context: unknown = Array.isArray(contexts) ? contexts[index] : contexts;
    return readQuestion(value, context, name);
  });
}

async function answer(model: LoadedModel, input: unknown, rest: unknown[]): Promise<unknown> {
  // The context is within the input, or behind it; options come last.
  const within = isPlain(input) || (Array.isArray(input) && input.some(isPlain));
  const [contexts, options] = within ? [undefined, rest[0]] : rest;
  const results = await runRequest<Answer[][]>(model, readInputs(input, contexts), options);
  const { top_k: topK = 1 } = (options ?? {}) as Options;
  const best = topK === 1 ? results.map(([first]) => first) : results;
  return Array.isArray(input) ? best : best[0];
}

export const questionAnswering: TaskDefinition<QuestionAnsweringPipeline> = {
  network: 'question-answering',
  sample: ['What is fine?', 'It is fine.'],
  create:
    (model) =>
    (input: unknown, ...rest: unknown[]) =>
      answer(model, input, rest),
};
