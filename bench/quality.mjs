// Quality of the default models, from the command line's own output: BLEU (sacrebleu, from PyPI)
// and accuracy, for int8 and fp32. Prints the tables of the model cards.
//
//   node bench/quality.mjs [--tatoeba FILE.tsv] [--multi30k-en FILE --multi30k-fr FILE]
//                          [--sst2 FILE.tsv] [--translation-model M] [--sentiment-model M]
//                          [--num-beams N]
//
// Files may be compressed (.gz). A line of --tatoeba is English<TAB>French, of --sst2
// text<TAB>label, with 1 for positive.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { inDist, table } from './lib/report.mjs';

const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    tatoeba: text,
    'multi30k-en': text,
    'multi30k-fr': text,
    sst2: text,
    'translation-model': text,
    'sentiment-model': text,
    'num-beams': { type: 'string', default: '4' },
  },
});
const dtypes = ['int8', 'fp32'];

function readLines(path) {
  const bytes = readFileSync(path);
  const content = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return content.replace(/\n$/, '').split('\n');
}

/** Lines out for lines in, by the program people run. */
function dragoman(command, model, dtype, lines, ...flags) {
  const args = [inDist('cli.js'), command, '--dtype', dtype, ...flags];
  if (model) args.push('--model', model);
  const { status, stdout } = spawnSync(process.execPath, args, {
    input: lines.map((line) => `${line}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`dragoman ${command} ended with ${status}`);
  const output = stdout.replace(/\n$/, '').split('\n');
  if (output.length !== lines.length) {
    throw new Error(`${lines.length} lines went in and ${output.length} came out`);
  }
  return output;
}

/** @returns {{bleu: number, chrf: number, signature: string}} */
function score(references, hypotheses) {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-quality-'));
  try {
    const write = (name, lines) => {
      const path = join(folder, name);
      writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
      return path;
    };
    const args = [write('references', references), '-i', write('hypotheses', hypotheses)];
    const metrics = ['-m', 'bleu', 'chrf', '--format', 'json', '--width', '2'];
    const { status, stdout, stderr } = spawnSync(
      'python3',
      ['-m', 'sacrebleu', ...args, ...metrics],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`sacrebleu failed: ${stderr}`);
    const [bleu, chrf] = JSON.parse(stdout);
    return { bleu: bleu.score, chrf: chrf.score, signature: bleu.signature };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function translationSets() {
  const sets = [];
  if (values.tatoeba) {
    const pairs = readLines(values.tatoeba).map((line) => line.split('\t'));
    sets.push({
      name: 'Tatoeba',
      sources: pairs.map(([en]) => en),
      references: pairs.map(([, fr]) => fr),
    });
  }
  if (values['multi30k-en']) {
    const [sources, references] = [values['multi30k-en'], values['multi30k-fr']].map(readLines);
    sets.push({ name: 'Multi30k', sources, references });
  }
  return sets;
}

function reportTranslation(sets) {
  const rows = [];
  let signature = '';
  for (const { name, sources, references } of sets) {
    for (const dtype of dtypes) {
      const start = performance.now();
      const flags = ['--num-beams', values['num-beams']];
      const output = dragoman('translate', values['translation-model'], dtype, sources, ...flags);
      const seconds = (performance.now() - start) / 1000;
      const result = score(references, output);
      signature = result.signature;
      rows.push([name, sources.length, dtype, result.bleu, result.chrf, seconds.toFixed(0)]);
    }
  }
  console.log(`Beam ${values['num-beams']}; sacrebleu: ${signature}\n`);
  console.log(table(['test set', 'lines', 'dtype', 'BLEU', 'chrF', 'seconds'], rows));
}

function reportSentiment(path) {
  const examples = readLines(path).map((line) => line.split('\t'));
  // Some releases of the file have a head line.
  const labelled = examples.filter(([, label]) => label === '0' || label === '1');
  const texts = labelled.map(([sentence]) => sentence);
  const rows = dtypes.map((dtype) => {
    const output = dragoman('classify', values['sentiment-model'], dtype, texts);
    const right = output.filter((line, i) => {
      return line.startsWith('POSITIVE\t') === (labelled[i][1] === '1');
    }).length;
    return [texts.length, dtype, `${((100 * right) / texts.length).toFixed(2)} %`];
  });
  console.log(`\n${table(['examples', 'dtype', 'accuracy'], rows)}`);
}

const sets = translationSets();
if (sets.length > 0) reportTranslation(sets);
if (values.sst2) reportSentiment(values.sst2);
if (sets.length === 0 && !values.sst2) {
  console.error('quality: name at least one test set, such as --tatoeba FILE.tsv');
  process.exitCode = 2;
}
