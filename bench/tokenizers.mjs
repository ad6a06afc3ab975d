// Speed of tokenizers beside @huggingface/tokenizers, the JavaScript under transformers.js: MB of
// UTF-8 a second, one thread, in one interleaved run.
//
//   node bench/tokenizers.mjs [--data FOLDER] [--tokenizers FOLDER] [--rounds N]
//
// --data is a folder of texts (.txt or .txt.gz, a line each; English is the file with ".en." in
// its name), --tokenizers one that holds qwen2/; without them texts are made and a tokenizer is
// trained (bench/tokenizers/make.py). The package must be built; peer and files go to the cache
// folder.
//
// "package" is a call of AutoTokenizer's: all lines at once, to the worker and back, ids and masks
// as arrays. "core" is the same request inside the worker's module, without JSON and messages. The
// peer encodes line after line; it gives ids, tokens and a mask, but no offsets.
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureEntry, entryPath } from '../tools/lib/cache.mjs';
import { asCommand, run, UserError } from '../tools/lib/run.mjs';
import { bareModel } from './lib/bare-model.mjs';
import { inDist, loadPackage, machine, median, root, table } from './lib/report.mjs';

const text = { type: 'string' };
const { values } = parseArgs({
  options: { data: text, tokenizers: text, rounds: { ...text, default: '9' } },
});
const own = (name) => join(root, 'bench/tokenizers', name);
const kinds = {
  'word-piece': 'WordPiece',
  'byte-level': 'byte-level BPE',
  unigram: 'Unigram',
};
const sample = 200; // lines whose ids are compared with the peer's

function ensurePeer() {
  const folder = entryPath('tokenizer-peer', readFileSync(own('package.json'), 'utf8'));
  ensureEntry(folder, (partial) => {
    copyFileSync(own('package.json'), join(partial, 'package.json'));
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--no-update-notifier'];
    run('npm', ['install', ...quiet], { cwd: partial });
  });
  const module = 'node_modules/@huggingface/tokenizers/dist/tokenizers.mjs';
  return import(pathToFileURL(join(folder, module)).href);
}

function ensureFiles() {
  const given = [values.data, values.tokenizers].map((path) => (path ? resolve(path) : ''));
  const recipe = [readFileSync(own('make.py'), 'utf8'), ...given];
  const folder = entryPath('bench-tokenizers', recipe);
  ensureEntry(folder, (partial) => run('python3', [own('make.py'), partial, ...given]));
  return folder;
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** The contenders for one tokenizer: each takes lines and tells how long it took. */
async function contenders(folder, { AutoTokenizer }, { Tokenizer }) {
  const [ours, core] = [
    await AutoTokenizer.from_pretrained(`${folder}/`, { threads: 1 }),
    await bareModel('tokenizer', folder),
  ];
  const files = ['tokenizer.json', 'tokenizer_config.json'].map((name) => join(folder, name));
  const peerBegan = performance.now();
  const peer = new Tokenizer(...files.map(readJson));
  const loads = { core: core.loaded, peer: performance.now() - peerBegan };
  const timed = async (work) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const encode = (lines) => ours(lines);
  const run = {
    package: (lines) => timed(() => encode(lines)),
    core: (lines) => core.run({ inputs: lines, options: {} }),
    peer: (lines) => timed(() => lines.map((line) => peer.encode(line))),
  };
  const differing = async (lines) => {
    const { input_ids: ids } = await encode(lines);
    return lines.filter((line, i) => String(peer.encode(line).ids) !== String(ids[i])).length;
  };
  return { run, loads, differing, end: () => Promise.all([ours.dispose(), core.end()]) };
}

async function measure(run, lines, rounds) {
  const bytes = Buffer.byteLength(lines.join(''));
  const speeds = Object.fromEntries(Object.keys(run).map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, work] of Object.entries(run)) {
      const ms = await work(lines);
      if (round >= 0) speeds[name].push(bytes / ms / 1e3);
    }
  }
  return { bytes, speeds };
}

await asCommand(async () => {
  if (!existsSync(inDist('index.js'))) throw new UserError('run npm run build first.');
  const [files, peer, own] = [ensureFiles(), await ensurePeer(), await loadPackage()];
  own.env.cacheDir = join(files, '.store');
  const texts = readJson(join(files, 'texts.json'));
  const rows = [];
  const loadRows = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const { run, loads, differing, end } = await contenders(join(files, name), own, peer);
    const tokens = Object.keys(readJson(join(files, name, 'tokenizer.json')).model.vocab).length;
    loadRows.push([kind, tokens, loads.core.toFixed(0), loads.peer.toFixed(0)]);
    for (const [what, lines] of Object.entries(texts)) {
      const { bytes, speeds } = await measure(run, lines, Number(values.rounds));
      const shown = (all) => `${median(all).toFixed(1)} (${Math.max(...all).toFixed(1)})`;
      const ratio = (median(speeds.package) / median(speeds.peer)).toFixed(1);
      const cells = [speeds.package, speeds.core, speeds.peer].map(shown);
      const odd = await differing(lines.slice(0, sample));
      rows.push([kind, what, (bytes / 1e6).toFixed(2), ...cells, `${ratio}x`, `${odd}/${sample}`]);
    }
    await end();
  }
  console.log(`${machine()}; MB of UTF-8 a second, medians, bests in brackets\n`);
  const head = ['tokenizer', 'texts', 'MB', 'package', 'core', 'peer', 'package to peer'];
  console.log(table([...head, 'lines where ids differ'], rows));
  console.log(`\n${table(['tokenizer', 'tokens', 'load ms', 'peer ms'], loadRows)}`);
});
