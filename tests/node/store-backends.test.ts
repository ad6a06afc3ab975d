// The places of the store behave alike: IndexedDB (a stand-in for that of browsers) and folders.
import 'fake-indexeddb/auto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileSystemStore } from '../../web/src/common/store/file-system.js';
import { databaseName, IndexedDbStore } from '../../web/src/common/store/indexed-db.js';
import { pieceId } from '../../web/src/common/store/records.js';
import { loadLock, Space, useLock } from '../../web/src/worker/store/space.js';
import { temporaryFolder } from './support.js';
import type { Manifest, PartialRecord, StoreBackend } from '../../web/src/common/store/records.js';
import type { Locks } from '../../web/src/worker/store/locks.js';

const bytes = (...values: number[]) => new Uint8Array(values);

const record = (key: string) =>
  ({ format: 1, key, name: key, source: key, dtype: 'int8', created: 1 }) as const;

function manifest(key: string, ids: string[], lastUsed = 2): Manifest {
  const chunks = ids.map((id) => ({ id, bytes: 3, sha256: '00' }));
  const rest = { pack_version: 1, files: [], weights: [], regions: [], last_used: lastUsed };
  return { ...record(key), ...rest, chunks };
}

const partial = (key: string, updated = Date.now()): PartialRecord => {
  const files = [{ name: 'w', etag: '"1"', total: 9, complete: false }];
  return { ...record(key), updated, files };
};

const places: [string, () => StoreBackend][] = [
  ['IndexedDB', () => new IndexedDbStore()],
  ['a folder', () => new FileSystemStore(temporaryFolder())],
];

describe.each(places)('in %s', (place, open) => {
  const emptied = async () => {
    const store = open();
    await store.clear();
    return store;
  };

  it('chunks are found under their model and id, as they were', async () => {
    const store = await emptied();
    await store.putChunk('https://a/#int8', 'packed/0', bytes(1, 2, 3));
    await store.putChunk('https://a/#int8', pieceId('w', 1), bytes(4));
    await store.putChunk('https://a/#int8', pieceId('w', 0), bytes(5));
    await store.putChunk('https://a/#int8x', 'packed/0', bytes(6));
    expect(await store.chunk('https://a/#int8', 'packed/0')).toEqual(bytes(1, 2, 3));
    expect(await store.chunk('https://a/#int8', 'packed/1')).toBe(undefined);
    expect(await store.chunk('https://b/#int8', 'packed/0')).toBe(undefined);
    const ids = await store.chunkIds('https://a/#int8', 'raw/w/');
    expect(ids).toEqual([pieceId('w', 0), pieceId('w', 1)]);
    expect(await store.chunkIds('https://a/#int8', '')).toHaveLength(3);
  });

  it('a model is complete at once, and what it does not name is gone', async () => {
    const store = await emptied();
    await store.putPartial(partial('a'));
    await store.putChunk('a', pieceId('w', 0), bytes(1));
    await store.putChunk('a', 'packed/0', bytes(1, 2, 3));
    await store.putChunk('a', 'packed/9', bytes(1, 2, 3));
    expect(await store.partial('a')).toEqual(partial('a', (await store.partial('a'))?.updated));
    expect(await store.commit(manifest('a', ['packed/0', 'packed/1']))).toBe(false);
    expect(await store.manifest('a')).toBe(undefined);
    expect(await store.partial('a')).toBeDefined();

    expect(await store.commit(manifest('a', ['packed/0']))).toBe(true);
    expect(await store.chunkIds('a', '')).toEqual(['packed/0']);
    expect(await store.partial('a')).toBe(undefined);
    const found = await store.manifest('a');
    expect(found).toMatchObject({ ...manifest('a', ['packed/0']), last_used: expect.anything() });
    expect(await store.manifests()).toEqual([found]);
  });

  it('a use is noted, of models that are there', async () => {
    const store = await emptied();
    await store.commit(manifest('a', []));
    const start = Date.now() - 1_000;
    await store.touch('a');
    await store.touch('b');
    expect((await store.manifest('a'))?.last_used).toBeGreaterThanOrEqual(start);
    expect(await store.manifests()).toHaveLength(1);
  });

  it('an unfinished download goes without the model, and the model with all', async () => {
    const store = await emptied();
    await store.putChunk('a', 'packed/0', bytes(1, 2, 3));
    await store.commit(manifest('a', ['packed/0']));
    await store.putPartial(partial('a'));
    await store.putChunk('a', pieceId('w', 0), bytes(1));
    expect(await store.partials()).toHaveLength(1);
    await store.deletePieces('a');
    expect(await store.chunkIds('a', '')).toEqual(['packed/0']);
    await store.deletePartial('a');
    expect(await store.partials()).toEqual([]);
    expect(await store.chunk('a', 'packed/0')).toBeDefined();
    await store.delete('a');
    expect(await store.chunkIds('a', '')).toEqual([]);
    expect(await store.manifests()).toEqual([]);
  });

  it('records of another form count as absent', async () => {
    const store = await emptied();
    await store.commit({ ...manifest('a', []), format: 2 as unknown as 1 });
    expect(await store.manifest('a')).toBe(undefined);
    expect(await store.manifests()).toEqual([]);
  });

  it('all of it can be cleared', async () => {
    const store = await emptied();
    await store.commit(manifest('a', []));
    await store.putPartial(partial('b'));
    await store.clear();
    expect([await store.manifests(), await store.partials()]).toEqual([[], []]);
  });

  it(`is opened again by another (${place})`, async () => {
    if (place !== 'IndexedDB') return;
    const store = await emptied();
    await store.putChunk('a', 'x', bytes(1));
    expect(await new IndexedDbStore().chunk('a', 'x')).toEqual(bytes(1));
    // A newer version of the package finds the way free.
    const request = indexedDB.open(databaseName, 2);
    await new Promise((done, fail) => {
      request.onsuccess = done;
      request.onblocked = fail;
    });
    request.result.close();
    await expect(store.chunk('a', 'x')).rejects.toMatchObject({ name: 'VersionError' });
    await new Promise((done) => (indexedDB.deleteDatabase(databaseName).onsuccess = done));
    expect(await store.chunk('a', 'x')).toBe(undefined);
  });
});

