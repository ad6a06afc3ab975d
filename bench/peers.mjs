// Speed beside onnxruntime-web and Bergamot on the same weights, in one interleaved run.
//
//   npm run bench -- [--only minilm,marian,default,student] [--where node,node24,chromium]
//                    [--rounds N] [--results FILE] [--check] [--write]
//
// Contenders of a case take turns, round after round, each in a warm process or page of its own.
// Results are added to FILE (build/bench/results.json); tables come from all that is in it.
// --check compares fp32 logits and tokens instead. --write puts tables and plot into docs/.
// Peers and models (1.5 GB) are installed and made on the first run; the package must be built.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { asCommand, capture, UserError } from '../tools/lib/run.mjs';
import { groupsOf, modelNames } from './lib/cases.mjs';
import { checkAgreement } from './lib/agreement.mjs';
import { nodeHost, pageHost, servePages } from './lib/hosts.mjs';
import { contenders, ensureModels, ensurePeers } from './lib/peers.mjs';
import { inDist, machine, root } from './lib/report.mjs';
import { merged, report, writeDocs } from './lib/peer-report.mjs';

const list = (text, known, what) => {
  const names = text.split(',');
  const odd = names.find((name) => !known.includes(name));
  if (odd !== undefined) throw new UserError(`no ${what} ${odd}; there are ${known.join(', ')}.`);
  return names;
};

const text = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({
  options: {
    only: text(modelNames.join(',')),
    where: text('node,node24,chromium'),
    rounds: text('7'),
    results: text(join(root, 'build/bench/results.json')),
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const nodeOf = (peers) => join(peers, 'node_modules/node/bin/node');

/** How contenders are opened in one place. */
async function placeOf(where, models, peers) {
  if (where === 'chromium') {
    const pages = await servePages(models, peers);
    const open = (name, group) => {
      const { peer, package: folder } = contenders[name];
      const at = folder ? `peers/node_modules/${folder}` : 'dist';
      return pageHost(pages, { ...group, peer, models, folder: at });
    };
    return { open, version: `Chromium ${pages.browser.version()}`, close: pages.close };
  }
  const program = where === 'node24' ? nodeOf(peers) : process.execPath;
  const open = (name, group) => {
    const { peer, package: folder } = contenders[name];
    const at = folder ? join(peers, 'node_modules', folder) : inDist('.');
    return nodeHost(program, { ...group, peer, models, folder: at });
  };
  const version = where === 'node24' ? 'Node 24' : `Node ${process.versions.node}`;
  return { open, version, close: async () => {} };
}

// Threads of the contender before spin for a while; then they leave the processors to the next.
const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

async function measureGroup(place, group, where, rounds) {
  const { cases, contenders: names, ...options } = group;
  const hosts = {};
  for (const name of names) hosts[name] = await place.open(name, options);
  const turns = cases.flatMap(({ name, times, what, only }) =>
    Object.keys(hosts)
      .filter((contender) => only === undefined || only === contender)
      .map((contender) => ({ case: name, times, what, contender, ms: [] })),
  );
  for (let round = -1; round < rounds; round++) {
    for (const turn of turns) {
      await pause();
      const host = hosts[turn.contender];
      if (round < 0) turn.first = await host.call('first', turn.what);
      else turn.ms.push(...(await host.call('time', turn.what, turn.times)));
    }
  }
  const variant = hosts.dragoman.info.variant;
  for (const host of Object.values(hosts)) await host.end();
  return turns.map(({ contender, case: name, ms, first }) => {
    const key = { where, version: place.version, ...options, case: name, contender };
    return { ...key, variant, first, ms };
  });
}

// In the Node of the peers: an older one has other instructions.
function probe(peers, ...options) {
  const output = capture(nodeOf(peers), [join(root, 'bench/probe.mjs'), ...options]);
  if (output === undefined) throw new UserError('bench/probe.mjs failed.');
  return JSON.parse(output);
}

async function measure(models, peers, inputs) {
  const known = ['node', 'node24', 'chromium'];
  for (const where of list(values.where, known, 'place')) {
    const place = await placeOf(where, models, peers);
    try {
      for (const model of list(values.only, modelNames, 'model')) {
        for (const group of groupsOf(model, inputs)) {
          console.error(`${where}: ${model}, ${group.dtype}, ${group.threads} threads`);
          const { cores } = probe(peers, '--cores');
          save(await measureGroup(place, { ...group, cores }, where, Number(values.rounds)));
        }
      }
    } finally {
      await place.close();
    }
  }
}

const stored = () =>
  existsSync(values.results)
    ? JSON.parse(readFileSync(values.results, 'utf8'))
    : { machine: machine(), rows: [] };

function save(rows, more = {}) {
  mkdirSync(dirname(values.results), { recursive: true });
  const before = stored();
  const after = { ...before, ...more, rows: merged(before.rows, rows) };
  writeFileSync(values.results, `${JSON.stringify(after, null, 1)}\n`);
}

await asCommand(async () => {
  if (!existsSync(inDist('index.js'))) throw new UserError('run npm run build first.');
  if (values.write) {
    console.log(
      `wrote ${writeDocs(stored())
        .map((path) => relative(root, path))
        .join(', ')}`,
    );
    return;
  }
  const [peers, models] = [ensurePeers(), ensureModels()];
  const inputs = JSON.parse(readFileSync(join(models, 'inputs.json'), 'utf8'));
  const place = values.check ? await placeOf('node24', models, peers) : undefined;
  if (place) {
    console.log(await checkAgreement(place, inputs, models));
    return;
  }
  await measure(models, peers, inputs);
  save([], { probe: probe(peers) });
  console.log(report(stored()));
});
