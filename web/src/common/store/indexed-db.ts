// The store in IndexedDB: database `dragoman` with the object stores `manifests` and `partials`,
// by key, and `chunks`, by [key, id].
import { openDB } from 'idb';
import { chunksOf, isRecord, piecePrefix } from './records.js';
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import type { Manifest, PartialRecord, StoreBackend } from './records.js';

interface Schema extends DBSchema {
  manifests: { key: string; value: Manifest };
  partials: { key: string; value: PartialRecord };
  chunks: { key: [string, string]; value: Uint8Array<ArrayBuffer> };
}

type Names = StoreNames<Schema>;
type Writing = IDBPTransaction<Schema, Names[], 'readwrite'>;

export const databaseName = 'dragoman';
const databaseVersion = 1;
const all: Names[] = ['manifests', 'partials', 'chunks'];

// Of a model, all ids that begin with a prefix. No id holds the last character.
function idRange(key: string, prefix = ''): IDBKeyRange {
  return IDBKeyRange.bound([key, prefix], [key, `${prefix}\uffff`]);
}

export class IndexedDbStore implements StoreBackend {
  #opening: Promise<IDBPDatabase<Schema>> | undefined;

  async manifests(): Promise<Manifest[]> {
    return (await (await this.#open()).getAll('manifests')).filter(isRecord);
  }

  async partials(): Promise<PartialRecord[]> {
    return (await (await this.#open()).getAll('partials')).filter(isRecord);
  }

  async manifest(key: string): Promise<Manifest | undefined> {
    const found = await (await this.#open()).get('manifests', key);
    return isRecord(found) ? found : undefined;
  }

  async partial(key: string): Promise<PartialRecord | undefined> {
    const found = await (await this.#open()).get('partials', key);
    return isRecord(found) ? found : undefined;
  }

  async touch(key: string): Promise<void> {
    await this.#write(async (transaction) => {
      const manifests = transaction.objectStore('manifests');
      const found = await manifests.get(key);
      if (found !== undefined) await manifests.put({ ...found, last_used: Date.now() }, key);
    });
  }

  async putPartial(record: PartialRecord): Promise<void> {
    await this.#write((transaction) => transaction.objectStore('partials').put(record, record.key));
  }

  async chunkIds(key: string, prefix: string): Promise<string[]> {
    const keys = await (await this.#open()).getAllKeys('chunks', idRange(key, prefix));
    return keys.map(([, id]) => id);
  }

  async chunk(key: string, id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return (await this.#open()).get('chunks', [key, id]);
  }

  async putChunk(key: string, id: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#write((transaction) => transaction.objectStore('chunks').put(bytes, [key, id]));
  }

  async commit(manifest: Manifest): Promise<boolean> {
    const { key } = manifest;
    const named = new Set(chunksOf(manifest).map(({ id }) => id));
    return this.#write(async (transaction) => {
      const chunks = transaction.objectStore('chunks');
      const present = (await chunks.getAllKeys(idRange(key))).map(([, id]) => id);
      if (present.filter((id) => named.has(id)).length < named.size) return false;
      await Promise.all([
        ...present.filter((id) => !named.has(id)).map((id) => chunks.delete([key, id])),
        transaction.objectStore('partials').delete(key),
        transaction.objectStore('manifests').put(manifest, key),
      ]);
      return true;
    });
  }

  async deletePieces(key: string): Promise<void> {
    await this.#write((transaction) =>
      transaction.objectStore('chunks').delete(idRange(key, piecePrefix)),
    );
  }

  async deletePartial(key: string): Promise<void> {
    await this.#write(async (transaction) => {
      await transaction.objectStore('partials').delete(key);
      const complete = await transaction.objectStore('manifests').getKey(key);
      // Without a manifest nothing refers to the other chunks either.
      const range = complete === undefined ? idRange(key) : idRange(key, piecePrefix);
      await transaction.objectStore('chunks').delete(range);
    });
  }

  async delete(key: string): Promise<void> {
    await this.#write((transaction) =>
      Promise.all([
        transaction.objectStore('manifests').delete(key),
        transaction.objectStore('partials').delete(key),
        transaction.objectStore('chunks').delete(idRange(key)),
      ]),
    );
  }

  async clear(): Promise<void> {
    await this.#write((transaction) =>
      Promise.all(all.map((name) => transaction.objectStore(name).clear())),
    );
  }

  async #write<Result>(body: (transaction: Writing) => Promise<Result>): Promise<Result> {
    try {
      return await this.#attempt(body);
    } catch (error) {
      // In Firefox the first transaction after one that did not fit may only delete.
      if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
      return this.#attempt(body);
    }
  }

  // Where space is short, some browsers give that reason for the request and some for the whole
  // transaction; for the other it is an AbortError then. That must not be taken for an abort by
  // the user.
  async #attempt<Result>(body: (transaction: Writing) => Promise<Result>): Promise<Result> {
    const transaction = (await this.#open()).transaction(all, 'readwrite');
    const [result, done] = await Promise.allSettled([body(transaction), transaction.done]);
    if (result.status === 'fulfilled' && done.status === 'fulfilled') return result.value;
    const reasons = [done, result].flatMap((end) =>
      end.status === 'rejected' ? [end.reason] : [],
    );
    const told = reasons.find((reason) => (reason as Error).name !== 'AbortError');
    throw told ?? new DOMException('the browser gave up a write', 'UnknownError');
  }

  // Opened at the first use, and again after the browser closed it.
  #open(): Promise<IDBPDatabase<Schema>> {
    const forget = () => (this.#opening = undefined);
    this.#opening ??= openDB<Schema>(databaseName, databaseVersion, {
      upgrade: (database) => {
        for (const name of all) database.createObjectStore(name);
      },
      // Another tab has a newer version of the package; ours gives way.
      blocking: (_current, _blocked, event) => {
        forget();
        (event.target as IDBDatabase).close();
      },
      terminated: forget,
    }).catch((error: unknown) => {
      forget();
      throw error;
    });
    return this.#opening;
  }
}
