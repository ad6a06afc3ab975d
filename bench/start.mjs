// Time from opening a page to the first token of a translation, in Chromium, with its parts: cold
// (empty store) once, then warm (weights from IndexedDB) as the median of many page loads.
//
//   node bench/start.mjs [--runs N] [--model M] [--plain]
//
// --plain: a page that is not isolated, hence one thread. Needs the package built and Chromium
// (CHROMIUM_PATH, or `chromium` on PATH).
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { machine, median, root, table } from './lib/report.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    model: { type: 'string', default: 'dragoman-en-fr' },
    plain: { type: 'boolean', default: false },
  },
});

const types = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

// What the page does; its clock starts with the navigation.
const html = `<!doctype html><title>start</title><script type="module">
const { pipeline } = await import('/dist/index.js');
const imported = performance.now();
let engine, files;
const translate = await pipeline('translation', ${JSON.stringify(values.model)}, {
  progress_callback: ({ status }) => {
    engine ??= performance.now();
    if (status === 'done') files = performance.now();
  },
});
const ready = performance.now();
let first;
for await (const { translation_text } of translate.stream('Where is the station?')) {
  if (translation_text !== '') first ??= performance.now();
}
const { variant, threads } = translate;
globalThis.times = { imported, engine, files, ready, first, variant, threads };
</script>`;

const isolation = values.plain
  ? {}
  : { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

const server = createServer(({ url }, response) => {
  const { pathname } = new URL(url, 'http://localhost');
  if (pathname === '/') {
    response.writeHead(200, { ...isolation, 'content-type': 'text/html' }).end(html);
    return;
  }
  const path = join(root, pathname);
  if (!existsSync(path)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    ...isolation,
    'content-type': types[extname(path)] ?? 'application/octet-stream',
    'content-length': statSync(path).size,
    // As a host serves files whose names hold a hash.
    'cache-control': 'public, max-age=31536000, immutable',
  });
  createReadStream(path).pipe(response);
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const address = `http://127.0.0.1:${server.address().port}/`;

const profile = mkdtempSync(join(tmpdir(), 'dragoman-start-'));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});

async function load() {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(address);
  const times = await (await page.waitForFunction(() => globalThis.times)).jsonValue();
  await page.close();
  return times;
}

try {
  const cold = await load();
  // The next load may still overlap the writing of the store.
  await new Promise((done) => setTimeout(done, 1000));
  const warm = [];
  for (let i = 0; i < Number(values.runs); i++) warm.push(await load());
  const parts = [
    ['page and import', (times) => times.imported],
    ['worker, WebAssembly, threads', (times) => times.engine - times.imported],
    ['files and weights', (times) => times.files - times.engine],
    ['tokenizer, ready', (times) => times.ready - times.files],
    ['first token', (times) => times.first - times.ready],
    ['**page load to first token**', (times) => times.first],
  ];
  console.log(`${machine()}; Chromium ${browser.browser()?.version() ?? ''}`);
  console.log(
    `${values.model}, ${cold.variant}, threads: ${cold.threads}; warm: ${warm.length} runs\n`,
  );
  const rows = parts.map(([name, part]) => {
    const times = warm.map(part);
    return [name, median(times), Math.min(...times), Math.max(...times), part(cold)].map((value) =>
      typeof value === 'number' ? value.toFixed(0) : value,
    );
  });
  console.log(table(['milliseconds', 'warm, median', 'least', 'most', 'cold'], rows));
} finally {
  await browser.close();
  server.close();
  rmSync(profile, { recursive: true, force: true });
}
