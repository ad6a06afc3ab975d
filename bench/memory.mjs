// Memory of the WebAssembly module after loading and working, against the weights in it. The
// module's memory never shrinks, so its size is the peak. Fails over the limit.
//
//   node bench/memory.mjs [MODEL [TASK]]     a folder; by default the default models
//   node bench/memory.mjs --load MODEL [TASK]   only loads it; int8 only
import { parseArgs } from 'node:util';
import { loadPackage, table } from './lib/report.mjs';

const { values: flags, positionals } = parseArgs({
  options: { load: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const limit = (packed) => 1.3 * packed + 32 * 2 ** 20;
const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(1);

const { pipeline } = await loadPackage();
const [model = null, task] = positionals;
const tasks = task ? [task] : model ? ['translation'] : ['translation', 'text-classification'];

async function measure(name, dtype, threads) {
  const call = await pipeline(name, model, { dtype, threads });
  const loaded = await call.memoryUse();
  if (!flags.load) {
    await call(
      Array.from({ length: 64 }, (_, i) => 'The weather is fine today. '.repeat(1 + (i % 8))),
    );
  }
  const worked = await call.memoryUse();
  const row = [call.info.name, dtype, call.variant];
  const sizes = [worked.packed_bytes, loaded.heap_bytes, worked.heap_bytes];
  await call.dispose();
  const most = limit(worked.packed_bytes);
  const good = worked.heap_bytes <= most;
  if (!good) process.exitCode = 1;
  return [...row, ...sizes.map(megabytes), megabytes(most), good ? 'yes' : 'NO'];
}

const rows = [];
for (const name of tasks) {
  for (const dtype of flags.load ? ['int8'] : ['int8', 'fp32']) {
    for (const threads of [1, 2]) rows.push(await measure(name, dtype, threads));
  }
}
console.log('MiB of memory; the peak may be 1.3 x the packed weights and 32 more.\n');
const head = ['model', 'dtype', 'variant', 'packed', 'after load', 'peak', 'limit', 'within'];
console.log(table(head, rows));
