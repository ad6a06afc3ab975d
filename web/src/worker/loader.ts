// Loads a model: from the store where it is complete there, else from the first source that has
// it, and into the store then. What goes wrong with the store is told as a warning; the model is
// loaded all the same.
import { DragomanError, isAbort, messageOf } from '../common/errors.js';
import { SourceChanged } from './download.js';
import { openSource } from './files.js';
import { LoadProgress } from './progress.js';
import { loadFromSource } from './source-loader.js';
import { loadStored } from './stored-loader.js';
import { ModelStore } from './store/model-store.js';
import { Recorder } from './store/recorder.js';
import { loadLock, useLock } from './store/space.js';
import type { CallContext } from '../common/channel.js';
import type { FileEvent, LoadParams, ModelInfo, Source } from '../common/protocol.js';
import type { EngineModel } from './engine-model.js';
import type { FileSource } from './files.js';
import type { PageChannel } from './http-source.js';
import type { RunningModule } from './module.js';
import type { Keeping } from './source-loader.js';
import type { ModelIdentity } from './store/model-store.js';
import type { Damage, LoadContext } from './stored-loader.js';

const config = 'config.json';
// How often a download begins anew because the files changed under it.
const mostChanges = 2;

export interface Loaded {
  handle: number;
  info: ModelInfo;
  /** What was read besides the weights, where that was asked for. */
  files?: ReadonlyMap<string, Uint8Array<ArrayBuffer>> | undefined;
  /** To be called when the model is deleted: from then on the store may drop it. */
  release: () => void;
}

/** A source, and what the store knows its model by. */
interface Candidate {
  source: FileSource;
  identity: ModelIdentity | undefined;
}

type Ready = { model: EngineModel; info: ModelInfo };

class Loader {
  readonly #params: LoadParams;
  readonly #page: PageChannel;
  readonly #context: LoadContext;
  readonly #damages = new Map<string, Damage>();
  #store: ModelStore | undefined;

  constructor(
    module: RunningModule,
    params: LoadParams,
    page: PageChannel,
    { signal, emit }: CallContext<FileEvent>,
  ) {
    const { task, dtype, kv_dtype, name, file } = params;
    this.#params = params;
    this.#page = page;
    const progress = new LoadProgress(name, emit);
    this.#context = { module, spec: { task, dtype, kv_dtype, name }, progress, signal, file };
  }

  async load(): Promise<Loaded> {
    const candidates: Candidate[] = [];
    for (const spec of this.#params.sources) candidates.push(await this.#candidate(spec));
    if (candidates.some(({ identity }) => identity)) this.#openStore();
    for (const candidate of candidates) {
      const loaded = await this.#fromStore(candidate);
      if (loaded !== undefined) return loaded;
      if (!candidate.source.local) continue;
      const read = await this.#fromSource(candidate);
      if (read !== undefined) return read;
    }
    for (const candidate of candidates) {
      if (candidate.source.local || candidate.source.offline) continue;
      const loaded = await this.#fromSource(candidate);
      if (loaded !== undefined) return loaded;
    }
    throw this.#notFound(candidates);
  }

  async #candidate(spec: Source): Promise<Candidate> {
    const source = openSource(spec, this.#page);
    const place = this.#params.store.enabled ? await source.identify() : undefined;
    if (place === undefined) return { source, identity: undefined };
    const { dtype, name, network, file = '' } = this.#params;
    const revision = spec.kind === 'http' ? spec.revision : undefined;
    const whole = place + file;
    const key = network === undefined ? `${whole}#${dtype}` : `${whole}#${dtype}#${network}`;
    const identity = { key, name, source: whole, revision, dtype };
    return { source, identity };
  }

  #openStore(): void {
    const store = ModelStore.open(this.#params.store.folder);
    if (typeof store === 'string') this.#warn(`cannot be stored: ${store}`);
    else this.#store = store;
  }

  #warn(what: string): void {
    this.#context.progress.warn(`${this.#params.name} ${what}.`);
  }

