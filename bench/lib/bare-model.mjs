// A model in the WebAssembly module itself, in this thread: what the engine takes without worker,
// messages and JSON. For tasks without weights.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './report.mjs';

const variant = 'simd';
const folder = join(root, 'build/wasm');

function addFile(engine, memory, model, name, bytes) {
  const pointer = engine.allocate(Math.max(1, bytes.length));
  new Uint8Array(memory().buffer, pointer, bytes.length).set(bytes);
  engine.addModelFile(model, name, pointer, bytes.length);
  engine.release(pointer);
}

/**
 * Loads the files of a folder.
 *
 * @returns how many milliseconds that took, and a function that times a request
 */
export async function bareModel(task, path) {
  // The glue expects to be in a worker.
  globalThis.self ??= globalThis;
  globalThis.location ??= { href: pathToFileURL(folder).href };
  const { default: create } = await import(pathToFileURL(join(folder, `${variant}.mjs`)).href);
  let memory;
  const engine = await create({
    instantiateWasm(imports, receive) {
      const module = new WebAssembly.Module(readFileSync(join(folder, `${variant}.wasm`)));
      const instance = new WebAssembly.Instance(module, imports);
      memory = Object.values(instance.exports).find((each) => each instanceof WebAssembly.Memory);
      receive(instance, module);
      return instance.exports;
    },
  });
  engine.configure(1);
  const model = engine.createModel(JSON.stringify({ task, dtype: 'int8', name: path }));
  const began = performance.now();
  const { required, optional } = JSON.parse(engine.modelFileNames(model));
  for (const name of [...required, ...optional]) {
    const file = join(path, name);
    if (existsSync(file)) addFile(engine, () => memory, model, name, readFileSync(file));
  }
  engine.finishModel(model);
  return {
    loaded: performance.now() - began,
    /** Steps alone count: neither reading the request nor writing the answer. */
    run(request) {
      const job = engine.startJob(model, JSON.stringify(request));
      const start = performance.now();
      while (engine.stepJob(job));
      const taken = performance.now() - start;
      engine.cancelJob(job);
      return taken;
    },
    end: () => engine.deleteModel(model),
  };
}
