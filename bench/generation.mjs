// Tokens a second of GPT-2 with 124 million random parameters, beside wllama (llama.cpp) on the
// same GGUF files, in one interleaved run in Chromium; and how the cost of a token grows.
//
//   node bench/generation.mjs [--threads 1,2] [--rounds N] [--tokens N] [--lengths 128,1024,4064]
//                             [--where chromium,node] [--models FOLDER]
//
// Dragoman computes Q8_0 as int8 and Q4_0 as int4. A round asks each contender for one token and
// for N more after a prompt of some 96: the difference is the cost of N tokens at a context of 128.
// Files (240 MB) are made, and peers installed, on the first run; the package must be built.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { asCommand, UserError } from '../tools/lib/run.mjs';
import { servePages } from './lib/hosts.mjs';
import { ensureMade, ensurePeers } from './lib/peers.mjs';
import { probes } from './lib/probes.mjs';
import { allowRelaxedSimd, inDist, loadPackage, machine, median, table } from './lib/report.mjs';

const { values: flags } = parseArgs({
  options: {
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '5' },
    tokens: { type: 'string', default: '64' },
    lengths: { type: 'string', default: '128,1024,2048,4064' },
    where: { type: 'string', default: 'chromium,node' },
    models: { type: 'string' },
  },
});
const rounds = Number(flags.rounds);
const tokens = Number(flags.tokens);
const kinds = [
  { dtype: 'int8', file: 'gpt2-q8_0.gguf' },
  { dtype: 'int4', file: 'gpt2-q4_0.gguf' },
];

/** A text of so many tokens: a space and a letter are one. */
function promptOf(count) {
  const letter = (_, i) => ` ${String.fromCharCode(97 + ((i * i * 7 + i * 3) % 26))}`;
  return Array.from({ length: count }, letter).join('');
}

// In a page: opens a contender, whose generate(prompt, count) gives milliseconds.
async function openInPage({ contender, dtype, file, threads, context }) {
  const url = `${location.origin}/models/${file}`;
  const open = {
    dragoman: async () => {
      const { pipeline, env } = await import('/dist/index.js');
      env.useBrowserCache = false;
      const generate = await pipeline('text-generation', url, { dtype, threads });
      return async (prompt, count) => {
        const given = { max_new_tokens: count, min_new_tokens: count, do_sample: false };
        await generate(prompt, given);
      };
    },
    wllama: async () => {
      const at = '/peers/node_modules/@wllama/wllama/esm';
      const { Wllama } = await import(`${at}/index.js`);
      const llama = new Wllama({ default: `${at}/wasm/wllama.wasm` }, { suppressNativeLog: true });
      const blob = await (await fetch(url)).blob();
      const settings = { n_ctx: context, n_threads: threads, n_gpu_layers: 0 };
      await llama.loadModel([blob], settings);
      return async (prompt, count) => {
        const { usage } = await llama.createCompletion({
          prompt,
          max_tokens: count,
          temperature: 0,
        });
        const made = usage?.completion_tokens ?? count;
        if (made !== count) throw new Error(`wllama made ${made} tokens, not ${count}`);
      };
    },
  };
  const run = await open[contender]();
  globalThis.generate = async (prompt, count) => {
    const start = performance.now();
    await run(prompt, count);
    return performance.now() - start;
  };
}

async function openPage(pages, options) {
  const page = await pages.browser.newPage();
  page.on('pageerror', (error) => console.error(`${options.contender}: ${error.message}`));
  await page.goto(pages.address);
  await page.evaluate(openInPage, options);
  const generate = (...given) => page.evaluate((list) => globalThis.generate(...list), given);
  return { generate, close: () => page.close() };
}

/** The middle time between two tokens of one call, after a prompt of so many. */
async function growing(call, length) {
  const times = [];
  const callback_function = () => times.push(performance.now());
  await call(promptOf(length - 32), { max_new_tokens: 33, min_new_tokens: 33, callback_function });
  return median(times.slice(1).map((time, i) => time - times[i]));
}

/** Milliseconds of a token after a prompt, the median of the rounds, for contenders in turns. */
async function measure(contenders, length, count) {
  const prompt = promptOf(length);
  const times = contenders.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, { generate }] of contenders.entries()) {
      const first = await generate(prompt, 1);
      const all = await generate(prompt, 1 + count);
      if (round >= 0) times[i].push((all - first) / count);
    }
  }
  return times.map(median);
}

async function besides(pages, threads) {
  const rows = [];
  for (const { dtype, file } of kinds) {
    const options = { dtype, file, threads, context: 512 };
    const own = await openPage(pages, { ...options, contender: 'dragoman' });
    const peer = await openPage(pages, { ...options, contender: 'wllama' });
    const [ours, theirs] = await measure([own, peer], 96, tokens);
    await own.close();
    await peer.close();
    const speeds = [ours, theirs].map((milliseconds) => (1000 / milliseconds).toFixed(1));
    rows.push([dtype, file, threads, ...speeds, (theirs / ours).toFixed(2)]);
    console.error(rows.at(-1).join('  '));
  }
  return rows;
}

async function inNode(models, threads) {
  const { pipeline } = await loadPackage();
  const rows = [];
  for (const { dtype, file } of kinds) {
    const call = await pipeline('text-generation', join(models, file), { dtype, threads });
    await growing(call, 64);
    for (const length of flags.lengths.split(',').map(Number)) {
      rows.push([dtype, threads, length, (await growing(call, length)).toFixed(2)]);
      console.error(rows.at(-1).join('  '));
    }
    await call.dispose();
  }
  return rows;
}

await asCommand(async () => {
  allowRelaxedSimd();
  if (!existsSync(inDist('index.js'))) throw new UserError('run npm run build first.');
  const models = flags.models ?? ensureMade('bench-gpt2-gguf', 'make_gpt2_gguf.py');
  const threads = flags.threads.split(',').map(Number);
  console.log(machine());
  const requests = [
    { kind: 'int8', size: 64 },
    { kind: 'read', size: 256 },
  ];
  const [int8, read] = await probes('relaxed', requests);
  console.log(`probes: int8 ${int8.toFixed(1)} GMAC/s, read ${read.toFixed(1)} GB/s\n`);
  if (flags.where.includes('chromium')) {
    const pages = await servePages(models, ensurePeers());
    console.log(`Chromium ${pages.browser.version()}: tokens a second at a context of 128`);
    const rows = [];
    for (const count of threads) rows.push(...(await besides(pages, count)));
    const head = ['dtype', 'file', 'threads', 'Dragoman', 'wllama', 'ratio'];
    console.log(`${table(head, rows)}\n`);
    await pages.close();
  }
  if (!flags.where.includes('node')) return;
  console.log(`Node ${process.version}: milliseconds of a token`);
  const rows = [];
  for (const count of threads) rows.push(...(await inNode(models, count)));
  console.log(table(['dtype', 'threads', 'context', 'ms'], rows));
});
