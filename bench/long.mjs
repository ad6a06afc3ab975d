// Whether many sentences cost as much each as few, and memory stays as it is.
//
//   node bench/long.mjs [--text FILE] [--threads N]
//
// Times are of one call each, of the default translator, greedy, int8.
import { parseArgs } from 'node:util';
import { allowRelaxedSimd, loadPackage, machine, median, table } from './lib/report.mjs';
import { sentencesOf, timedGreedy } from './lib/sentences.mjs';

const { values } = parseArgs({
  options: {
    text: { type: 'string' },
    threads: { type: 'string', default: '1' },
  },
});
allowRelaxedSimd();
const sentences = sentencesOf(values.text);
const { pipeline } = await loadPackage();

/** Milliseconds a sentence and the module's memory, for more and more sentences in one call. */
async function measureCounts(threads) {
  const translate = await pipeline('translation', null, { threads });
  await timedGreedy(translate, sentences(256));
  const rows = [];
  for (const count of [8, 32, 256, 1000, 3000, 10000]) {
    const repeats = Math.max(1, Math.ceil(256 / count));
    const times = [];
    for (let i = 0; i < repeats; i++) times.push(await timedGreedy(translate, sentences(count)));
    const { heap_bytes: heap } = await translate.memoryUse();
    rows.push([count, (median(times) / count).toFixed(3), (heap / 2 ** 20).toFixed(1)]);
  }
  await translate.dispose();
  console.log(table(['sentences', 'ms each', 'MiB of the module'], rows));
}

console.log(`${machine()}\n`);
await measureCounts(Number(values.threads));
