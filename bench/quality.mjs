// Quality of the default models, from the command line's own output: BLEU (sacrebleu, from PyPI),
// accuracy and F1, for int8 and fp32. Prints the tables of the model cards.
//
//   node bench/quality.mjs [--tatoeba FILE.tsv] [--multi30k-en FILE --multi30k-fr FILE]
//                          [--sst2 FILE.tsv] [--topics FILE.tsv] [--intents FILE.csv]
//                          [--translation-model M] [--sentiment-model M] [--topics-model M]
//                          [--entities FILE.conll] [--intents-model M] [--entities-model M]
//                          [--dtypes int8,fp32] [--num-beams N]
//
// Files may be compressed (.gz). A line of --tatoeba is English<TAB>French; of the files for
// classifiers text<TAB>label, or text,label in CSV, where --sst2 has 1 for positive. Lines of
// --entities are word<TAB>tag, with empty ones between sentences.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inDist, table } from './lib/report.mjs';
import { readEntities, readLabelled, readLines } from './lib/test-sets.mjs';

const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    tatoeba: text,
    'multi30k-en': text,
    'multi30k-fr': text,
    sst2: text,
    topics: text,
    intents: text,
    entities: text,
    'translation-model': text,
    'sentiment-model': { type: 'string', default: 'dragoman-sentiment' },
    'topics-model': { type: 'string', default: 'dragoman-topics' },
    'intents-model': { type: 'string', default: 'dragoman-intents' },
    'entities-model': text,
    dtypes: { type: 'string', default: 'int8,fp32' },
    'num-beams': { type: 'string', default: '4' },
  },
});
const dtypes = values.dtypes.split(',');

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

const percent = (share) => `${(100 * share).toFixed(2)} %`;

/** Test sets of classifiers: option of the file, option of the model, names of numbered labels. */
const classifiers = [
  ['sst2', 'sentiment-model', ['NEGATIVE', 'POSITIVE']],
  ['topics', 'topics-model'],
  ['intents', 'intents-model'],
];

function accuracies([option, model, names]) {
  const examples = readLabelled(values[option], names);
  const texts = examples.map(([content]) => content);
  return dtypes.map((dtype) => {
    const output = dragoman('classify', values[model], dtype, texts);
    const right = output.filter((line, at) => line.split('\t')[0] === examples[at][1]).length;
    return [option, texts.length, dtype, percent(right / texts.length)];
  });
}

function reportClassifiers(wanted) {
  const rows = wanted.flatMap(accuracies);
  console.log(`\n${table(['test set', 'examples', 'dtype', 'accuracy'], rows)}`);
}

/** Precision, recall and F1 of whole entities: right kind, right words. */
function reportEntities() {
  const sentences = readEntities(values.entities);
  const texts = sentences.map(({ text: content }) => content);
  const flags = ['--json', '--aggregation-strategy', 'first'];
  const rows = dtypes.map((dtype) => {
    const output = dragoman('ner', values['entities-model'], dtype, texts, ...flags);
    const count = { right: 0, found: 0, wanted: 0 };
    sentences.forEach(({ spans }, at) => {
      const entities = JSON.parse(output[at]) ?? [];
      const found = entities.map((one) => `${one.entity_group} ${one.start} ${one.end}`);
      count.right += found.filter((span) => spans.includes(span)).length;
      count.found += found.length;
      count.wanted += spans.length;
    });
    const { right, found, wanted } = count;
    const shares = [right / Math.max(1, found), right / wanted, (2 * right) / (found + wanted)];
    return ['entities', texts.length, dtype, ...shares.map(percent)];
  });
  console.log(`\n${table(['test set', 'sentences', 'dtype', 'precision', 'recall', 'F1'], rows)}`);
}

const sets = translationSets();
const wanted = classifiers.filter(([option]) => values[option]);
if (sets.length > 0) reportTranslation(sets);
if (wanted.length > 0) reportClassifiers(wanted);
if (values.entities) reportEntities();
if (sets.length === 0 && wanted.length === 0 && !values.entities) {
  console.error('quality: name at least one test set, such as --tatoeba FILE.tsv');
  process.exitCode = 2;
}
