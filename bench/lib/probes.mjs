// What the machine can do at best through this very WebAssembly module: the roofline that other
// figures are to be read against.
import { Worker } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import { inDist, loadPackage, median } from './report.mjs';

/** A worker of the package, called by hand: probes are not for users. */
class BareWorker {
  #worker;
  #waiting = new Map();
  #last = 0;

  constructor() {
    const url = pathToFileURL(inDist('worker.js'));
    this.#worker = new Worker(url, { workerData: { url: url.href, name: 'bench' } });
    this.#worker.on('message', ({ kind, id, result, error }) => {
      const call = this.#waiting.get(id);
      if (kind === 'result') call?.resolve(result);
      if (kind === 'error') call?.reject(new Error(error.message));
    });
  }

  call(method, params) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ kind: 'call', id, method, params });
    });
  }

  end() {
    return this.#worker.terminate();
  }
}

async function openWorker(variant) {
  const { env } = await loadPackage();
  const worker = new BareWorker();
  const wasmUrl = pathToFileURL(inDist(`wasm/${variant}.wasm`)).href;
  await worker.call('start', { version: env.version, variant, poolPorts: [], wasmUrl });
  return worker;
}

/**
 * Runs probes several times each, on one thread, and takes the best: noise only ever slows.
 *
 * @param requests  {kind, size} as in src/kernels/probe.hpp
 * @returns for each the multiply-adds or bytes in 1e9 a second
 */
export async function probes(variant, requests) {
  const worker = await openWorker(variant);
  const results = [];
  for (const request of requests) {
    let best = 0;
    for (let i = 0; i < 15; i++) {
      const { work, milliseconds } = await worker.call('probe', request);
      best = Math.max(best, work / milliseconds / 1e6);
    }
    results.push(best);
  }
  await worker.end();
  return results;
}

// What a worker does in so many milliseconds of products, one call after the other.
const spell = 60;
async function workOf(worker) {
  let done = 0;
  const end = performance.now() + spell;
  while (performance.now() < end) {
    done += (await worker.call('probe', { kind: 'int8', size: 64 })).work;
  }
  return done;
}

/** How many times the work of one thread two do at the same time: the median of some turns. */
export async function twoCores(variant) {
  const workers = [await openWorker(variant), await openWorker(variant)];
  const both = () => Promise.all(workers.map(workOf));
  await both(); // operands are made, code is compiled
  const ratios = [];
  for (let turn = 0; turn < 5; turn++) {
    const alone = await workOf(workers[0]);
    const [first, second] = await both();
    ratios.push((first + second) / alone);
  }
  for (const worker of workers) await worker.end();
  return median(ratios);
}
