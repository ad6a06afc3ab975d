// Which store there is on this platform.
import { isNode } from '../platform.js';
import { defaultCacheFolder, FileSystemStore } from './file-system.js';
import { IndexedDbStore } from './indexed-db.js';
import type { StoreBackend } from './records.js';

const stores = new Map<string, StoreBackend>();

/**
 * The store of this thread, opened at its first use.
 *
 * @param folder in Node; elsewhere of no meaning
 * @returns undefined where nothing can be stored
 */
export function openStore(folder: string | undefined): StoreBackend | undefined {
  if (!isNode() && typeof indexedDB === 'undefined') return undefined;
  const place = isNode() ? (folder ?? defaultCacheFolder()) : '';
  let store = stores.get(place);
  if (store === undefined) {
    store = isNode() ? new FileSystemStore(place) : new IndexedDbStore();
    stores.set(place, store);
  }
  return store;
}
