// Models from a web server, good and bad ones.
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { env, pipeline } from 'dragoman';
import { golden, serve } from './support.js';
import type { ServerResponse } from 'node:http';
import type { ProgressEvent } from 'dragoman';

const options = { dtype: 'fp32', variant: 'simd' } as const;
const weights = 'model.safetensors';

interface Manner {
  /** How a file is sent; by default whole, with its length. */
  send?(response: ServerResponse, path: string, name: string): void;
  /** How a file that is not there is answered. */
  missing?(response: ServerResponse): void;
}

/** Serves the golden model; returns its address and the paths that were asked for. */
async function serveModel({ send, missing }: Manner = {}) {
  const asked: string[] = [];
  const address = await serve((request, response) => {
    const url = request.url ?? '';
    asked.push(url);
    const name = url.split('/').at(-1) ?? '';
    const path = join(golden('marian'), name);
    if (!existsSync(path)) {
      if (missing) missing(response);
      else response.writeHead(404).end();
    } else if (send) {
      send(response, path, name);
    } else {
      response.writeHead(200, { 'Content-Length': statSync(path).size });
      createReadStream(path).pipe(response);
    }
  });
  return { address, asked };
}

async function translateHome(url: string) {
  const events: ProgressEvent[] = [];
  const translate = await pipeline('translation', url, {
    ...options,
    progress_callback: (event) => events.push(event),
  });
  const [result] = await translate('home');
  await translate.dispose();
  return { text: result?.translation_text, events };
}

const totals = (events: ProgressEvent[]) =>
  events.flatMap((event) => {
    return event.status === 'progress' && event.file === weights ? [event.total] : [];
  });

describe('a model is loaded from a server', () => {
  it('that tells the length', async () => {
    const { address, asked } = await serveModel();
    const { text, events } = await translateHome(`${address}/some/model`);
    expect(text).toBe('C');
    expect(new Set(totals(events))).toEqual(new Set([110_068]));
    expect(asked[0]).toBe('/some/model/config.json');
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('that sends in pieces, without a length', async () => {
    const { address } = await serveModel({
      send: (response, path) => void createReadStream(path, { highWaterMark: 999 }).pipe(response),
    });
    const { text, events } = await translateHome(address);
    expect(text).toBe('C');
    expect(totals(events).at(-1)).toBe(110_068);
  });

  it('that compresses', async () => {
    const { address } = await serveModel({
      send: (response, path) => {
        const body = gzipSync(readFileSync(path));
        response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': body.length });
        response.end(body);
      },
    });
    expect((await translateHome(address)).text).toBe('C');
  });

  it('that answers with a page where a file is missing', async () => {
    const { address } = await serveModel({
      missing: (response) =>
        response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>'),
    });
    expect((await translateHome(address)).text).toBe('C');
  });

  it('that is the hub, by its id and revision', async () => {
    const { address, asked } = await serveModel();
    const { remoteHost } = env;
    env.remoteHost = address;
    onTestFinished(() => void (env.remoteHost = remoteHost));
    const translate = await pipeline('translation', 'owner/name', { ...options, revision: 'v1' });
    expect(await translate('home')).toMatchObject([{ translation_text: 'C' }]);
    await translate.dispose();
    expect(asked).toContain(`/owner/name/resolve/v1/${weights}`);
    const local = pipeline('translation', 'owner/name', { ...options, local_files_only: true });
    await expect(local).rejects.toMatchObject({ code: 'model-incomplete' });
  });

  it('through a fetch of one’s own', async () => {
    const { address } = await serveModel();
    const headers: (string | null)[] = [];
    env.fetch = (url, init) => {
      headers.push(String(url));
      return fetch(url, { ...init, headers: { Authorization: 'Bearer x' } });
    };
    onTestFinished(() => void (env.fetch = undefined));
    const { text, events } = await translateHome(address);
    expect(text).toBe('C');
    expect(headers).toContain(`${address}/${weights}`);
    expect(totals(events).at(-1)).toBe(110_068);
  });
});

describe('a load fails', () => {
  const fails = (url: string) =>
    expect(pipeline('translation', url, options)).rejects as unknown as {
      toMatchObject(expected: object): Promise<void>;
    };

  it('where nobody answers', async () => {
    const url = 'http://127.0.0.1:9/model';
    await fails(url).toMatchObject({ code: 'network', message: expect.stringContaining(url) });
  });

  it('where there is nothing', async () => {
    const address = await serve((_, response) => response.writeHead(404).end());
    await fails(address).toMatchObject({
      code: 'model-incomplete',
      message: expect.stringContaining('config.json'),
    });
  });

  it('where the server is in trouble', async () => {
    const { address } = await serveModel({
      send: (response, path, name) => {
        if (name === weights) response.writeHead(503).end();
        else response.end(readFileSync(path));
      },
    });
    await fails(address).toMatchObject({
      code: 'network',
      message: expect.stringMatching(/model\.safetensors.*503/),
    });
  });

  it('where a body ends early', async () => {
    const { address } = await serveModel({
      send: (response, path, name) => {
        const body = readFileSync(path);
        response.writeHead(200, { 'Content-Length': body.length });
        if (name !== weights) return void response.end(body);
        response.write(body.subarray(0, 60_000), () => response.destroy());
      },
    });
    await fails(address).toMatchObject({ code: 'network' });
  });

  it('where a body without length ends early', async () => {
    const { address } = await serveModel({
      send: (response, path, name) => {
        const body = readFileSync(path);
        response.end(name === weights ? body.subarray(0, 60_000) : body);
      },
    });
    await fails(address).toMatchObject({
      code: 'model-format',
      message: expect.stringContaining(weights),
    });
  });

  it('where a fetch of one’s own throws', async () => {
    env.fetch = () => Promise.reject(new Error('no network today'));
    onTestFinished(() => void (env.fetch = undefined));
    await fails('http://127.0.0.1:9/model').toMatchObject({
      code: 'network',
      message: expect.stringContaining('no network today'),
    });
  });

  it('when it is aborted in the middle of a file', async () => {
    const controller = new AbortController();
    const { address } = await serveModel({
      send: (response, path, name) => {
        if (name !== weights) return void response.end(readFileSync(path));
        response.writeHead(200, { 'Content-Length': 110_068 });
        response.write(readFileSync(path).subarray(0, 60_000));
        setTimeout(() => controller.abort(), 50);
      },
    });
    const { signal } = controller;
    const loading = pipeline('translation', address, { ...options, signal });
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
  });
});
