// What a second thread gives the default translator, greedy, int8: on a machine that has nothing
// else to do, and beside a program that holds a core. And what there is to gain: two programs with
// one thread each, at once, do so many times the work of one, and two threads cannot do more.
//
//   node bench/threads.mjs [--text FILE]
import { parseArgs } from 'node:util';
import {
  allowRelaxedSimd,
  loadPackage,
  machine,
  median,
  startAgain,
  table,
} from './lib/report.mjs';
import { sentencesOf, timedGreedy } from './lib/sentences.mjs';
import { timesOfTurn } from './lib/timing.mjs';

const { values } = parseArgs({
  options: {
    text: { type: 'string' },
    role: { type: 'string' }, // what the other program is told
  },
});
const counts = [1, 8, 64];
const sentences = sentencesOf(values.text);

if (values.role === 'spin') for (;;); // until it is killed

allowRelaxedSimd();
const { pipeline } = await loadPackage();
const open = (threads) => pipeline('translation', null, { threads });
const roundsOf = (count) => 2 * Math.ceil(480 / (count + 8));
const startOther = (role) => startAgain(...process.argv.slice(2), '--role', role);

/** Translates batches of the size it was told last, one after the other; of 0, none. */
async function translateOnDemand() {
  const translate = await open(1);
  let wanted = 0;
  process.on('message', (count) => (wanted = count));
  process.send('ready');
  for (;;) {
    if (wanted > 0) await timedGreedy(translate, sentences(wanted));
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const turns = 8;
const turn = { milliseconds: 400, settling: 150 };

/** With one thread and with two, in turns: medians, and the median and range of turns' ratios. */
async function compareThreads() {
  const calls = [await open(1), await open(2)];
  const rows = [];
  for (const count of counts) {
    const times = [[], []];
    const ratios = [];
    for (let round = 0; round < turns; round++) {
      const pair = [];
      for (const call of calls) {
        const texts = sentences(count);
        pair.push(await timesOfTurn(() => call(texts, { num_beams: 1 }), turn));
      }
      pair.forEach((list, at) => times[at].push(...list));
      ratios.push(median(pair[0]) / median(pair[1]));
    }
    const [one, two] = times.map(median);
    rows.push([
      count,
      one.toFixed(2),
      two.toFixed(2),
      `${median(ratios).toFixed(2)}x`,
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}x`,
    ]);
  }
  for (const call of calls) await call.dispose();
  console.log(table(['sentences', 'one thread, ms', 'two, ms', 'two threads', 'turns'], rows));
}

/** One program alone and two at once, in turns of some calls. */
async function comparePrograms() {
  const translate = await open(1);
  const other = startOther('translate');
  await new Promise((resolve) => other.once('message', resolve));
  const rows = [];
  for (const count of counts) {
    const times = { alone: [], beside: [] };
    for (let turn = 0; turn < 12; turn++) {
      const name = turn % 2 === 0 ? 'alone' : 'beside';
      other.send(name === 'beside' ? count : 0);
      await timedGreedy(translate, sentences(64)); // until the other one has heard of it
      for (let call = 0; call < Math.ceil(roundsOf(count) / 6); call++) {
        times[name].push(await timedGreedy(translate, sentences(count)));
      }
    }
    const [alone, beside] = [times.alone, times.beside].map(median);
    rows.push([
      count,
      alone.toFixed(2),
      beside.toFixed(2),
      `${((2 * alone) / beside).toFixed(2)}x`,
    ]);
  }
  other.kill();
  await translate.dispose();
  console.log(table(['sentences', 'alone, ms', 'two at once, ms', 'two programs'], rows));
}

if (values.role === 'translate') await translateOnDemand();
console.log(`${machine()}\n\nOne thread and two:\n`);
await compareThreads();
console.log('\nThe same beside a program that never rests:\n');
const spinning = startOther('spin');
await compareThreads();
spinning.kill();
console.log('\nOne program of one thread and two:\n');
await comparePrograms();
