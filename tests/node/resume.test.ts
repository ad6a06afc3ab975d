// Downloads that break off: in the middle of a page's life, and with its end.
import { spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { env, models, pipeline } from 'dragoman';
import { golden, root } from './support.js';
import {
  largeModel,
  options,
  ownStore,
  serveFolder,
  translateHome,
  weights,
} from './model-server.js';
import type { ServerResponse } from 'node:http';
import type { Manner, ModelServer, Request } from './model-server.js';

ownStore();

const megabyte = 1 << 20;
const storeFolder = () => env.cacheDir as string;

function stored(part: string): string[] {
  const names = readdirSync(storeFolder(), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.includes(part)).map((name) => join(storeFolder(), name));
}

const pieces = () => stored(`chunk-raw%2F${weights}`).filter((path) => !path.endsWith('.tmp'));
const later = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await later(20);
}

/** Sends the beginning of a body and then nothing more. */
function stall(server: ModelServer, bytes: number) {
  return (response: ServerResponse, body: Buffer): boolean => {
    server.sent[weights] = (server.sent[weights] ?? 0) + bytes;
    response.write(body.subarray(0, bytes));
    return true;
  };
}

const weightRequests = ({ requests }: ModelServer): Request[] =>
  requests.filter(({ name }) => name === weights);

