// Loads a model: its files go into WebAssembly memory piece by piece, several at a time.
import { DragomanError } from '../common/errors.js';
import { openSource } from './files.js';
import { guarded } from './module.js';
import { FatalError } from '../common/channel.js';
import type { CallContext } from '../common/channel.js';
import type { FileEvent, LoadParams, ModelInfo } from '../common/protocol.js';
import type { FileSource, OpenedFile, PageChannel } from './files.js';
import type { RunningModule } from './module.js';

interface FileNames {
  required: string[];
  optional: string[];
  weights: string[];
}

const config = 'config.json';
const stagingBytes = 1 << 20;
// At most this often per file: listeners draw, and messages cost.
const progressMilliseconds = 40;

/** One model on its way in. */
class Loading {
  readonly #module: RunningModule;
  readonly #name: string;
  readonly #model: number;
  readonly #context: CallContext<FileEvent>;
  #failure: unknown;

  constructor(module: RunningModule, name: string, model: number, context: CallContext<FileEvent>) {
    this.#module = module;
    this.#name = name;
    this.#model = model;
    this.#context = context;
  }

  async load(sources: FileSource[]): Promise<ModelInfo> {
    const { engine } = this.#module;
    const source = await this.#findSource(sources);
    const names = JSON.parse(this.#call(() => engine.modelFileNames(this.#model))) as FileNames;
    // The first failure ends the other downloads.
    const { signal, stop } = linked(this.#context.signal);
    try {
      await Promise.all([
        ...names.required.map((name) => this.#addFile(source, name, true, signal)),
        ...names.optional.map((name) => this.#addFile(source, name, false, signal)),
        this.#addWeights(source, names.weights, signal),
      ]);
    } catch (error) {
      throw this.#failure ?? error;
    } finally {
      stop();
    }
    this.#context.signal.throwIfAborted();
    return JSON.parse(this.#call(() => engine.finishModel(this.#model))) as ModelInfo;
  }

  /** The first source with a config.json, which is then given to the model. */
  async #findSource(sources: FileSource[]): Promise<FileSource> {
    for (const source of sources) {
      if (await this.#addFile(source, config, false, this.#context.signal)) return source;
    }
    const places = sources.map((source) => source.locate(config)).join(' and ');
    throw new DragomanError('model-incomplete', `${this.#name} was not found: no ${places}.`);
  }

  async #open(source: FileSource, name: string, required: boolean, signal: AbortSignal) {
    const file = await source.open(name, signal);
    if (file !== undefined || !required) return file;
    throw new DragomanError(
      'model-incomplete',
      `${this.#name} has no ${name}: ${source.locate(name)} was not found.`,
    );
  }

  /** @returns whether there is such a file */
  async #addFile(source: FileSource, name: string, required: boolean, signal: AbortSignal) {
    const file = await this.#open(source, name, required, signal);
    if (file === undefined) return false;
    const chunks: Uint8Array[] = [];
    await this.#read(file, name, signal, (bytes) => chunks.push(bytes.slice()));
    const { engine } = this.#module;
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    // A buffer has at least one byte, also that of an empty file.
    const pointer = this.#call(() => engine.allocate(Math.max(1, length)));
    try {
      let offset = pointer;
      for (const chunk of chunks) {
        this.#put(offset, chunk);
        offset += chunk.length;
      }
      this.#call(() => engine.addModelFile(this.#model, name, pointer, length));
    } finally {
      this.#free(pointer);
    }
    return true;
  }

  async #addWeights(source: FileSource, names: string[], signal: AbortSignal): Promise<void> {
    const { engine } = this.#module;
    const staging = this.#call(() => engine.allocate(stagingBytes));
    try {
      for (const name of names) {
        const file = await this.#open(source, name, true, signal);
        if (file !== undefined) await this.#feed(file, name, staging, signal);
      }
    } finally {
      this.#free(staging);
    }
  }

  async #feed(file: OpenedFile, name: string, staging: number, signal: AbortSignal) {
    const { engine } = this.#module;
    this.#call(() => engine.beginWeights(this.#model, name, file.total ?? 0));
    await this.#read(file, name, signal, (bytes) => {
      for (let start = 0; start < bytes.length; start += stagingBytes) {
        const piece = bytes.subarray(start, start + stagingBytes);
        this.#put(staging, piece);
        this.#call(() => engine.feedWeights(this.#model, staging, piece.length));
      }
    });
    this.#call(() => engine.endWeights(this.#model));
  }

  // After a failure the engine refuses what else comes for this model, and that refusal may be
  // heard of before its cause. So the cause is kept.
  #call<Result>(body: () => Result): Result {
    try {
      return guarded(body);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  // Never throws, so that it does not hide the reason why it is called.
  #free(pointer: number): void {
    try {
      guarded(() => this.#module.engine.release(pointer));
    } catch {
      // The module is lost, and its memory with it.
    }
  }

  // The memory may have grown since the last time, which makes older views of it useless.
  #put(pointer: number, bytes: Uint8Array): void {
    new Uint8Array(this.#module.memory.buffer, pointer, bytes.length).set(bytes);
  }

  /** Reads a file to its end and reports on it. */
  async #read(
    file: OpenedFile,
    name: string,
    signal: AbortSignal,
    use: (bytes: Uint8Array) => void,
  ) {
    const { emit } = this.#context;
    const about = { name: this.#name, file: name };
    emit({ status: 'initiate', ...about });
    emit({ status: 'download', ...about });
    let loaded = 0;
    let reported = 0;
    const report = (total: number) => {
      const progress = total > 0 ? Math.min(100, (100 * loaded) / total) : 0;
      emit({ status: 'progress', ...about, progress, loaded, total });
      reported = performance.now();
    };
    try {
      for await (const bytes of file.chunks) {
        signal.throwIfAborted();
        use(bytes);
        loaded += bytes.length;
        if (performance.now() - reported > progressMilliseconds) report(file.total ?? 0);
      }
      if (file.total !== undefined && loaded < file.total) {
        throw new DragomanError(
          'network',
          `${name} of ${this.#name} ended after ${loaded} of ${file.total} bytes.`,
        );
      }
      report(loaded);
      emit({ status: 'done', ...about });
    } finally {
      await file.close();
    }
  }
}

/** A signal that follows another and can be stopped by itself. */
function linked(parent: AbortSignal): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const follow = () => controller.abort(parent.reason);
  if (parent.aborted) follow();
  parent.addEventListener('abort', follow, { once: true });
  const stop = () => {
    parent.removeEventListener('abort', follow);
    controller.abort();
  };
  return { signal: controller.signal, stop };
}

/**
 * Loads a model from the first source that has it.
 *
 * @returns its handle and what it says about itself
 * @throws model-incomplete, model-format, tokenizer-format, unsupported-model, network, …
 */
export async function loadModel(
  module: RunningModule,
  params: LoadParams,
  page: PageChannel,
  context: CallContext<FileEvent>,
): Promise<{ handle: number; info: ModelInfo }> {
  const { engine } = module;
  const { task, dtype, name } = params;
  const handle = guarded(() => engine.createModel(JSON.stringify({ task, dtype, name })));
  try {
    const sources = params.sources.map((source) => openSource(source, page));
    const info = await new Loading(module, name, handle, context).load(sources);
    return { handle, info };
  } catch (error) {
    // After a trap this throws as well, and says less than the trap did.
    if (!(error instanceof FatalError)) guarded(() => engine.deleteModel(handle));
    throw error;
  }
}
