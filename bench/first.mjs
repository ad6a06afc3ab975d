// How much longer the first request takes than later ones, at once after loading and half a second
// later, when the worker has warmed up: each load in a program of its own, median of some loads.
// After a pause any request takes longer than one of many in a row, so that there later ones come
// after pauses too.
//
//   node bench/first.mjs [--loads N] [--threads N]
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import {
  allowRelaxedSimd,
  loadPackage,
  machine,
  median,
  startAgain,
  table,
} from './lib/report.mjs';

const { values } = parseArgs({
  options: {
    loads: { type: 'string', default: '9' },
    threads: { type: 'string', default: '1' },
    case: { type: 'string' }, // what one of the programs does
    pause: { type: 'string' }, // and for how long it waits before that
  },
});
// Some 16 tokens.
const text = 'The weather is fine today, and all the children play outside.';
const cases = [
  { name: 'classify', task: 'text-classification', options: {} },
  { name: 'translate, beams', task: 'translation', options: {} },
  { name: 'translate, greedy', task: 'translation', options: { num_beams: 1 } },
];
const pauses = [0, 500];

/** Milliseconds of loading, of the first request, and of later ones. */
async function loadOnce({ task, options }, pause) {
  allowRelaxedSimd();
  const { pipeline } = await loadPackage();
  const timed = async (work) => {
    const start = performance.now();
    return [await work(), performance.now() - start];
  };
  const [call, load] = await timed(() => pipeline(task, null, { threads: +values.threads }));
  const requests = async (count, before) => {
    const times = [];
    for (let i = 0; i < count; i++) {
      if (before > 0) await new Promise((resolve) => setTimeout(resolve, before));
      times.push((await timed(() => call(text, options)))[1]);
    }
    return times;
  };
  const [first] = await requests(1, pause);
  const inARow = await requests(30, 0);
  const later = pause > 0 ? await requests(9, pause) : inARow;
  await call.dispose();
  return { load, first, later: median(later) };
}

if (values.case !== undefined) {
  process.send(await loadOnce(cases[values.case], Number(values.pause)));
} else {
  console.log(`${machine()}, ${values.threads} thread(s), median of ${values.loads} loads\n`);
  const kinds = pauses.flatMap((pause) => cases.map((_, at) => ({ at, pause, results: [] })));
  for (let i = 0; i < Number(values.loads); i++) {
    for (const { at, pause, results } of kinds) {
      const program = startAgain('--threads', values.threads, '--case', at, '--pause', pause);
      const [result] = await once(program, 'message');
      await once(program, 'exit');
      results.push(result);
    }
  }
  const rows = kinds.map(({ at, pause, results }) => {
    const of = (key) => median(results.map((result) => result[key]));
    const ratio = median(results.map(({ first, later }) => first / later));
    return [
      cases[at].name,
      pause,
      of('load').toFixed(0),
      of('first').toFixed(1),
      of('later').toFixed(1),
      `${ratio.toFixed(2)}x`,
    ];
  });
  const head = ['request', 'pause, ms', 'load, ms', 'first, ms', 'later, ms', 'ratio'];
  console.log(table(head, rows));
}
