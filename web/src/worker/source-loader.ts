// Loads a model from the files of its source: they go into WebAssembly memory piece by piece,
// several at a time, and weights are packed while they arrive.
import { DragomanError } from '../common/errors.js';
import { abortable } from '../common/signals.js';
import { Download } from './download.js';
import { EngineModel } from './engine-model.js';
import { worthKeeping } from './store/model-store.js';
import type { WeightFile } from '../common/store/records.js';
import type { ModelInfo } from '../common/protocol.js';
import type { FileSource } from './files.js';
import type { LoadContext } from './stored-loader.js';
import type { Recorder } from './store/recorder.js';
import type { Space } from './store/space.js';

const config = 'config.json';
const isGguf = (name: string) => name.toLowerCase().endsWith('.gguf');
// What tells that a folder holds a tokenizer, which may come without a config.json.
const tokenizerFiles = [
  config,
  'tokenizer.json',
  'vocab.txt',
  'source.spm',
  'tokenizer_config.json',
];

// As in Python a template in a file of its own goes before that of tokenizer_config.json. Where
// asking costs nothing it is always asked for; elsewhere only when the engine knows no other.
const ownTemplate = 'chat_template.jinja';
const chatTasks = ['text-generation', 'tokenizer'];

// An index lists the files that the weights are in.
const isIndex = (name: string) => name.endsWith('.index.json');

export interface SourceLoad {
  model: EngineModel;
  info: ModelInfo;
  /** What was read besides the weights. */
  files: Map<string, Uint8Array<ArrayBuffer>>;
  weights: WeightFile[];
}

/** Where the bytes are kept while they arrive. */
export interface Keeping {
  recorder: Recorder;
  space: Space;
}

/** Weight files: one that is open, and those that are read after it. */
interface Weights {
  first: Download;
  others: string[];
}

/** The weights of what has none. */
const none = Promise.resolve(undefined);

/** One model on its way in. */
class SourceLoading {
  readonly #source: FileSource;
  readonly #context: LoadContext;
  readonly #keeping: Keeping | undefined;
  readonly #model: EngineModel;
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #weights: WeightFile[] = [];

  constructor(source: FileSource, context: LoadContext, keeping: Keeping | undefined) {
    this.#source = source;
    this.#context = context;
    this.#keeping = keeping;
    this.#model = new EngineModel(context.module, context.spec);
  }

  async load(): Promise<SourceLoad | undefined> {
    const model = this.#model;
    try {
      if (!(await this.#loadAll())) {
        model.delete();
        return undefined;
      }
      this.#context.signal.throwIfAborted();
      return { model, info: model.finish(), files: this.#files, weights: this.#weights };
    } catch (error) {
      model.delete(error);
      throw model.failure ?? error;
    }
  }

  /** @returns false where the source has no model */
  async #loadAll(): Promise<boolean> {
    const { signal, file } = this.#context;
    if (file !== undefined) return this.#loadSingle(file);
    const first = await this.#openFirst();
    if (first === undefined) {
      const only = this.#context.spec.task === 'tokenizer' ? undefined : await this.#onlyGguf();
      return only !== undefined && this.#loadSingle(only);
    }
    await this.#addFile(first, signal);
    await this.#loadRest();
    return true;
  }

  /** The one GGUF file of a folder without config.json, where its files can be listed. */
  async #onlyGguf(): Promise<string | undefined> {
    const names = ((await this.#source.list?.()) ?? []).filter(isGguf);
    if (names.length < 2) return names[0];
    throw new DragomanError(
      'invalid-argument',
      `${this.#context.spec.name} has several GGUF files, ${names.join(', ')}; ` +
        'model_file_name says which one is meant.',
    );
  }

  /** Loads a file that tells all of its model. */
  async #loadSingle(name: string): Promise<boolean> {
    const { signal, progress } = this.#context;
    const { recorder, space } = this.#keeping ?? {};
    const download = await this.#open(name, false, signal);
    if (download === undefined) return false;
    if (space && !(await worthKeeping(space, download.total))) recorder?.stop();
    progress.sizesAsked();
    try {
      await this.#feed(download, signal);
    } finally {
      await recorder?.settle();
    }
    return true;
  }

  async #openFirst(): Promise<Download | undefined> {
    const names = this.#context.spec.task === 'tokenizer' ? tokenizerFiles : [config];
    for (const name of names) {
      const download = await this.#open(name, true, this.#context.signal);
      if (download !== undefined) return download;
    }
    return undefined;
  }

