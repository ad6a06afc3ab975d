// Where contenders run: a process of Node, or a page of Chromium, each kept warm, one contender in
// each. All of them take the same calls.
import { fork } from 'node:child_process';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { findBrowser } from '../../tools/lib/browsers.mjs';
import { root } from './report.mjs';

const types = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** A contender in Node. @param program  the Node to run */
export async function nodeHost(program, options) {
  const flags = program === process.execPath ? ['--experimental-wasm-relaxed-simd'] : [];
  const child = fork(join(root, 'bench/peers/child.mjs'), {
    execPath: program,
    execArgv: process.version.startsWith('v20.') ? flags : [],
  });
  const waiting = new Map();
  let last = 0;
  child.on('message', ([id, error, result]) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(result);
  });
  child.on('exit', (status) => {
    for (const { reject } of waiting.values()) reject(new Error(`a process ended: ${status}`));
  });
  const call = (...message) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      child.send([last, ...message]);
    });
  const started = await call('start', { ...options, at: pathToFileURL(options.folder).href });
  return { ...started, call, end: () => child.kill() };
}

/** Serves the tree, the models and the peers to pages that are isolated. */
export async function servePages(models, peers) {
  const folders = { bench: join(root, 'bench'), dist: join(root, 'dist'), models, peers };
  const headers = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
  const server = createServer(({ url }, response) => {
    const [, folder, ...rest] = new URL(url, 'http://localhost').pathname.split('/');
    if (folder === '') {
      response.writeHead(200, { ...headers, 'content-type': 'text/html' });
      response.end('<!doctype html><title>bench</title>');
      return;
    }
    const path = join(folders[folder] ?? '', ...rest);
    if (!(folder in folders) || !existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end();
      return;
    }
    const type = types[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { ...headers, 'content-type': type });
    createReadStream(path).pipe(response);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const browser = await chromium.launch({
    executablePath: findBrowser('chromium'),
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const address = `http://127.0.0.1:${server.address().port}`;
  const close = async () => {
    await browser.close();
    server.close();
  };
  return { browser, address, close };
}

/** A contender in a page of its own. */
export async function pageHost({ browser, address }, options) {
  const page = await browser.newPage();
  await page.goto(address);
  const started = await page.evaluate(
    async (given) => {
      const { start } = await import('/bench/peers/runner.mjs');
      const read = async (name) => {
        const response = await fetch(`/models/${name}`);
        return new Uint8Array(await response.arrayBuffer());
      };
      const runner = await start({ ...given, node: false, read });
      globalThis.runner = runner;
      return { loaded: runner.loaded, info: runner.info };
    },
    { ...options, at: `${address}/${options.folder}` },
  );
  const call = (method, ...values) =>
    page.evaluate(([name, list]) => globalThis.runner[name](...list), [method, values]);
  return { ...started, call, end: () => page.close() };
}
