// What a task is to pipeline(), and what all pipelines have in common.
import { DragomanError } from '../common/errors.js';
import { splitCallOptions } from '../options.js';
import { readAnswer } from '../tensor.js';
import type { LoadedModel } from '../engine.js';
import type { MemoryUse, ModelInfo, Variant } from '../common/protocol.js';
import type { Task } from './table.js';

/** What all pipelines have besides being called. */
export interface PipelineBase {
  readonly task: Task;
  /** What the model says about itself. */
  readonly info: ModelInfo;
  /** The WebAssembly module in use. */
  readonly variant: Variant;
  readonly threads: number;
  /** Bytes in use by the engine, all its models together. */
  memoryUse(): Promise<MemoryUse>;
  /** Frees the model. Calls that run, and all later ones, reject with `disposed`. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @typeParam Pipeline what pipeline() gives for the task */
export interface TaskDefinition<Pipeline extends PipelineBase> {
  /** Only carries the type; never there. */
  readonly pipeline?: Pipeline;
  /** Folders of the models that are used where none is named, by the task's name. */
  readonly defaultModels?: Readonly<Record<string, string>>;
  /** Folders beside those, whose models are named. */
  readonly namedModels?: readonly string[];
  /**
   * The kind of network that the model is loaded as, where it is neither a whole one nor a
   * classifier of texts: of a folder, each kind is stored by itself.
   */
  readonly network?: string;
  /** What the page can do for the first call while a model loads. */
  prepare?(): void;
  /** Arguments of a small call, where one text is not enough. */
  readonly sample?: readonly unknown[];
  /**
   * @param task as the user named it
   * @returns the function that is called, with the members that Pipeline has beyond PipelineBase
   */
  create(model: LoadedModel, task: string): (...args: never[]) => Promise<unknown>;
}

/** Of an input's index, what callers call it, such as `documents[3]`. */
type NameInput = (index: number) => string;

// The engine speaks of inputs[3].
function renameInput(error: unknown, nameInput: NameInput): unknown {
  if (!(error instanceof DragomanError)) return error;
  const message = error.message.replace(/\binputs\[(\d+)\]/, (_, index: string) => {
    return nameInput(Number(index));
  });
  return message === error.message ? error : new DragomanError(error.code, message);
}

/**
 * Runs a request whose options are all the engine's.
 *
 * @param inputs checked by the caller as far as their types go
 * @param nameInput where the callers' inputs are not the engine's
 * @returns what the engine gives, usually one result for each input; attached arrays are tensors
 */
export async function runRequest<Result>(
  model: LoadedModel,
  inputs: readonly unknown[],
  options: unknown,
  nameInput?: NameInput,
): Promise<Result> {
  const { signal, taskOptions } = splitCallOptions(options, []);
  const request = JSON.stringify({ inputs, options: taskOptions });
  try {
    return readAnswer(await model.run(request, signal)) as Result;
  } catch (error) {
    throw nameInput ? renameInput(error, nameInput) : error;
  }
}
