// The weight store: what was loaded once is there, whole, and only as long as it is wanted.
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { env, models, pipeline } from 'dragoman';
import { golden, temporaryFolder } from './support.js';
import { options, ownStore, serveFolder, translateHome, weights } from './model-server.js';
import { sharded } from './shards.js';
import type { ProgressEvent } from 'dragoman';

ownStore();

const marian = golden('marian');
const storeFolder = () => env.cacheDir as string;

/** Paths of stored files whose name contains `part`. */
function stored(part: string): string[] {
  const names = readdirSync(storeFolder(), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.includes(part)).map((name) => join(storeFolder(), name));
}

function spoil(path: string): void {
  const bytes = readFileSync(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe('a model that was loaded once', () => {
  it('is loaded again without any request, to the same results', async () => {
    const server = await serveFolder(marian);
    const first = await translateHome(server.address);
    expect(first).toMatchObject({ text: 'C', cached: false, warnings: [] });
    server.offline = true;
    server.requests.length = 0;
    const second = await translateHome(server.address);
    expect(second).toMatchObject({ text: 'C', cached: true, warnings: [] });
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['without lengths', { lengths: false }],
    ['compressed', { gzip: true }],
    ['without ETags', { etags: false }],
  ])('is stored where it came %s', async (_, manner) => {
    const server = await serveFolder(marian, manner);
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    server.offline = true;
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: true });
  });

  it('is stored once per dtype', async () => {
    const server = await serveFolder(marian);
    await translateHome(server.address, { dtype: 'fp32' });
    expect((await translateHome(server.address, { dtype: 'int8' })).cached).toBe(false);
    server.offline = true;
    expect((await translateHome(server.address, { dtype: 'q8' })).cached).toBe(true);
    expect((await models.list()).map(({ dtype }) => dtype).sort()).toEqual(['fp32', 'int8']);
  });

  it('takes the same memory as before', async () => {
    const server = await serveFolder(marian);
    const use = async () => {
      const translate = await pipeline('translation', server.address, options);
      const { packed_bytes } = await translate.memoryUse();
      await translate.dispose();
      return packed_bytes;
    };
    expect(await use()).toBe(await use());
  });

  it('is nowhere where the store is turned off', async () => {
    env.useFSCache = false;
    onTestFinished(() => void (env.useFSCache = true));
    const server = await serveFolder(marian);
    await translateHome(server.address);
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    expect(readdirSync(storeFolder())).toEqual([]);
  });

  it('is not stored when it lies in a folder', async () => {
    expect(await translateHome(marian)).toMatchObject({ text: 'C', warnings: [] });
    expect(readdirSync(storeFolder())).toEqual([]);
  });

  it('tells of its files and of all together, as on the first load', async () => {
    const server = await serveFolder(marian);
    for (const cached of [undefined, true]) {
      const { events } = await translateHome(server.address);
      const done = events.flatMap((event) => (event.status === 'done' ? [event] : []));
      expect(done.map(({ file }) => file)).toEqual(
        expect.arrayContaining(['config.json', weights, 'vocab.json']),
      );
      expect(new Set(done.map((event) => event.cached))).toEqual(new Set([cached]));
      const last = events.filter((event) => event.status === 'progress_total').at(-1);
      expect(last).toMatchObject({ progress: 100, files: { [weights]: {} } });
      const { total, loaded } = last as ProgressEvent & { total: number; loaded: number };
      expect(loaded).toBe(total);
      expect(events.at(-1)).toMatchObject({ status: 'ready' });
    }
  });
});

describe('the size of all files together', () => {
  const firstTotal = (events: ProgressEvent[]) =>
    events.find((event) => event.status === 'progress_total') as { total: number };
  const bytesIn = (folder: string, names: RegExp) =>
    readdirSync(folder)
      .filter((name) => names.test(name))
      .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

  it('is known from the start where the server tells it', async () => {
    const server = await serveFolder(marian);
    const { events } = await translateHome(server.address);
    expect(firstTotal(events).total).toBe(bytesIn(marian, /^(?!cases)/));
  });

  it('is 0 as long as it is not known', async () => {
    const server = await serveFolder(marian, { lengths: false });
    const { events } = await translateHome(server.address);
    expect(firstTotal(events)).toMatchObject({ total: 0, progress: 0 });
    const last = events.filter((event) => event.status === 'progress_total').at(-1);
    expect(last).toMatchObject({ progress: 100, total: bytesIn(marian, /^(?!cases)/) });
  });

  it('counts all shards of the weights', async () => {
    const folder = sharded();
    const server = await serveFolder(folder);
    const { events, text } = await translateHome(server.address);
    expect(text).toBe('C');
    expect(firstTotal(events).total).toBe(bytesIn(folder, /^(?!cases)/));
    server.offline = true;
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', warnings: [] });
  });
});

