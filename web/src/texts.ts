// The texts of a call: what is accepted, and what form they cross to the engine in.
import { DragomanError } from './common/errors.js';
import { shown } from './options.js';

/** Two texts that are judged together. */
export interface TextPair {
  text: string;
  text_pair?: string | undefined;
}

/**
 * A text in which every surrogate has its partner; lone ones become U+FFFD, which is as long, so
 * that offsets hold.
 */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

function checkText(value: unknown, name: string): asserts value is string {
  if (typeof value === 'string') return;
  throw new DragomanError('invalid-argument', `${name} must be a string; got ${shown(value)}.`);
}

/** A text that goes by a name. Throws invalid-argument for anything else. */
export function readText(value: unknown, name: string): string {
  checkText(value, name);
  return wellFormed(value);
}

/** An array of texts that goes by a name. Throws invalid-argument naming the culprit. */
export function readTextList(values: unknown, name: string): string[] {
  if (Array.isArray(values)) {
    return values.map((text, index) => readText(text, `${name}[${index}]`));
  }
  throw new DragomanError(
    'invalid-argument',
    `${name} must be an array of strings; got ${shown(values)}.`,
  );
}

/** Texts of a call, or the one text as an array. Throws invalid-argument naming the culprit. */
export function readTexts(input: unknown): string[] {
  return Array.isArray(input) ? readTextList(input, 'inputs') : [readText(input, 'The text')];
}

function readPair(input: object, name: string): TextPair {
  const unknown = Object.keys(input).find((key) => key !== 'text' && key !== 'text_pair');
  if (unknown !== undefined) {
    throw new DragomanError(
      'invalid-argument',
      `${name} has ${shown(unknown)}; only text and text_pair are known.`,
    );
  }
  const { text, text_pair: pair } = input as Record<string, unknown>;
  checkText(text, `${name}.text`);
  if (pair === undefined || pair === null) return { text: wellFormed(text) };
  checkText(pair, `${name}.text_pair`);
  return { text: wellFormed(text), text_pair: wellFormed(pair) };
}

/** As readTexts, but pairs are welcome too. */
export function readTextsOrPairs(input: unknown): (string | TextPair)[] {
  const inputs: unknown[] = Array.isArray(input) ? input : [input];
  return inputs.map((value, index) => {
    const name = Array.isArray(input) ? `inputs[${index}]` : 'The input';
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return readPair(value, name);
    }
    checkText(value, name);
    return wellFormed(value);
  });
}
