// What the benches of the default translator translate: lines of a file or those below, repeated.
import { readFileSync } from 'node:fs';
import { timed } from './timing.mjs';

const own = [
  'Where is the station?',
  'I would like a cup of coffee, please.',
  'The children are playing in the garden behind the house.',
  'She said that she would come back tomorrow if the weather was fine.',
  'He reads a newspaper every morning before he goes to work.',
  'Do you know how much this costs?',
];

/** @returns a function of a count, which gives so many sentences */
export function sentencesOf(file) {
  const lines = file ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : own;
  return (count) => Array.from({ length: count }, (_, i) => lines[i % lines.length]);
}

/** Milliseconds of one greedy call. */
export const timedGreedy = (translate, texts) => timed(() => translate(texts, { num_beams: 1 }));
