// The weight store in pages: what is fetched once is not fetched again, whatever happened.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPage, openSite, startSite, useBrowser } from './support/setup.js';
import { insecureHost } from './support/browsers.js';
import { isModelPath, root } from './support/site.js';
import type { Tab } from './support/browsers.js';
import type { Site } from './support/site.js';

useBrowser();

const weights = 'model.safetensors';
const folder = join(root, 'models/dragoman-en-fr');
const sizeOf = (name: string) => statSync(join(folder, name)).size;
const weightBytes = sizeOf(weights);
const chunkBytes = 4 << 20;

/** Loads the default translator and uses it. */
function translateIn(tab: Tab) {
  return tab.evaluate(async () => {
    const warnings: string[] = [];
    const pipe = await dragoman.pipeline('translation', null, {
      progress_callback: (event: import('dragoman').ProgressEvent) => {
        if (event.status === 'warning') warnings.push(event.message);
      },
    });
    const [result] = await pipe('Where is the station?');
    await pipe.dispose();
    const stored = await dragoman.models.list();
    return {
      text: result?.translation_text,
      warnings,
      stored: stored.map(({ name, bytes, complete }) => ({ name, bytes, complete })),
    };
  }, null);
}

async function reload(tab: Tab): Promise<void> {
  await tab.reload();
  await tab.evaluate(() => pageReady, null);
}

const sent = (site: Site) => site.modelRequests().reduce((sum, { bytes }) => sum + bytes, 0);

/** Waits until so many bytes of the weights were sent. */
async function untilSent(site: Site, bytes: number): Promise<void> {
  const total = () => site.requestsFor(weights).reduce((sum, entry) => sum + entry.bytes, 0);
  await expect.poll(total, { timeout: 60_000, interval: 20 }).toBeGreaterThan(bytes);
}

describe('a warm load', () => {
  it('needs no network, and gives the same', async () => {
    const { site, tab } = await openSite({ isolated: true });
    const cold = await translateIn(tab);
    expect(cold.text).toMatch(/gare/);
    expect(cold.warnings).toEqual([]);
    expect(cold.stored).toMatchObject([{ name: 'dragoman-en-fr', complete: true }]);
    const { length } = site.modelRequests();
    site.cut = isModelPath;
    await reload(tab);
    expect(await translateIn(tab)).toEqual(cold);
    expect(site.modelRequests().slice(length)).toEqual([]);
  });
});

describe('a page that is reloaded in the middle of a download', () => {
  it('goes on where it was, with at most one chunk fetched twice', async () => {
    const { site, tab } = await openSite();
    site.manner = (path) => (path.endsWith(weights) ? { rate: 4_000_000 } : {});
    await tab.evaluate(() => void dragoman.pipeline('translation').catch(() => {}), null);
    await untilSent(site, 6_000_000);
    await reload(tab);
    site.manner = () => ({});
    expect((await translateIn(tab)).text).toMatch(/gare/);
    const [first, second, ...more] = site.requestsFor(weights);
    expect(first).toMatchObject({ broken: true, range: undefined });
    expect(second).toMatchObject({ status: 206, range: expect.stringMatching(/^bytes=\d+-$/) });
    expect(more).toEqual([]);
    const read = new Set(site.modelRequests().map(({ path }) => path.split('/').at(-1) ?? ''));
    const present = readdirSync(folder).filter((name) => read.has(name));
    const once = present.reduce((sum, name) => sum + sizeOf(name), 0);
    console.log(`fetched twice: ${sent(site) - once} bytes`);
    expect(sent(site) - once).toBeGreaterThanOrEqual(0);
    expect(sent(site) - once).toBeLessThanOrEqual(chunkBytes);
  });

  it('begins anew where the server sends no ranges', async () => {
    const { site, tab } = await openSite();
    const plain = { ranges: false, etag: null };
    site.manner = (path) => (path.endsWith(weights) ? { ...plain, rate: 4_000_000 } : plain);
    await tab.evaluate(() => void dragoman.pipeline('translation').catch(() => {}), null);
    await untilSent(site, 3_000_000);
    await reload(tab);
    site.manner = () => plain;
    expect((await translateIn(tab)).text).toMatch(/gare/);
    expect(site.requestsFor(weights).at(-1)).toMatchObject({ status: 200, bytes: weightBytes });
  });
});

describe('a connection that breaks', () => {
  it('is taken up again where it broke', async () => {
    const { site, tab } = await openSite();
    site.manner = (path) => (path.endsWith(weights) ? { breakAfter: 5_000_000 } : {});
    expect((await translateIn(tab)).text).toMatch(/gare/);
    const [first, second, ...more] = site.requestsFor(weights);
    expect(first).toMatchObject({ status: 200, broken: true });
    expect(second).toMatchObject({ status: 206 });
    expect(more).toEqual([]);
    const twice = (first?.bytes ?? 0) + (second?.bytes ?? 0) - weightBytes;
    expect(twice).toBeLessThanOrEqual(chunkBytes);
  });
});

