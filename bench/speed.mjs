// Speed of the default models, beside what the machine can do at best. Medians; never a test.
//
//   node bench/speed.mjs [--runs N] [--text FILE]
//
// The default text is the sentences below; with --text the lines of a file.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allowRelaxedSimd, loadPackage, machine, median, table } from './lib/report.mjs';
import { probes } from './lib/probes.mjs';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, text: { type: 'string' } },
});
const runs = Number(values.runs);

// As the command line does: Node 20 has relaxed SIMD behind a flag.
allowRelaxedSimd();

const { pipeline } = await loadPackage();

const sentences = [
  'Where is the station?',
  'I would like a cup of coffee, please.',
  'The children are playing in the garden behind the house.',
  'She said that she would come back tomorrow if the weather was fine.',
  'We have been waiting for more than an hour, and nobody has told us what is going on.',
  'He reads a newspaper every morning before he goes to work.',
  'A man in a blue shirt is standing on a ladder and cleaning a window.',
  'Do you know how much this costs?',
];
const lines = values.text
  ? readFileSync(values.text, 'utf8').split('\n').filter(Boolean)
  : Array.from({ length: 64 }, (_, i) => sentences[i % sentences.length]);
const wordCount = lines.join(' ').split(/\s+/).length;

/** Medians in milliseconds of something run several times, after one run to warm up. */
async function time(body) {
  await body();
  const times = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await body();
    times.push(performance.now() - start);
  }
  return median(times);
}

async function measureTranslation(options) {
  const translate = await pipeline('translation', null, options);
  const rate = (ms) => ((1000 * wordCount) / ms).toFixed(0);
  const beams = rate(await time(() => translate(lines, { num_beams: 4 })));
  const greedy = rate(await time(() => translate(lines, { num_beams: 1 })));
  const single = (await time(() => translate(sentences[3]))).toFixed(1);
  const { variant } = translate;
  await translate.dispose();
  return { variant, figures: [beams, greedy, single] };
}

async function measureClassification(options) {
  const classify = await pipeline('sentiment-analysis', null, options);
  const single = await time(() => classify(sentences[3]));
  const batch = await time(() => classify(lines));
  const long = await time(() => classify(sentences.join(' ')));
  await classify.dispose();
  return [single, batch / lines.length, long].map((ms) => ms.toFixed(2));
}

async function measure(dtype, threads) {
  const options = { dtype, threads };
  const { variant, figures } = await measureTranslation(options);
  return [dtype, threads, variant, ...figures, ...(await measureClassification(options))];
}

// A batch, one row, and memory that no cache holds.
const requests = [
  { kind: 'int8', size: 64 },
  { kind: 'int8', size: 1 },
  { kind: 'f32', size: 64 },
  { kind: 'read', size: 256 },
];

console.log(`${machine()}\n${lines.length} lines, ${wordCount} words, ${runs} runs\n`);
const rows = [];
for (const dtype of ['int8', 'fp32']) {
  for (const threads of [1, 2]) rows.push(await measure(dtype, threads));
}
console.log(
  table(
    [
      'dtype',
      'threads',
      'variant',
      'words/s, beam 4',
      'words/s, greedy',
      'ms a sentence',
      'ms classify one',
      'ms in a batch',
      'ms long text',
    ],
    rows,
  ),
);
const best = [];
for (const [, threads, variant] of rows.slice(0, 2)) {
  const figures = await probes(variant, requests);
  best.push([threads, variant, ...figures.map((value) => value.toFixed(1))]);
}
console.log('\nWhat the machine can do through the same module:\n');
console.log(
  table(
    ['threads', 'variant', 'int8 GMAC/s', 'the same, one row', 'f32 GMAC/s', 'read GB/s'],
    best,
  ),
);
