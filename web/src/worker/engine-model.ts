// A model of the engine while it is filled: its handle, and the bytes on their way into memory.
import { FatalError } from '../common/channel.js';
import { guarded } from './module.js';
import { PackedImage } from './store/packed.js';
import type { ModelInfo } from '../common/protocol.js';
import type { RunningModule } from './module.js';
import type { PackedRegions } from './store/packed.js';

export interface FileNames {
  required: string[];
  optional: string[];
  /** The first that exists is taken; an index stands for the files it lists. */
  weights: string[];
}

/** What the engine is told of a model before any of its files. */
export interface ModelSpec {
  task: string;
  dtype: string;
  kv_dtype?: string | undefined;
  name: string;
}

const stagingBytes = 1 << 20;

export class EngineModel {
  readonly handle: number;
  readonly #module: RunningModule;
  #staging: number | undefined;
  #failure: unknown;

  constructor(module: RunningModule, spec: ModelSpec) {
    this.#module = module;
    this.handle = guarded(() => module.engine.createModel(JSON.stringify(spec)));
  }

  /** What went wrong first: what is refused after that says less. */
  get failure(): unknown {
    return this.#failure;
  }

  fileNames(): FileNames {
    const { engine } = this.#module;
    return JSON.parse(this.#call(() => engine.modelFileNames(this.handle))) as FileNames;
  }

  addFile(name: string, bytes: Uint8Array): void {
    const { engine } = this.#module;
    // A buffer has at least one byte, also that of an empty file.
    const pointer = this.#call(() => engine.allocate(Math.max(1, bytes.length)));
    try {
      this.#put(pointer, bytes);
      this.#call(() => engine.addModelFile(this.handle, name, pointer, bytes.length));
    } finally {
      this.#release(pointer);
    }
  }

  /** The weight files that an index, which was given by addFile(), lists. */
  weightShards(): string[] {
    return JSON.parse(this.#call(() => this.#module.engine.weightShards(this.handle))) as string[];
  }

  /** @param total bytes, where known */
  beginWeights(name: string, total: number | undefined): void {
    this.#call(() => this.#module.engine.beginWeights(this.handle, name, total ?? 0));
  }

  feedWeights(bytes: Uint8Array): void {
    const { engine } = this.#module;
    const staging = (this.#staging ??= this.#call(() => engine.allocate(stagingBytes)));
    for (let start = 0; start < bytes.length; start += stagingBytes) {
      const piece = bytes.subarray(start, start + stagingBytes);
      this.#put(staging, piece);
      this.#call(() => engine.feedWeights(this.handle, staging, piece.length));
    }
  }

  endWeights(): void {
    this.#call(() => this.#module.engine.endWeights(this.handle));
  }

  /**
   * Bytes at the beginning of the file being read that describe the model, as GGUF has them; 0
   * before they have come, and for other formats. addFile() takes them in place of the file.
   */
  headBytes(): number {
    return this.#call(() => this.#module.engine.headBytes(this.handle));
  }

  /** The weights as they lie in memory; there once config.json is. */
  packed(): PackedImage {
    const { engine, memory } = this.#module;
    const text = this.#call(() => engine.packedRegions(this.handle));
    return new PackedImage(memory, JSON.parse(text) as PackedRegions);
  }

  /** All of packed() was written from outside. */
  adoptPacked(): void {
    this.#call(() => this.#module.engine.adoptPacked(this.handle));
  }

  finish(): ModelInfo {
    this.#freeStaging();
    const { engine } = this.#module;
    return JSON.parse(this.#call(() => engine.finishModel(this.handle))) as ModelInfo;
  }

  /** @param failure why; after a trap the module is not to be entered again */
  delete(failure?: unknown): void {
    if (failure instanceof FatalError || this.#failure instanceof FatalError) return;
    this.#freeStaging();
    guarded(() => this.#module.engine.deleteModel(this.handle));
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

  #freeStaging(): void {
    if (this.#staging !== undefined) this.#release(this.#staging);
    this.#staging = undefined;
  }

  // Never throws, so that it does not hide the reason why it is called.
  #release(pointer: number): void {
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
}
