// Memory of the WebAssembly module after loading and working, against the weights in it. The
// module's memory never shrinks, so its size is the peak. Fails over the limit.
//
//   node bench/memory.mjs [MODEL [TASK]]     a folder; by default the default models
//   node bench/memory.mjs --load MODEL [TASK]   only loads it; int8 only
//   node bench/memory.mjs --smollm           a decoder of SmolLM-135M's shape, made on the first
//                                            run (270 MB); generates 32 tokens
import { parseArgs } from 'node:util';
import { ensureMade } from './lib/peers.mjs';
import { loadPackage, table } from './lib/report.mjs';

const { values: flags, positionals } = parseArgs({
  options: {
    load: { type: 'boolean', default: false },
    smollm: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const limit = (packed) => 1.3 * packed + 32 * 2 ** 20;
const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(1);

/** What is measured: the model, its tasks, and in which types. */
function subject() {
  const [model = null, task] = positionals;
  const generation = 'text-generation';
  if (flags.smollm) {
    const made = ensureMade('bench-smollm', 'make_smollm.py');
    return { model: made, tasks: [generation], dtypes: ['int8', 'int4'] };
  }
  const tasks = task ? [task] : model ? ['translation'] : ['translation', 'text-classification'];
  if (flags.load) return { model, tasks, dtypes: ['int8'] };
  return { model, tasks, dtypes: task === generation ? ['int8', 'int4'] : ['int8', 'fp32'] };
}

async function work(task, call) {
  if (task === 'text-generation') {
    const settings = { max_new_tokens: 32, min_new_tokens: 32, do_sample: false };
    return call('The weather is fine today, and the boat', settings);
  }
  return call(
    Array.from({ length: 64 }, (_, i) => 'The weather is fine today. '.repeat(1 + (i % 8))),
  );
}

const { pipeline } = await loadPackage();

async function measure(task, model, dtype, threads) {
  const call = await pipeline(task, model, { dtype, threads });
  const loaded = await call.memoryUse();
  if (!flags.load) await work(task, call);
  const worked = await call.memoryUse();
  const row = [flags.smollm ? 'SmolLM-135M' : call.info.name, dtype, call.variant];
  const sizes = [worked.packed_bytes, loaded.heap_bytes, worked.heap_bytes];
  await call.dispose();
  const most = limit(worked.packed_bytes);
  const good = worked.heap_bytes <= most;
  if (!good) process.exitCode = 1;
  return [...row, ...sizes.map(megabytes), megabytes(most), good ? 'yes' : 'NO'];
}

const { model, tasks, dtypes } = subject();
const rows = [];
for (const task of tasks) {
  for (const dtype of dtypes) {
    for (const threads of [1, 2]) rows.push(await measure(task, model, dtype, threads));
  }
}
console.log('MiB of memory; the peak may be 1.3 x the packed weights and 32 more.\n');
const head = ['model', 'dtype', 'variant', 'packed', 'after load', 'peak', 'limit', 'within'];
console.log(table(head, rows));
