// Whether many sentences cost as much each as few, and memory stays as it is; and what two threads
// give while another program holds a core.
//
//   node bench/long.mjs [--text FILE] [--threads N] [--hog]
//
// Sentences are the lines of FILE, or those below, repeated. Times are of one call each, of the
// default translator, greedy, int8.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { allowRelaxedSimd, loadPackage, machine, median, table } from './lib/report.mjs';

const { values } = parseArgs({
  options: {
    text: { type: 'string' },
    threads: { type: 'string', default: '1' },
    hog: { type: 'boolean', default: false },
    spin: { type: 'boolean', default: false }, // what the other program is told
  },
});
allowRelaxedSimd();

const lines = values.text
  ? readFileSync(values.text, 'utf8').split('\n').filter(Boolean)
  : [
      'Where is the station?',
      'I would like a cup of coffee, please.',
      'The children are playing in the garden behind the house.',
      'She said that she would come back tomorrow if the weather was fine.',
      'He reads a newspaper every morning before he goes to work.',
      'Do you know how much this costs?',
    ];
const sentences = (count) => Array.from({ length: count }, (_, i) => lines[i % lines.length]);

const { pipeline } = await loadPackage();

async function timed(call, texts) {
  const start = performance.now();
  await call(texts, { num_beams: 1 });
  return performance.now() - start;
}

/** Milliseconds a sentence and the module's memory, for more and more sentences in one call. */
async function measureCounts(threads) {
  const translate = await pipeline('translation', null, { threads });
  await timed(translate, sentences(256));
  const rows = [];
  for (const count of [8, 32, 256, 1000, 3000, 10000]) {
    const repeats = Math.max(1, Math.ceil(256 / count));
    const times = [];
    for (let i = 0; i < repeats; i++) times.push(await timed(translate, sentences(count)));
    const { heap_bytes: heap } = await translate.memoryUse();
    rows.push([count, (median(times) / count).toFixed(3), (heap / 2 ** 20).toFixed(1)]);
  }
  await translate.dispose();
  console.log(table(['sentences', 'ms each', 'MiB of the module'], rows));
}

/** Medians of one sentence and a batch of 64, in turns, with one thread and with two. */
async function measureHog() {
  const calls = [];
  for (const threads of [1, 2]) calls.push(await pipeline('translation', null, { threads }));
  const rows = [];
  for (const count of [1, 8, 64]) {
    const times = [[], []];
    for (let round = 0; round < Math.ceil(480 / (count + 8)); round++) {
      for (const at of [0, 1]) times[at].push(await timed(calls[at], sentences(count)));
    }
    const [one, two] = times.map(median);
    rows.push([count, one.toFixed(2), two.toFixed(2), `${(one / two).toFixed(2)}x`]);
  }
  for (const call of calls) await call.dispose();
  console.log(table(['sentences', 'one thread, ms', 'two, ms', 'two threads'], rows));
}

if (values.spin) {
  for (;;); // until it is killed
}
console.log(`${machine()}\n`);
if (values.hog) {
  console.log('Alone:\n');
  await measureHog();
  const other = fork(fileURLToPath(import.meta.url), ['--spin']);
  console.log('\nBeside a program that never rests:\n');
  await measureHog();
  other.kill();
} else {
  await measureCounts(Number(values.threads));
}