  async #loadRest(): Promise<void> {
    const names = this.#model.fileNames();
    if (this.#source.local && chatTasks.includes(this.#context.spec.task)) {
      names.optional.push(ownTemplate);
    }
    names.optional = names.optional.filter((name) => !this.#files.has(name));
    // The first failure ends the other downloads.
    const own = abortable(this.#context.signal);
    const { signal } = own;
    const tasks: Promise<void>[] = [];
    try {
      // All are asked for before much is read: so their sizes are known early.
      const small = [...names.required, ...names.optional].map(async (name) => {
        const download = await this.#open(name, true, signal);
        if (download === undefined && names.required.includes(name)) throw this.#lacks(name);
        return download;
      });
      const weights = names.weights.length === 0 ? none : this.#findWeights(names.weights, signal);
      void Promise.allSettled([...small, weights]).then(() => {
        if (!signal.aborted) this.#context.progress.sizesAsked();
      });
      const added = small.map((opening) => this.#addOpened(opening, signal));
      const asked = [...names.required, ...names.optional];
      tasks.push(...added, this.#addNamed(added, asked, signal), this.#feedAll(weights, signal));
      await Promise.all(tasks);
    } finally {
      own.abort(undefined);
      own.release();
      // What is still under way would keep bytes that somebody may be about to delete.
      await Promise.allSettled(tasks);
      await this.#keeping?.recorder.settle();
    }
  }

  /** Waits for files; then adds those that they name, which were not asked for before. */
  async #addNamed(added: Promise<void>[], asked: string[], signal: AbortSignal): Promise<void> {
    await Promise.all(added);
    const known = [...asked, ...this.#files.keys()];
    const names = this.#model.fileNames().optional.filter((name) => !known.includes(name));
    if (names.length === 0) return;
    const more = names.map((name) => this.#addOpened(this.#open(name, true, signal), signal));
    try {
      await this.#addNamed(more, [...asked, ...names], signal);
    } finally {
      await Promise.allSettled(more);
    }
  }

  async #feedAll(finding: Promise<Weights | undefined>, signal: AbortSignal): Promise<void> {
    const found = await finding;
    if (found === undefined) return;
    const { first, others } = found;
    await this.#feed(first, signal);
    for (const name of others) await this.#feed(await this.#openWeights([name], signal), signal);
  }

  /** Opens the first weight file, and finds out about the others where there are several. */
  async #findWeights(names: readonly string[], signal: AbortSignal): Promise<Weights> {
    const found = await this.#openWeights(names, signal);
    if (!isIndex(found.name)) return { first: found, others: [] };
    this.#model.addFile(found.name, await this.#readWhole(found, signal));
    const [name, ...others] = this.#model.weightShards() as [string, ...string[]];
    const first = await this.#openWeights([name], signal);
    // They are read one after the other, so that the later ones are not opened yet.
    const sizes = others.map(async (other) => {
      const size = this.#keeping?.recorder.stored(other)?.total;
      this.#context.progress.expect(other, size ?? (await this.#source.size(other, signal)));
    });
    await Promise.all(sizes);
    return { first, others };
  }

  /** Opens the first of `names` that is there. */
  async #openWeights(names: readonly string[], signal: AbortSignal): Promise<Download> {
    for (const name of names) {
      const download = await this.#open(name, isIndex(name), signal);
      if (download === undefined) continue;
      const { recorder, space } = this.#keeping ?? {};
      if (space && !(await worthKeeping(space, download.total))) recorder?.stop();
      return download;
    }
    throw this.#lacks(...names);
  }

  async #open(name: string, small: boolean, signal: AbortSignal): Promise<Download | undefined> {
    const recorder = this.#keeping?.recorder;
    const context = { source: this.#source, signal, model: this.#context.spec.name, recorder };
    const download = await Download.open(context, { name, small });
    if (download !== undefined) this.#context.progress.expect(name, download.total);
    return download;
  }

  #lacks(...names: string[]): DragomanError {
    const { name: model } = this.#context.spec;
    const place = this.#source.locate(names[0] as string);
    const others = names.length > 1 ? ', nor any of the others' : '';
    return new DragomanError(
      'model-incomplete',
      `${model} has no ${names.join(', no ')}: ${place} was not found${others}.`,
    );
  }

  async #addOpened(opening: Promise<Download | undefined>, signal: AbortSignal): Promise<void> {
    const download = await opening;
    if (download !== undefined) await this.#addFile(download, signal);
  }

  async #addFile(download: Download, signal: AbortSignal): Promise<void> {
    const whole = await this.#readWhole(download, signal);
    this.#model.addFile(download.name, whole);
    this.#files.set(download.name, whole);
  }

  async #readWhole(download: Download, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array[] = [];
    await this.#read(download, signal, (bytes) => parts.push(bytes.slice()));
    return joined(parts);
  }

  async #feed(download: Download, signal: AbortSignal): Promise<void> {
    const { name, total, etag } = download;
    this.#model.beginWeights(name, total);
    let length = 0;
    // The head of a GGUF file stands for the files of a folder: it is kept as they are.
    let head: Uint8Array[] | undefined = isGguf(name) ? [] : undefined;
    await this.#read(download, signal, (bytes) => {
      length += bytes.length;
      this.#model.feedWeights(bytes);
      if (head === undefined) return;
      head.push(bytes.slice());
      const count = this.#model.headBytes();
      if (count === 0) return;
      this.#files.set(name, joined(head).slice(0, count));
      head = undefined;
    });
    this.#model.endWeights();
    this.#weights.push({ name, bytes: length, etag });
  }

  /** Reads a file to its end and reports on it. */
  async #read(download: Download, signal: AbortSignal, use: (bytes: Uint8Array) => void) {
    const progress = this.#context.progress.file(download.name, download.total);
    progress.begin();
    try {
      for await (const bytes of download.bytes()) {
        signal.throwIfAborted();
        use(bytes);
        progress.add(bytes.length);
      }
      progress.end();
    } finally {
      await download.close();
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/**
 * Loads a model from one source.
 *
 * @returns undefined where the source has no model
 * @throws model-incomplete, model-format, tokenizer-format, unsupported-model, network, …
 */
export function loadFromSource(
  source: FileSource,
  context: LoadContext,
  keeping: Keeping | undefined,
): Promise<SourceLoad | undefined> {
  return new SourceLoading(source, context, keeping).load();
}
