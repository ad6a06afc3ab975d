// The options of pipeline() and of its calls: types, and checks of what C++ does not see.
//
// Options of a task are read and checked in C++ (src/tasks/options.hpp), from which their types
// are generated; here only what concerns the page is taken out.
import { DragomanError } from './common/errors.js';
import type { Dtype, FileEvent, Variant } from './common/protocol.js';

/** What happens while a model is loaded; shapes as in transformers.js. */
export type ProgressEvent = FileEvent | { status: 'ready'; task: string; model: string };

export interface PipelineOptions {
  /**
   * Precision of the weights in memory; `q8` is another name of `int8`, the default. `int4` (`q4`)
   * is for decoders alone: GPT-2, Llama and their kin.
   */
  dtype?: 'int8' | 'q8' | 'int4' | 'q4' | 'fp32';
  /** Precision of the keys and values that decoders alone keep of a text; `fp32` by default. */
  kv_dtype?: 'fp32' | 'int8';
  /** There is one kind of device; both names mean it. */
  device?: 'wasm' | 'cpu';
  progress_callback?: (event: ProgressEvent) => void;
  /** Ends the loading; calls have a signal of their own. */
  signal?: AbortSignal;
  /** Branch, tag or commit of a model on the hub. */
  revision?: string;
  /** Of the folder's files the one that is the model, where that is a GGUF file: `model.gguf`. */
  model_file_name?: string;
  /** Use local files and what is stored only; fetch nothing from other servers. */
  local_files_only?: boolean;
  /** Most threads to compute with. By default up to four, as many as there are processors. */
  threads?: number;
  /** A WebAssembly module to use instead of the best one. */
  variant?: Variant;
}

export interface CallOptions {
  /** Ends the call; it then rejects with an `AbortError`. */
  signal?: AbortSignal;
}

const knownPipelineOptions = {
  dtype: true,
  kv_dtype: true,
  device: true,
  progress_callback: true,
  signal: true,
  revision: true,
  model_file_name: true,
  local_files_only: true,
  threads: true,
  variant: true,
} satisfies Record<keyof PipelineOptions, true>;

function invalid(message: string): DragomanError {
  return new DragomanError('invalid-argument', message);
}

function unsupported(message: string): DragomanError {
  return new DragomanError('unsupported-option', message);
}

/** A value in a message: short, whatever it is. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function checkObject(options: unknown, what: string): asserts options is Record<string, unknown> {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw invalid(`${what} must be an object; got ${shown(options)}.`);
}

function checkType(options: Record<string, unknown>, name: string, type: string): void {
  const value = options[name];
  if (value === undefined || typeof value === type) return;
  throw invalid(`${name} must be a ${type}; got ${shown(value)}.`);
}

function checkSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw invalid(`signal must be an AbortSignal; got ${shown(signal)}.`);
}

/** Throws unsupported-option, invalid-argument. */
export function checkPipelineOptions(
  options: unknown,
  caller = 'pipeline()',
  known = Object.keys(knownPipelineOptions),
): asserts options is PipelineOptions {
  checkObject(options, `The options of ${caller}`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw unsupported(`${caller} has no option ${shown(name)}; it has ${known.join(', ')}.`);
  }
  const { device } = options;
  if (device !== undefined && device !== 'wasm' && device !== 'cpu') {
    throw unsupported(`The device ${shown(device)} is not supported; wasm is.`);
  }
  checkType(options, 'progress_callback', 'function');
  const { kv_dtype } = options;
  if (kv_dtype !== undefined && kv_dtype !== 'fp32' && kv_dtype !== 'int8') {
    throw unsupported(`The kv_dtype ${shown(kv_dtype)} is not supported; fp32 and int8 are.`);
  }
  checkType(options, 'revision', 'string');
  checkType(options, 'model_file_name', 'string');
  checkType(options, 'local_files_only', 'boolean');
  checkSignal(options['signal']);
}

/** Throws unsupported-option. */
export function canonicalDtype(dtype: unknown): Dtype {
  if (dtype === undefined || dtype === 'int8' || dtype === 'q8') return 'int8';
  if (dtype === 'int4' || dtype === 'q4') return 'int4';
  if (dtype === 'fp32') return 'fp32';
  const known = 'int8 (or q8), int4 (or q4) and fp32 are';
  throw unsupported(`The dtype ${shown(dtype)} is not supported; ${known}.`);
}

// JSON has no place for these: they would arrive as null, or not at all.
function checkValue(name: string, value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw invalid(`${name} is ${value}; it must be a finite number.`);
  }
  if (['function', 'symbol', 'bigint'].includes(typeof value)) {
    throw invalid(`${name} cannot be a ${typeof value}.`);
  }
  if (Array.isArray(value)) value.forEach((element) => checkValue(name, element));
}

/** What a call's options say to the page, and the rest, which goes to the task as it is. */
export interface SplitOptions {
  signal: AbortSignal | undefined;
  splitSentences: boolean;
  taskOptions: Record<string, unknown>;
}

/** Throws unsupported-option, invalid-argument. */
export function splitCallOptions(options: unknown, pageOptions: readonly string[]): SplitOptions {
  if (options === undefined || options === null) options = {};
  checkObject(options, 'The options of a call');
  const taskOptions: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (name === 'signal' || pageOptions.includes(name) || value === undefined) continue;
    if (name === 'stream') throw unsupported('The option "stream" is not for callers.');
    checkValue(name, value);
    taskOptions[name] = value;
  }
  checkSignal(options['signal']);
  checkType(options, 'split_sentences', 'boolean');
  return {
    signal: options['signal'] as AbortSignal | undefined,
    splitSentences: options['split_sentences'] !== false,
    taskOptions,
  };
}