/** Loads the model in a program of its own, which is killed when `when` says so. */
async function killedLoad(address: string, when: () => boolean): Promise<void> {
  const script = `
    import { env, pipeline } from ${JSON.stringify(join(root, 'dist/index.js'))};
    env.cacheDir = ${JSON.stringify(storeFolder())};
    await pipeline('translation', ${JSON.stringify(address)}, ${JSON.stringify(options)});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const ended = new Promise((done) => child.on('exit', done));
  await until(when);
  child.kill('SIGKILL');
  await ended;
}

/** A server of a large model, of whose weights a killed program got 3.5 MB. */
async function begun(manner: Manner = {}): Promise<ModelServer> {
  const server = await serveFolder(largeModel(), manner);
  server.manner.intercept = stall(server, 3.5 * megabyte);
  await killedLoad(server.address, () => pieces().length === 3);
  server.manner.intercept = undefined;
  server.requests.length = 0;
  return server;
}

describe('a download whose program was killed', () => {
  it('goes on where it was, with at most one piece fetched twice', async () => {
    const server = await begun();
    const whole = statSync(join(server.folder, weights)).size;
    expect(await models.list()).toMatchObject([{ complete: false, name: server.address }]);
    expect((await models.list())[0]?.bytes).toBeGreaterThanOrEqual(3 * megabyte);

    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    expect(weightRequests(server)).toEqual([
      { name: weights, range: `bytes=${3 * megabyte}-`, ifRange: expect.stringMatching(/^"/) },
    ]);
    expect(server.sent[weights]).toBeLessThanOrEqual(whole + megabyte);
    // Small files were there by then.
    expect(new Set(server.requests.map(({ name }) => name))).not.toContain('config.json');

    expect(pieces()).toEqual([]);
    expect(stored('partial.json')).toEqual([]);
    expect(await models.list()).toMatchObject([{ complete: true }]);
    server.offline = true;
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: true });
  });

  it('tells of what it has', async () => {
    const server = await begun();
    const { events } = await translateHome(server.address);
    const progress = events.flatMap((event) => {
      return event.status === 'progress' && event.file === weights ? [event] : [];
    });
    expect(progress[0]?.total).toBe(statSync(join(server.folder, weights)).size);
    expect(progress.at(-1)).toMatchObject({ progress: 100 });
  });

  it('begins anew where the file is another one by now', async () => {
    const server = await begun();
    cpSync(join(golden('marian'), weights), join(server.folder, weights));
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    // Of one model all files are of one time.
    expect(server.requests.map(({ name }) => name)).toContain('config.json');
    server.offline = true;
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: true });
  });

  it('begins anew where the server gives no ranges', async () => {
    const server = await begun({ ranges: false });
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    expect(weightRequests(server)).toHaveLength(1);
  });

  it('begins anew at a piece that is damaged', async () => {
    const server = await begun();
    const path = pieces().sort()[1] as string;
    const bytes = readFileSync(path);
    bytes[5_000] = (bytes[5_000] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    expect(weightRequests(server).at(-1)?.range).toBe(`bytes=${megabyte}-`);
  });

  it('is not kept where the server cannot continue it', async () => {
    const server = await serveFolder(largeModel(), { etags: false });
    server.manner.intercept = stall(server, 3.5 * megabyte);
    await killedLoad(server.address, () => (server.sent[weights] ?? 0) > 0);
    expect(pieces()).toEqual([]);
    server.manner.intercept = undefined;
    expect(await translateHome(server.address)).toMatchObject({ text: 'C' });
  });

  it('is forgotten a month later, when another model is loaded', async () => {
    await begun();
    const path = stored('partial.json')[0] as string;
    const record = JSON.parse(readFileSync(path, 'utf8')) as { updated: number };
    const other = await serveFolder(golden('marian'));
    await translateHome(other.address);
    expect(pieces()).toHaveLength(3);
    await models.delete((await models.list())[0]?.key as string);
    record.updated -= 32 * 24 * 3_600_000;
    writeFileSync(path, JSON.stringify(record));
    await translateHome(other.address);
    expect(pieces()).toEqual([]);
    expect(await models.list()).toMatchObject([{ name: other.address }]);
  });
});

describe('a connection that breaks', () => {
  /** Breaks off after so many bytes of each answer. */
  const breaking =
    (bytes: number, clean = false) =>
    (response: ServerResponse, body: Buffer) => {
      if (clean) {
        response.removeHeader('Content-Length');
        response.end(body.subarray(0, bytes));
      } else {
        response.write(body.subarray(0, bytes), () => response.destroy());
      }
      return body.length > bytes;
    };

  it('is taken up at once, as often as something arrives', async () => {
    const server = await serveFolder(golden('marian'));
    server.manner.intercept = (response, body) => {
      return body.length > 20_000 && breaking(20_000)(response, body);
    };
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    const ranges = weightRequests(server).map(({ range }) => range);
    expect(ranges.length).toBeGreaterThanOrEqual(5);
    expect(ranges[0]).toBe(undefined);
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=\d+-$/);
    server.offline = true;
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: true });
  });

  it('is taken up through a fetch of one’s own', async () => {
    env.fetch = (url, init) => fetch(url, init);
    onTestFinished(() => void (env.fetch = undefined));
    const server = await serveFolder(golden('marian'));
    let answers = 0;
    server.manner.intercept = (response, body) => {
      if (answers++ > 0) return false;
      response.write(body.subarray(0, 50_000));
      setTimeout(() => response.destroy(), 300);
      return true;
    };
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    expect(weightRequests(server)).toHaveLength(2);
    expect(weightRequests(server)[1]?.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('is an error where it stays broken, and what came is kept', async () => {
    const server = await serveFolder(largeModel());
    let answers = 0;
    server.manner.intercept = (response, body) => {
      if (answers++ === 0) return breaking(2.5 * megabyte)(response, body);
      response.destroy();
      return true;
    };
    await expect(pipeline('translation', server.address, options)).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining(weights),
    });
    expect(answers).toBe(5);
    expect(await models.list()).toMatchObject([{ complete: false }]);
    server.manner.intercept = undefined;
    server.requests.length = 0;
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    expect(weightRequests(server)[0]?.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('is an error at once where the server cannot continue', async () => {
    const server = await serveFolder(golden('marian'), { ranges: false });
    server.manner.intercept = breaking(60_000);
    await expect(pipeline('translation', server.address, options)).rejects.toMatchObject({
      code: 'network',
    });
  });

  it('is noticed when files change in the meantime: all begins anew', async () => {
    const server = await serveFolder(largeModel(2));
    let answers = 0;
    server.manner.intercept = (response, body) => {
      if (answers++ > 0) return false;
      cpSync(join(golden('marian'), weights), join(server.folder, weights));
      return breaking(megabyte)(response, body);
    };
    expect(await translateHome(server.address)).toMatchObject({ text: 'C', cached: false });
    expect(server.requests.filter(({ name }) => name === 'config.json')).toHaveLength(2);
  });
});

describe('a download that cannot be used', () => {
  it('leaves nothing that would spoil the next one', async () => {
    const server = await serveFolder(largeModel(2));
    const good = readFileSync(join(server.folder, weights));
    writeFileSync(join(server.folder, weights), good.subarray(0, good.length - 1000));
    await expect(pipeline('translation', server.address, options)).rejects.toMatchObject({
      code: 'model-format',
    });
    expect(await models.list()).toEqual([]);
    writeFileSync(join(server.folder, weights), good);
    expect(await translateHome(server.address)).toMatchObject({ text: 'C' });
  });

  it('that is aborted goes on later', async () => {
    const server = await serveFolder(largeModel());
    server.manner.intercept = stall(server, 3.5 * megabyte);
    const controller = new AbortController();
    const loading = pipeline('translation', server.address, {
      ...options,
      signal: controller.signal,
    });
    void until(() => pieces().length === 3).then(() => controller.abort());
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
    server.manner.intercept = undefined;
    server.requests.length = 0;
    expect(await translateHome(server.address)).toMatchObject({ text: 'C' });
    expect(weightRequests(server)[0]?.range).toBe(`bytes=${3 * megabyte}-`);
  });
});

describe('two at once', () => {
  it('download once', async () => {
    const server = await serveFolder(largeModel(2));
    const variants = ['simd', 'relaxed'] as const;
    const both = variants.map((variant) => translateHome(server.address, { variant }));
    const outcomes = await Promise.all(both);
    expect(outcomes.map(({ text }) => text)).toEqual(['C', 'C']);
    expect(outcomes.map(({ cached }) => cached).sort()).toEqual([false, true]);
    expect(weightRequests(server)).toHaveLength(1);
    expect(server.requests.filter(({ name }) => name === 'config.json')).toHaveLength(1);
  });

  it('the one that waits can be aborted, and takes over when the other fails', async () => {
    const server = await serveFolder(largeModel());
    server.manner.intercept = stall(server, 2 * megabyte);
    const [first, second] = [new AbortController(), new AbortController()];
    const load = (variant: 'simd' | 'relaxed', { signal }: AbortController) =>
      pipeline('translation', server.address, { ...options, variant, signal });
    const loading = load('simd', first);
    await until(() => weightRequests(server).length === 1);
    const waiting = load('relaxed', second);
    const third = translateHome(server.address, { variant: 'relaxed' });
    await later(1_000);
    second.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(weightRequests(server)).toHaveLength(1);
    server.manner.intercept = undefined;
    first.abort();
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
    expect(await third).toMatchObject({ text: 'C', cached: false });
  });
});
