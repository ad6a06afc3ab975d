// What page and worker say to each other: a table of methods for either direction.

/** The language of these tables. Both ends must have been built from the same one. */
export const protocolVersion = __VERSION__;

/** Name of the engine's threads; the glue knows its own by it. */
export const poolName = 'em-pthread';

/** A folder served over http. */
export interface HttpSourceSpec {
  kind: 'http';
  /** Ends with a slash. */
  url: string;
  revision?: string | undefined;
  /** The page fetches, as it has a fetch of its own. */
  relay: boolean;
  /** Only what is stored may be used. */
  offline: boolean;
}

/** A file the user handed over. Its own name and date do not survive every message. */
export interface NamedFile {
  /** Relative to the model's folder. */
  name: string;
  file: Blob;
  lastModified: number;
}

/** Where a model's files are. */
export type Source =
  | HttpSourceSpec
  /** A folder of the file system, in Node. */
  | { kind: 'folder'; path: string }
  /** Files of one folder; `label` is its name. */
  | { kind: 'files'; label: string; files: NamedFile[] }
  | { kind: 'directory'; handle: FileSystemDirectoryHandle };

/** Where models are stored. */
export interface StoreParams {
  /** Off by the user's wish. */
  enabled: boolean;
  /** Of Node's file system; undefined: the default one. */
  folder: string | undefined;
}

export type Dtype = 'int8' | 'int4' | 'fp32';

export type Variant = 'simd' | 'relaxed' | 'simd-mt' | 'relaxed-mt';

export interface StartParams {
  version: string;
  variant: Variant;
  /** To the threads that run beside the worker; to be handed over. */
  poolPorts: MessagePort[];
  wasmUrl: string;
}

export interface LoadParams {
  /** Chosen by the page; names the model in later messages. */
  model: number;
  task: string;
  dtype: Dtype;
  name: string;
  /** The first one that has a config.json, or `file`, is taken. */
  sources: Source[];
  /** Of keys and values; undefined: fp32. */
  kv_dtype?: 'fp32' | 'int8' | undefined;
  /** Of a model that is one file, its name in the folder; undefined to look for a folder's. */
  file?: string | undefined;
  store: StoreParams;
  /** Names the kind of network within what is stored of the folder, where there are several. */
  network?: string | undefined;
  /** The files besides the weights are kept, to be given to `beginExport`. Not with a store. */
  keepFiles?: boolean | undefined;
}

/** What a model is written with, besides its weights. */
export interface ExportStart {
  /** Of the weights, as one safetensors file. */
  bytes: number;
  /** The other files, as they were read. */
  files: { name: string; content: Uint8Array<ArrayBuffer> }[];
}

/** How far something is. */
export interface Progress {
  /** Bytes so far. */
  loaded: number;
  /** Bytes; 0 when the server does not say. */
  total: number;
}

/** What happens to a model on its way; the shapes of transformers.js. */
export type FileEvent =
  | {
      status: 'initiate' | 'download' | 'done';
      name: string;
      file: string;
      /** From the store, not from the network. */
      cached?: boolean;
    }
  | ({
      status: 'progress';
      name: string;
      file: string;
      /** Percent; 0 while the size is not known. */
      progress: number;
      cached?: boolean;
    } & Progress)
  /** All files together; comes once their sizes have been asked for. */
  | ({
      status: 'progress_total';
      name: string;
      /** Percent; 0 while not all sizes are known. */
      progress: number;
      files: Record<string, Progress>;
    } & Progress)
  /** The model is loaded, but something is not as it should be: it could not be stored. */
  | { status: 'warning'; name: string; message: string };

/** How like two vectors are: the greater, the more. The last two are distances below zero. */
export type Similarity = 'cosine' | 'dot' | 'euclidean' | 'manhattan';

