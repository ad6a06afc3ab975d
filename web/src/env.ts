// Settings of the whole package, to be changed before the first pipeline.

export interface Environment {
  /** The version of this package. */
  readonly version: string;
  /** Whether models may be fetched from `remoteHost`. */
  allowRemoteModels: boolean;
  /** Where model ids such as `owner/name` are fetched from. */
  remoteHost: string;
  /** What comes between host and file name; `{model}` and `{revision}` are filled in. */
  remotePathTemplate: string;
  /** Whether ids are looked up in `localModelPath` first. On by default in Node. */
  allowLocalModels: boolean | undefined;
  /**
   * Folder that holds models by name: a path in Node, a URL in pages. The default models are
   * found there. By default `/models/`, and in Node the folder beside the package.
   */
  localModelPath: string | undefined;
  /** Whether pages keep loaded models in the browser's storage (IndexedDB). */
  useBrowserCache: boolean;
  /** Whether Node keeps downloaded models in `cacheDir`. */
  useFSCache: boolean;
  /** By default `$XDG_CACHE_HOME/dragoman/models`, or `~/.cache/dragoman/models`. */
  cacheDir: string | undefined;
  /** Used instead of the platform's fetch, for instance to send an access token. */
  fetch: typeof fetch | undefined;
  /** Address of `worker.js`, where it is not beside this module. */
  workerUrl: string | URL | undefined;
  /** Address of the folder with the `.wasm` files, where it is not `wasm/` beside this module. */
  wasmPath: string | URL | undefined;
}

export const env: Environment = {
  version: __VERSION__,
  allowRemoteModels: true,
  remoteHost: 'https://huggingface.co/',
  remotePathTemplate: '{model}/resolve/{revision}/',
  allowLocalModels: undefined,
  localModelPath: undefined,
  useBrowserCache: true,
  useFSCache: true,
  cacheDir: undefined,
  fetch: undefined,
  workerUrl: undefined,
  wasmPath: undefined,
};
