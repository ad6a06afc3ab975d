// What is stored, for users: models.list(), size(), delete(), clear(). Needs no worker.
import { DragomanError, messageOf } from './common/errors.js';
import { manifestBytes, partialBytes, piecePrefix } from './common/store/records.js';
import { openStore } from './common/store/open.js';
import { env } from './env.js';
import type { ModelRecord, StoreBackend } from './common/store/records.js';
import type { Dtype, StoreParams } from './common/protocol.js';
import { isNode } from './common/platform.js';

export interface StoredModel {
  /** Names it to `models.delete()`. */
  key: string;
  /** What it was called when it was loaded. */
  name: string;
  /** Address of its folder; of files that were dropped on the page, their name and a hash. */
  source: string;
  revision: string | undefined;
  dtype: Dtype;
  /** Bytes it takes in the store. */
  bytes: number;
  /** False for a download that was broken off; the next one goes on from there. */
  complete: boolean;
  created: Date;
  last_used: Date;
}

/** The settings of the store, for the worker. */
export function storeParams(): StoreParams {
  return { enabled: isNode() ? env.useFSCache : env.useBrowserCache, folder: env.cacheDir };
}

/** @param fallback the result where nothing can be stored, as on a server that renders pages */
async function withStore<Result>(
  body: (store: StoreBackend) => Promise<Result>,
  fallback: Result,
): Promise<Result> {
  const store = openStore(env.cacheDir);
  if (store === undefined) return fallback;
  try {
    return await body(store);
  } catch (error) {
    const reason = messageOf(error);
    throw new DragomanError('unsupported-browser', `The storage cannot be used: ${reason}`);
  }
}

function described(
  { key, name, source, revision, dtype, created }: ModelRecord,
  bytes: number,
  lastUsed: number,
  complete: boolean,
): StoredModel {
  const dates = { created: new Date(created), last_used: new Date(lastUsed) };
  return { key, name, source, revision, dtype, bytes, complete, ...dates };
}

async function list(): Promise<StoredModel[]> {
  const found = await withStore(async (store) => {
    const [manifests, partials] = await Promise.all([store.manifests(), store.partials()]);
    const complete = new Set(manifests.map(({ key }) => key));
    const begun = partials
      .filter(({ key }) => !complete.has(key))
      .map(async (each) => {
        const bytes = partialBytes(each, await store.chunkIds(each.key, piecePrefix));
        return described(each, bytes, each.updated, false);
      });
    const whole = manifests.map((each) =>
      described(each, manifestBytes(each), each.last_used, true),
    );
    return [...whole, ...(await Promise.all(begun))];
  }, []);
  return found.sort((a, b) => b.last_used.getTime() - a.last_used.getTime());
}

/**
 * The models that are stored. Pages need no worker for these calls.
 *
 * All of them reject with `unsupported-browser` where the browser forbids storage.
 */
export const models = {
  /** Those used last come first. */
  list,

  /** Bytes of all of them together. */
  async size(): Promise<number> {
    return (await list()).reduce((sum, { bytes }) => sum + bytes, 0);
  },

  /** Deletes one; pipelines that use it go on. @returns whether there was such a model */
  async delete(key: string): Promise<boolean> {
    return withStore(async (store) => {
      const found = (await store.manifest(key)) ?? (await store.partial(key));
      if (found !== undefined) await store.delete(key);
      return found !== undefined;
    }, false);
  },

  /** Deletes all of them. */
  async clear(): Promise<void> {
    await withStore((store) => store.clear(), undefined);
  },
};