describe('a folder of models', () => {
  it('has nothing half written, and names that say what they hold', async () => {
    const folder = temporaryFolder();
    const store = new FileSystemStore(folder);
    await store.putChunk('https://a.example/o/n/#int8', 'packed/0', bytes(1, 2, 3));
    const [name = ''] = readdirSync(folder);
    expect(name).toMatch(/^a\.example-o-n-int8-[0-9a-f]{16}$/);
    writeFileSync(join(folder, name, 'chunk-packed%2F1.1-0-1.tmp'), 'half');
    await store.commit(manifest('https://a.example/o/n/#int8', ['packed/0']));
    expect(readdirSync(join(folder, name)).sort()).toEqual(['chunk-packed%2F0', 'manifest.json']);
  });
});

describe('a full store', () => {
  /** Holds so many bytes; chunks and pieces count. */
  class SmallStore extends FileSystemStore {
    readonly sizes = new Map<string, number>();
    readonly #quota: number;

    constructor(quota: number) {
      super(temporaryFolder());
      this.#quota = quota;
    }

    override async putChunk(key: string, id: string, chunk: Uint8Array<ArrayBuffer>) {
      const used = [...this.sizes].filter(([name]) => name !== `${key} ${id}`);
      const sum = used.reduce((total, [, size]) => total + size, chunk.length);
      if (sum > this.#quota) throw new DOMException('full', 'QuotaExceededError');
      await super.putChunk(key, id, chunk);
      this.sizes.set(`${key} ${id}`, chunk.length);
    }

    override async delete(key: string) {
      await super.delete(key);
      for (const name of this.sizes.keys()) if (name.startsWith(`${key} `)) this.sizes.delete(name);
    }

    override async deletePieces(key: string) {
      await super.deletePieces(key);
      for (const name of this.sizes.keys()) {
        if (name.startsWith(`${key} raw/`)) this.sizes.delete(name);
      }
    }
  }

  const held = new Set<string>();
  const locks: Locks = {
    acquire: () => Promise.reject(new Error('not asked for here')),
    share: () => Promise.reject(new Error('not asked for here')),
    tryAcquire: async (name) => (held.has(name) ? undefined : () => {}),
  };

  async function filled() {
    held.clear();
    const store = new SmallStore(100);
    for (const key of ['old', 'older', 'oldest']) {
      await store.putChunk(key, 'packed/0', new Uint8Array(20));
      await store.commit(manifest(key, ['packed/0']));
      await new Promise((done) => setTimeout(done, 15));
    }
    for (const key of ['oldest', 'older', 'old']) {
      await store.touch(key);
      await new Promise((done) => setTimeout(done, 15));
    }
    await store.putPartial(partial('begun'));
    await store.putChunk('begun', pieceId('w', 0), new Uint8Array(20));
    const write = (size: number, complete = true, settling = 0) =>
      new Space(store, locks, settling).write('new', complete, () =>
        store.putChunk('new', 'packed/0', new Uint8Array(size)),
      );
    const left = async () => {
      const [models, begun] = [await store.manifests(), await store.partials()];
      return [...models, ...begun].map(({ key }) => key).sort();
    };
    return { store, write, left };
  }

  it('gives up nothing while there is room', async () => {
    const { write, left } = await filled();
    await write(20);
    expect(await left()).toEqual(['begun', 'old', 'older', 'oldest']);
  });

  it('gives up downloads of others first', async () => {
    const { write, left } = await filled();
    await write(40);
    expect(await left()).toEqual(['old', 'older', 'oldest']);
  });

  it('gives up the models used least recently next, no more than needed', async () => {
    const { write, left } = await filled();
    await write(80);
    expect(await left()).toEqual(['old']);
  });

  it('gives up its own pieces before the models of others', async () => {
    const { store, write, left } = await filled();
    await store.deletePartial('begun');
    await store.putChunk('new', pieceId('w', 0), new Uint8Array(40));
    await write(40);
    expect(await left()).toEqual(['old', 'older', 'oldest']);
    expect(await store.chunkIds('new', 'raw/')).toEqual([]);
  });

  it('never gives up what is in use or being loaded', async () => {
    const { write, left } = await filled();
    held.add(useLock('oldest'));
    held.add(loadLock('older'));
    held.add(loadLock('begun'));
    await expect(write(60)).rejects.toMatchObject({ code: 'storage-quota' });
    expect(await left()).toEqual(['begun', 'older', 'oldest']);
  });

  it('gives up no more when deleted bytes are free only after a while', async () => {
    const { store, write, left } = await filled();
    const { deletePartial } = store;
    const before = new Map(store.sizes);
    store.deletePartial = async (key) => {
      await deletePartial.call(store, key);
      for (const [name, size] of before) if (name.startsWith(key)) store.sizes.set(name, size);
      setTimeout(() => store.sizes.delete(`${key} ${pieceId('w', 0)}`), 20);
    };
    await write(40, true, 100);
    expect(await left()).toEqual(['old', 'older', 'oldest']);
  });

  it('gives up no model for pieces', async () => {
    const { write, left } = await filled();
    await expect(write(80, false)).rejects.toMatchObject({ code: 'storage-quota' });
    expect(await left()).toEqual(['old', 'older', 'oldest']);
  });
});
