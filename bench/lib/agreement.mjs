// Whether the contenders compute the same: what is compared for speed must be the same work.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../tools/lib/run.mjs';
import { contenders } from './peers.mjs';

const within = 1e-4;

/** Probabilities of two labels by logits, label 0 first. */
function softmax([a, b]) {
  const first = 1 / (1 + Math.exp(b - a));
  return [first, 1 - first];
}

function sameScores(ours, theirs) {
  const byLabel = Object.fromEntries(ours[0].map(({ label, score }) => [label, score]));
  const expected = softmax(theirs);
  return ['LABEL_0', 'LABEL_1'].every(
    (label, i) => Math.abs(byLabel[label] - expected[i]) < within,
  );
}

/** What the pieces of a sentencepiece vocabulary read as. */
function textOf(ids, vocabulary, special) {
  const pieces = ids.filter((id) => !special.includes(id)).map((id) => vocabulary[id]);
  return pieces.join('').replaceAll('▁', ' ').trim();
}

async function compareClassifiers(open, { minilm }) {
  const items = [minilm[128]];
  const [ours, theirs] = await answers(open, { model: 'minilm' }, { items });
  if (sameScores(ours, theirs)) return;
  throw new UserError(`minilm: ${JSON.stringify(ours)} is not ${JSON.stringify(theirs)}`);
}

async function compareTranslators(open, model, what, models) {
  const read = (name) => JSON.parse(readFileSync(join(models, model, name), 'utf8'));
  const { pad_token_id: pad, eos_token_id: eos } = read('config.json');
  const vocabulary = Object.fromEntries(
    Object.entries(read('vocab.json')).map(([piece, id]) => [id, piece]),
  );
  const [ours, theirs] = await answers(open, { model }, what);
  theirs.forEach((ids, i) => {
    const [text, expected] = [ours[i].translation_text, textOf(ids, vocabulary, [pad, eos])];
    if (text !== expected) throw new UserError(`${model}: ${text}\nis not\n${expected}`);
  });
}

// Bergamot has int8 alone and rounds otherwise, so that a sentence may come out in other words.
async function compareWithBergamot(open, items) {
  const [ours, theirs] = await answers(
    open,
    { model: 'student' },
    { items, tokens: 64 },
    'bergamot',
  );
  const same = ours.filter((our, i) => our.translation_text === theirs[i].translation_text).length;
  if (same >= (3 / 4) * items.length) return same;
  throw new UserError(`student: ${JSON.stringify(ours)} is not ${JSON.stringify(theirs)}`);
}

async function answers(open, group, what, peer = Object.keys(contenders)[1]) {
  const results = [];
  for (const name of ['dragoman', peer]) {
    const host = await open(name, { ...group, dtype: 'fp32', threads: 2 });
    results.push(await host.call('answer', what));
    await host.end();
  }
  return results;
}

/** Throws UserError at the first difference. @returns a sentence */
export async function checkAgreement({ open }, inputs, models) {
  await compareClassifiers(open, inputs);
  const fixed = { items: [inputs.marian[25]], tokens: 25, fixed: true };
  await compareTranslators(open, 'marian', fixed, models);
  await compareTranslators(open, 'default', { items: inputs.default, tokens: 64 }, models);
  const same = await compareWithBergamot(open, inputs.default);
  return (
    'In fp32 the scores agree to 1e-4 and all tokens are the same; ' +
    `${same} of ${inputs.default.length} sentences are as Bergamot has them.`
  );
}
