// How much longer the first request takes than later ones, at once after loading and half a second
// later, when the worker has warmed up: each load in a program of its own, or in Chromium in a
// context of its own, which has nothing stored or compiled; median of some loads. After a pause any
// request takes longer than one of many in a row, so that there later ones come after pauses too.
//
//   node bench/first.mjs [--where node|chromium] [--loads N] [--threads N]
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cases, loadOnce } from './lib/first-load.mjs';
import { servePages } from './lib/hosts.mjs';
import {
  allowRelaxedSimd,
  loadPackage,
  machine,
  median,
  root,
  startAgain,
  table,
} from './lib/report.mjs';

const { values } = parseArgs({
  options: {
    where: { type: 'string', default: 'node' },
    loads: { type: 'string', default: '9' },
    threads: { type: 'string', default: '1' },
    case: { type: 'string' }, // what one of the programs does
    pause: { type: 'string' }, // and for how long it waits before that
  },
});
const threads = Number(values.threads);
const pauses = [0, 500];

async function inProgram(at, pause) {
  const program = startAgain('--threads', threads, '--case', at, '--pause', pause);
  const [result] = await once(program, 'message');
  await once(program, 'exit');
  return result;
}

async function inPage({ browser, address }, at, pause) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  const result = await page.evaluate(
    async (given) => {
      const { env, pipeline } = await import('/dist/index.js');
      const first = await import('/bench/lib/first-load.mjs');
      env.allowRemoteModels = false;
      return first.loadOnce(pipeline, first.cases[given.at], given.threads, given.pause);
    },
    { at, threads, pause },
  );
  await context.close();
  return result;
}

async function measure(load) {
  const kinds = pauses.flatMap((pause) => cases.map((_, at) => ({ at, pause, results: [] })));
  for (let i = 0; i < Number(values.loads); i++) {
    for (const { at, pause, results } of kinds) results.push(await load(at, pause));
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
  console.log(table(['request', 'pause, ms', 'load, ms', 'first, ms', 'later, ms', 'ratio'], rows));
}

const heading = (where) =>
  console.log(`${machine()}, ${where}${threads} thread(s), median of ${values.loads} loads\n`);

const places = {
  async node() {
    heading('');
    await measure(inProgram);
  },
  async chromium() {
    const pages = await servePages(join(root, 'models'), join(root, 'bench'));
    heading(`Chromium ${pages.browser.version()}, `);
    await measure((at, pause) => inPage(pages, at, pause));
    await pages.close();
  },
};

if (values.case !== undefined) {
  allowRelaxedSimd();
  const { pipeline } = await loadPackage();
  process.send(await loadOnce(pipeline, cases[values.case], threads, Number(values.pause)));
} else if (Object.hasOwn(places, values.where)) {
  await places[values.where]();
} else {
  throw new Error(`--where ${values.where}: there are ${Object.keys(places).join(', ')}`);
}
