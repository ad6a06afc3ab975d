// How much longer the first request takes than later ones: each load in a program of its own,
// median of some loads.
//
//   node bench/first.mjs [--loads N] [--threads N]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { allowRelaxedSimd, loadPackage, machine, median, table } from './lib/report.mjs';

const { values } = parseArgs({
  options: {
    loads: { type: 'string', default: '9' },
    threads: { type: 'string', default: '1' },
    case: { type: 'string' }, // what one of the programs does
  },
});
// Some 16 tokens.
const text = 'The weather is fine today, and all the children play outside.';
const cases = [
  { name: 'classify', task: 'text-classification', options: {} },
  { name: 'translate, beams', task: 'translation', options: {} },
  { name: 'translate, greedy', task: 'translation', options: { num_beams: 1 } },
];

/** Milliseconds of loading, of the first request, and of later ones. */
async function loadOnce({ task, options }) {
  allowRelaxedSimd();
  const { pipeline } = await loadPackage();
  const times = [performance.now()];
  const call = await pipeline(task, null, { threads: Number(values.threads) });
  times.push(performance.now());
  for (let i = 0; i < 40; i++) {
    await call(text, options);
    times.push(performance.now());
  }
  await call.dispose();
  const [load, first, ...rest] = times.slice(1).map((time, i) => time - times[i]);
  return { load, first, later: median(rest) };
}

if (values.case !== undefined) {
  process.send(await loadOnce(cases[Number(values.case)]));
} else {
  console.log(`${machine()}, ${values.threads} thread(s), median of ${values.loads} loads\n`);
  const loads = cases.map(() => []);
  for (let i = 0; i < Number(values.loads); i++) {
    for (const at of cases.keys()) {
      const args = ['--threads', values.threads, '--case', String(at)];
      const program = fork(fileURLToPath(import.meta.url), args);
      const [result] = await once(program, 'message');
      await once(program, 'exit');
      loads[at].push(result);
    }
  }
  const rows = cases.map(({ name }, at) => {
    const of = (key) => median(loads[at].map((result) => result[key]));
    const ratio = median(loads[at].map(({ first, later }) => first / later));
    return [
      name,
      of('load').toFixed(0),
      of('first').toFixed(1),
      of('later').toFixed(1),
      `${ratio.toFixed(2)}x`,
    ];
  });
  console.log(table(['request', 'load, ms', 'first, ms', 'later, ms', 'ratio'], rows));
}