/** What a tokenizer says about itself. */
export interface TokenizerInfo {
  /** Most tokens of a text; 1e30 where its files name no limit. */
  model_max_length: number;
  bos_token?: string;
  bos_token_id?: number;
  eos_token?: string;
  eos_token_id?: number;
  unk_token?: string;
  unk_token_id?: number;
  sep_token?: string;
  sep_token_id?: number;
  pad_token?: string;
  pad_token_id?: number;
  cls_token?: string;
  cls_token_id?: number;
  mask_token?: string;
  mask_token_id?: number;
  additional_special_tokens: string[];
  all_special_tokens: string[];
  all_special_ids: number[];
  /** Templates of chats by their names; the usual one is `default`. */
  chat_template?: Record<string, string>;
}

/** What small requests are made of: some 16 tokens, most of them words. */
export const smallText = 'The weather is fine today, and all the children play in the garden.';

export interface LoadAnswer {
  info: ModelInfo;
  /** A small request takes some milliseconds, the first some tens of them. */
  isQuick: boolean;
}

/** What a loaded model says about itself. */
export interface ModelInfo {
  name: string;
  task: string;
  model_type: string;
  dtype: Dtype;
  /** Bytes of the weights in memory. */
  packed_bytes: number;
  vocab_size: number;
  /** Most tokens of one text. */
  max_length: number;
  /** Of a classifier, by index. */
  labels?: string[];
  /** How a mask is written, for `fill-mask`. */
  mask_token?: string;
  /** Of a model for features: how vectors are compared, and its prompts by name. */
  similarity?: Similarity;
  prompts?: Record<string, string>;
  /** Languages of what it reads and writes, where its files tell. */
  source_lang?: string;
  target_lang?: string;
  /** Of a translator with several: their codes. */
  languages?: string[];
  /** Where it is only a tokenizer. */
  tokenizer?: TokenizerInfo;
}

export interface RunParams {
  model: number;
  /** JSON {"inputs", "options"}: written and read once, not cloned on the way. */
  request: string;
  /** The page wants to hear of every step. */
  reports: boolean;
}

export interface RunAnswer {
  /** An array parallel to the inputs, or what else the task gives. */
  json: string;
  /** Arrays of numbers that it names by index, each the bytes of one. */
  attachments: ArrayBuffer[];
}

/** Bytes in use by the engine. */
export interface MemoryUse {
  packed_bytes: number;
  arena_bytes: number;
  cache_bytes: number;
  heap_bytes: number;
}

/** What one method takes, gives, and reports on the way. */
export interface Method {
  params: unknown;
  result: unknown;
  event: unknown;
}

/** Asked of the worker by the page. */
export interface WorkerMethods {
  start: { params: StartParams; result: { selfTest: boolean }; event: never };
  load: { params: LoadParams; result: LoadAnswer; event: FileEvent };
  /** Nobody waits for an answer: small requests run between messages until somebody does. */
  warmUp: { params: { model: number }; result: null; event: never };
  /**
   * Events come where the parameters ask for them, after every step: JSON, what changed since the
   * last one (src/tasks/job.hpp).
   */
  run: { params: RunParams; result: RunAnswer; event: string };
  unload: { params: { model: number }; result: null; event: never };
  beginExport: { params: { model: number }; result: ExportStart; event: never };
  /** The next bytes of the weights; null at their end. */
  readExport: {
    params: { model: number };
    result: Uint8Array<ArrayBuffer> | null;
    event: never;
  };
  memory: { params: null; result: MemoryUse; event: never };
  /** Times work whose amount is known: multiply-adds or bytes, see src/kernels/probe.hpp. */
  probe: {
    params: { kind: string; size: number };
    result: { work: number; milliseconds: number };
    event: never;
  };
}

/** Asked of the page by the worker, where the page has a fetch of its own. */
export interface PageMethods {
  fetch: {
    params: { url: string; method: 'GET' | 'HEAD'; headers: Record<string, string> };
    result: FetchAnswer;
    event: never;
  };
  /** The next bytes of a body; null at its end. */
  read: { params: { body: number }; result: Uint8Array<ArrayBuffer> | null; event: never };
  close: { params: { body: number }; result: null; event: never };
  /** Asks the browser to keep what is stored; workers cannot. */
  persist: { params: null; result: null; event: never };
}

export interface FetchAnswer {
  status: number;
  headers: Record<string, string>;
  body: number;
}