describe('a model on another origin', () => {
  it.each([
    ['goes on where it broke', 'ETag, Content-Range, Accept-Ranges', 206],
    ['begins anew where it may not read what tells of the file', undefined, 200],
  ])('%s', async (_, exposed, status) => {
    const hub = await startSite({ exposed });
    hub.manner = (path) => (path.endsWith(weights) ? { breakAfter: 5_000_000 } : {});
    const { tab } = await openSite({ isolated: true });
    const load = () =>
      tab.evaluate(async (url) => {
        const pipe = await dragoman.pipeline('translation', url);
        const [result] = await pipe('Where is the station?');
        await pipe.dispose();
        return result?.translation_text;
      }, hub.url('/models/dragoman-en-fr'));
    const first = await load().catch(() => undefined);
    hub.manner = () => ({});
    expect(first ?? (await load())).toMatch(/gare/);
    expect(hub.requestsFor(weights).at(-1)).toMatchObject({ status });
    hub.cut = isModelPath;
    await reload(tab);
    expect(await load()).toMatch(/gare/);
  });
});

/** Changes one byte of the first stored chunk of packed weights. */
function spoilChunk(tab: Tab): Promise<string> {
  return tab.evaluate(async () => {
    const settled = <Result>(request: IDBRequest<Result>) =>
      new Promise<Result>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await settled(indexedDB.open('dragoman'));
    const transaction = database.transaction('chunks', 'readwrite');
    // A transaction that is not complete is undone when its page goes.
    const complete = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const chunks = transaction.objectStore('chunks');
    const keys = (await settled(chunks.getAllKeys())) as [string, string][];
    const key = keys.find(([, id]) => id.startsWith('packed/')) as [string, string];
    const bytes = (await settled(chunks.get(key))) as Uint8Array;
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await settled(chunks.put(bytes, key));
    await complete;
    database.close();
    return key[1];
  }, null);
}

describe('a stored chunk that is damaged', () => {
  it('is never used: it is fetched again and mended', async () => {
    const { site, tab } = await openSite();
    const good = await translateIn(tab);
    expect(await spoilChunk(tab)).toBe('packed/00000');
    const { length } = site.requestsFor(weights);
    await reload(tab);
    expect((await translateIn(tab)).text).toBe(good.text);
    expect(site.requestsFor(weights).length).toBeGreaterThan(length);
    site.cut = isModelPath;
    await reload(tab);
    expect(await translateIn(tab)).toEqual(good);
  });

  it('is an error that says so where it cannot be fetched', async () => {
    const { site, tab } = await openSite();
    await translateIn(tab);
    await spoilChunk(tab);
    site.cut = isModelPath;
    await reload(tab);
    const code = await tab.evaluate(
      () => dragoman.pipeline('translation').catch(({ code }: { code?: string }) => code),
      null,
    );
    expect(code).toBe('integrity');
  });
});

describe('two tabs that load at once', () => {
  it('download once', async () => {
    const site = await startSite();
    site.manner = (path) => (path.endsWith(weights) ? { rate: 4_000_000 } : {});
    const tabs = [await openPage(site), await openPage(site)];
    const results = await Promise.all(tabs.map(translateIn));
    expect(results.map(({ text }) => text)).toEqual([
      expect.stringMatching(/gare/),
      results[0]?.text,
    ]);
    expect(site.requestsFor(weights)).toHaveLength(1);
    expect(sent(site)).toBeLessThan(1.3 * weightBytes);
  });

  it('one of them closed in the middle: the other goes on from there', async () => {
    const site = await startSite();
    site.manner = (path) => (path.endsWith(weights) ? { rate: 4_000_000 } : {});
    const [doomed, other] = [await openPage(site), await openPage(site)];
    await doomed.evaluate(() => void dragoman.pipeline('translation').catch(() => {}), null);
    await untilSent(site, 2_000_000);
    const waiting = translateIn(other);
    await untilSent(site, 5_000_000);
    await doomed.close();
    expect((await waiting).text).toMatch(/gare/);
    const [, second] = site.requestsFor(weights);
    expect(second).toMatchObject({ status: 206 });
  });
});

describe('a worker that died', () => {
  it('is followed by one that has its models from the store', async () => {
    const { site, tab } = await openSite();
    await tab.evaluate(async () => {
      translate = await dragoman.pipeline('translation');
    }, null);
    site.cut = isModelPath;
    const text = await tab.evaluate(async () => {
      const call = translate('Where is it? '.repeat(500)).catch(() => {});
      workers[0]?.terminate();
      workers[0]?.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }));
      await call;
      return (await translate('Where is the station?'))[0]?.translation_text;
    }, null);
    expect(text).toMatch(/gare/);
  });
});

describe('a page that is not served securely', () => {
  it('has its models all the same, and is told that they are not kept', async () => {
    const site = await startSite();
    const tab = await openPage(site, site.url('/page/').replace('127.0.0.1', insecureHost));
    expect(await tab.evaluate(() => isSecureContext, null)).toBe(false);
    for (const loads of [1, 2]) {
      const { text, warnings, stored } = await translateIn(tab);
      expect(text).toMatch(/gare/);
      expect(warnings).toEqual([expect.stringContaining('cannot be stored')]);
      expect(stored).toEqual([]);
      expect(site.requestsFor(weights)).toHaveLength(loads);
    }
  });
});