describe('what is stored and damaged', () => {
  it.each(['packed', 'config.json', 'vocab.json'])('is fetched again: %s', async (part) => {
    const server = await serveFolder(marian);
    await translateHome(server.address);
    spoil(stored(encodeURIComponent(part))[0] as string);
    const repaired = await translateHome(server.address);
    expect(repaired).toMatchObject({ text: 'C', cached: false, warnings: [] });
    server.offline = true;
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: true });
  });

  it('is written again, and nothing else', async () => {
    const server = await serveFolder(marian);
    await translateHome(server.address);
    const times = () => stored('chunk-').map((path) => [path, statSync(path).ino] as const);
    const before = new Map(times());
    const spoilt = stored(encodeURIComponent('vocab.json'))[0] as string;
    spoil(spoilt);
    await translateHome(server.address);
    for (const [path, inode] of times()) {
      expect(inode === before.get(path), path).toBe(path !== spoilt);
    }
  });

  it('is noticed when it is missing', async () => {
    const server = await serveFolder(marian);
    await translateHome(server.address);
    rmSync(stored('packed')[0] as string);
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
  });

  it('is never used: without a network the load fails and says why', async () => {
    const server = await serveFolder(marian);
    await translateHome(server.address);
    spoil(stored('packed')[0] as string);
    server.offline = true;
    await expect(pipeline('translation', server.address, options)).rejects.toMatchObject({
      code: 'integrity',
      message: expect.stringMatching(/stored copy.*damaged.*could not be fetched/),
    });
    const local = pipeline('translation', server.address, { ...options, local_files_only: true });
    await expect(local).rejects.toMatchObject({ code: 'integrity' });
  });

  it('does not matter where it is the list itself', async () => {
    const server = await serveFolder(marian);
    await translateHome(server.address);
    writeFileSync(stored('manifest.json')[0] as string, '{"format": 1, "key"');
    expect(await models.list()).toEqual([]);
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    expect(await models.list()).toHaveLength(1);
  });

  it.each([
    ['pack_version', 0],
    ['regions', [1, 2, 3]],
  ])('counts as outdated where its %s is another', async (member, value) => {
    const server = await serveFolder(marian);
    await translateHome(server.address);
    const path = stored('manifest.json')[0] as string;
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...manifest, [member]: value }));
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: true });
  });
});

describe('models', () => {
  it('lists what is stored, adds it up, and deletes it', async () => {
    expect(await models.list()).toEqual([]);
    const [one, two] = [await serveFolder(marian), await serveFolder(marian)];
    const start = Date.now();
    await translateHome(one.address);
    await translateHome(two.address);
    const list = await models.list();
    expect(list.map(({ name }) => name)).toEqual([two.address, one.address]);
    const [second] = list;
    expect(second).toMatchObject({
      source: `${two.address}/`,
      key: `${two.address}/#fp32`,
      dtype: 'fp32',
      complete: true,
    });
    expect(second?.created.getTime()).toBeGreaterThanOrEqual(start);
    const onDisk = stored('chunk-').reduce((sum, path) => sum + statSync(path).size, 0);
    expect(await models.size()).toBe(onDisk);
    expect(list.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(onDisk);

    expect(await models.delete(second?.key as string)).toBe(true);
    expect(await models.delete(second?.key as string)).toBe(false);
    expect((await models.list()).map(({ name }) => name)).toEqual([one.address]);
    expect((await translateHome(two.address)).cached).toBe(false);
    await models.clear();
    expect(await models.list()).toEqual([]);
    expect(await models.size()).toBe(0);
    expect((await translateHome(one.address)).cached).toBe(false);
  });

  it('notes the last use', async () => {
    const [one, two] = [await serveFolder(marian), await serveFolder(marian)];
    await translateHome(one.address);
    await translateHome(two.address);
    await translateHome(one.address);
    expect((await models.list()).map(({ name }) => name)).toEqual([one.address, two.address]);
  });

  it('leaves alone what is not ours in the folder', async () => {
    const server = await serveFolder(marian);
    await translateHome(server.address);
    writeFileSync(join(storeFolder(), 'letter.txt'), 'dear');
    await models.clear();
    expect(readdirSync(storeFolder())).toEqual(['letter.txt']);
  });

  it('shows the revision of a model of the hub', async () => {
    const server = await serveFolder(marian);
    const { remoteHost } = env;
    env.remoteHost = server.address;
    onTestFinished(() => void (env.remoteHost = remoteHost));
    await translateHome('owner/name', { revision: 'v1' });
    const source = `${server.address}/owner/name/resolve/v1/`;
    expect(await models.list()).toMatchObject([{ name: 'owner/name', revision: 'v1', source }]);
    // Other revisions are other models.
    expect((await translateHome('owner/name', { revision: 'v2' })).cached).toBe(false);
    const local = { revision: 'v1', local_files_only: true };
    server.offline = true;
    expect(await translateHome('owner/name', local)).toMatchObject({ text: 'C', cached: true });
    await expect(
      pipeline('translation', 'owner/name', { ...options, local_files_only: true }),
    ).rejects.toMatchObject({
      code: 'model-incomplete',
      message: expect.stringContaining('stored copy'),
    });
  });
});

describe('where nothing can be stored', () => {
  it('models are loaded with a warning', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    env.cacheDir = join(file, 'folder');
    const server = await serveFolder(marian);
    const { text, warnings } = await translateHome(server.address);
    expect(text).toBe('C');
    expect(warnings).toEqual([expect.stringMatching(/cannot be stored/)]);
  });

  it.skipIf(process.getuid?.() === 0)('as in folders of others', async () => {
    chmodSync(storeFolder(), 0o500);
    const server = await serveFolder(marian);
    const { text, warnings } = await translateHome(server.address);
    expect(text).toBe('C');
    expect(warnings).toEqual([expect.stringMatching(/cannot be stored.*EACCES/)]);
  });
});