  /** After this the model is loaded without the store. Aborts are not the store's failures. */
  #giveUpStore(error: unknown): void {
    if (isAbort(error)) throw error;
    this.#context.signal.throwIfAborted();
    this.#store = undefined;
    this.#warn(`cannot be stored: ${messageOf(error).replace(/\.$/, '')}`);
  }

  /** Runs a step that only the store needs. */
  async #withStore<Result>(body: (store: ModelStore) => Promise<Result>) {
    if (this.#store === undefined) return undefined;
    try {
      return await body(this.#store);
    } catch (error) {
      this.#giveUpStore(error);
      return undefined;
    }
  }

  async #fromStore({ identity }: Candidate): Promise<Loaded | undefined> {
    if (identity === undefined) return undefined;
    const { key } = identity;
    const manifest = await this.#withStore(({ backend }) => backend.manifest(key));
    const known = this.#damages.get(key)?.manifest.created;
    const store = this.#store;
    if (manifest === undefined || store === undefined || manifest.created === known) {
      return undefined;
    }
    const release = await this.#use(key);
    try {
      const found = await loadStored(store, manifest, this.#context);
      if ('model' in found) {
        await store.backend.touch(key).catch(() => {});
        return { ...ready(found), release };
      }
      this.#damages.set(key, found);
    } catch (error) {
      release();
      throw error;
    }
    release();
    return undefined;
  }

  /** Marks a model as in use; the release never fails. */
  async #use(key: string): Promise<() => void> {
    const { signal } = this.#context;
    return (await this.#withStore(({ locks }) => locks.share(useLock(key), signal))) ?? (() => {});
  }

  /** @returns undefined where the source has no model */
  async #fromSource(candidate: Candidate): Promise<Loaded | undefined> {
    const { source, identity } = candidate;
    if (this.#store === undefined || identity === undefined) {
      const found = await loadFromSource(source, this.#context, undefined);
      const files = this.#params.keepFiles ? found?.files : undefined;
      return found && { ...ready(found), files, release: () => {} };
    }
    const { key } = identity;
    const { signal } = this.#context;
    // One downloads; who waited finds the model in the store.
    const unlock = await this.#withStore(({ locks }) => locks.acquire(loadLock(key), signal));
    try {
      return (await this.#fromStore(candidate)) ?? (await this.#download(source, identity));
    } finally {
      unlock?.();
    }
  }

  async #download(source: FileSource, identity: ModelIdentity): Promise<Loaded | undefined> {
    for (let changes = 0; ; changes++) {
      try {
        return await this.#downloadOnce(source, identity);
      } catch (error) {
        const changed = error instanceof SourceChanged;
        // What is kept of a file that cannot be used would be of no use the next time either.
        if (changed || !isPassing(error)) {
          await this.#withStore(({ backend }) => backend.deletePartial(identity.key));
        }
        if (changed && changes < mostChanges) continue;
        throw this.#explained(error, identity.key);
      }
    }
  }

  async #downloadOnce(source: FileSource, identity: ModelIdentity): Promise<Loaded | undefined> {
    const keeping = source.local ? undefined : await this.#keep(identity);
    const found = await loadFromSource(source, this.#context, keeping);
    if (found === undefined) return undefined;
    const { model, files, weights } = found;
    const { key } = identity;
    const { signal } = this.#context;
    try {
      const complete = { image: model.packed(), files, weights };
      const intact = this.#damages.get(key)?.intact ?? new Map();
      await this.#withStore(async (store) => {
        await store.save(identity, complete, intact, signal).catch(async (error: unknown) => {
          // Half of a model is of no use; what is kept of its download still is after an abort.
          if (!isAbort(error)) await store.backend.delete(key).catch(() => {});
          throw error;
        });
        await this.#askToPersist(store);
      });
      return { ...ready(found), release: await this.#use(key) };
    } catch (error) {
      model.delete(error);
      throw error;
    }
  }

  /** Prepares the store for a download, and finds what it has of it. */
  #keep(identity: ModelIdentity): Promise<Keeping | undefined> {
    return this.#withStore(async (store) => {
      const { backend, space } = store;
      await space.deleteStale(identity.key);
      // The weights may still fit when they are packed, so that this is no warning yet.
      const recorder = await Recorder.open(backend, space, store.fresh(identity), () => {});
      return { recorder, space };
    });
  }

  // Browsers drop what pages stored when space is short, unless asked not to. Some ask the user,
  // whose answer nothing waits for.
  async #askToPersist({ backend }: ModelStore): Promise<void> {
    const isFirst = (await backend.manifests().catch(() => [])).length === 1;
    if (isFirst) void this.#page.call('persist', null).catch(() => {});
  }

  #explained(error: unknown, key: string): unknown {
    if (error instanceof SourceChanged) return new DragomanError('network', error.message);
    const damage = this.#damages.get(key);
    if (damage === undefined || (error as { code?: string }).code !== 'network') return error;
    return this.#damaged(damage, messageOf(error));
  }

  #damaged({ reason }: Damage, obstacle: string): DragomanError {
    const { name } = this.#params;
    return new DragomanError(
      'integrity',
      `The stored copy of ${name} ${reason}, and it cannot be fetched again: ${obstacle}`,
    );
  }

  #notFound(candidates: readonly Candidate[]): DragomanError {
    const { name } = this.#params;
    const [damage] = this.#damages.values();
    if (damage !== undefined) return this.#damaged(damage, 'only local files may be used.');
    const places = candidates.map(({ source }) => {
      const file = source.locate(this.#params.file ?? config);
      return `${source.offline ? 'stored copy of ' : ''}${file}`;
    });
    return new DragomanError(
      'model-incomplete',
      `${name} was not found: no ${places.join(' and ')}.`,
    );
  }
}

function ready({ model, info }: Ready): { handle: number; info: ModelInfo } {
  return { handle: model.handle, info };
}

/** Whether the same load may succeed another time. */
function isPassing(error: unknown): boolean {
  const { code } = error as { code?: string };
  if (isAbort(error) || !(error instanceof DragomanError)) return true;
  return code === 'network' || code === 'out-of-memory';
}

/**
 * Loads a model from the store or the first source that has it.
 *
 * @throws model-incomplete, model-format, tokenizer-format, unsupported-model, network,
 *   integrity, …
 */
export function loadModel(
  module: RunningModule,
  params: LoadParams,
  page: PageChannel,
  context: CallContext<FileEvent>,
): Promise<Loaded> {
  return new Loader(module, params, page, context).load();
}
