// Room in the store: what goes when it is full, and what goes because it is old.
import { DragomanError } from '../../common/errors.js';
import type { StoreBackend } from '../../common/store/records.js';
import type { Locks } from './locks.js';

/** Names of locks; one who has the first writes the model, those who have the second use it. */
export const loadLock = (key: string) => `load:${key}`;
export const useLock = (key: string) => `use:${key}`;

const month = 30 * 24 * 3_600_000;

export function isQuotaError(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: unknown };
  return name === 'QuotaExceededError' || code === 'ENOSPC' || code === 'EDQUOT';
}

export class Space {
  readonly #backend: StoreBackend;
  readonly #locks: Locks;
  readonly #settling: number;
  #freeing: Promise<unknown> = Promise.resolve();

  /** @param settling milliseconds after which deleted bytes are free at the latest */
  constructor(backend: StoreBackend, locks: Locks, settling: number) {
    this.#settling = settling;
    this.#backend = backend;
    this.#locks = locks;
  }

  /**
   * Runs a write for the model `key`. While the store is full, it first deletes downloads that
   * others left unfinished; then, for a model that is complete, its own pieces and the models
   * whose last use is longest ago, but for those in use.
   *
   * @throws storage-quota when that was not enough
   */
  async write(key: string, complete: boolean, body: () => Promise<unknown>): Promise<void> {
    if (await fits(body)) return;
    // One at a time: two writes that are refused at once may need only one model's room.
    const freeing = this.#freeing.then(() => this.#makeRoom(key, complete, body));
    this.#freeing = freeing.catch(() => {});
    return freeing;
  }

  async #makeRoom(key: string, complete: boolean, body: () => Promise<unknown>): Promise<void> {
    if (await fits(body)) return;
    for await (const _ of this.#freePartials(key, 0)) if (await this.#fitsNow(body)) return;
    if (complete) {
      await this.#backend.deletePieces(key);
      if (await this.#fitsNow(body)) return;
      for await (const _ of this.#freeModels(key)) if (await this.#fitsNow(body)) return;
    }
    throw new DragomanError('storage-quota', 'The storage is full.');
  }

  // Waits before more is given up: browsers count what was deleted for some seconds.
  async #fitsNow(body: () => Promise<unknown>): Promise<boolean> {
    if (await fits(body)) return true;
    if (this.#settling === 0) return false;
    await new Promise((resolve) => setTimeout(resolve, this.#settling));
    return fits(body);
  }

  /** Whether so many bytes may be written, as far as the platform tells. */
  async has(bytes: number): Promise<boolean> {
    if (typeof navigator === 'undefined' || !navigator.storage?.estimate) return true;
    const unknown: StorageEstimate = {};
    const { quota, usage = 0 } = await navigator.storage.estimate().catch(() => unknown);
    return quota === undefined || quota - usage > bytes;
  }

  /** Deletes downloads that nobody went on with for a month. */
  async deleteStale(key: string): Promise<void> {
    for await (const _ of this.#freePartials(key, month));
  }

  async *#freePartials(key: string, age: number): AsyncGenerator<void> {
    const partials = (await this.#backend.partials()).filter((partial) => partial.key !== key);
    for (const partial of partials.sort((a, b) => a.updated - b.updated)) {
      if (Date.now() - partial.updated < age) continue;
      const release = await this.#locks.tryAcquire(loadLock(partial.key));
      if (release === undefined) continue;
      try {
        await this.#backend.deletePartial(partial.key);
      } finally {
        release();
      }
      yield;
    }
  }

  async *#freeModels(key: string): AsyncGenerator<void> {
    const others = (await this.#backend.manifests()).filter((manifest) => manifest.key !== key);
    for (const { key: other } of others.sort((a, b) => a.last_used - b.last_used)) {
      const loading = await this.#locks.tryAcquire(loadLock(other));
      if (loading === undefined) continue;
      const use = await this.#locks.tryAcquire(useLock(other));
      try {
        if (use === undefined) continue;
        await this.#backend.delete(other);
      } finally {
        use?.();
        loading();
      }
      yield;
    }
  }
}

async function fits(body: () => Promise<unknown>): Promise<boolean> {
  try {
    await body();
    return true;
  } catch (error) {
    if (isQuotaError(error)) return false;
    throw error;
  }
}
