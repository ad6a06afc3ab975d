// Texts on their way: what the engine reports of its sentences, put together to texts that
// grow. What was once handed out as `delta` is never taken back, also under beam search: the
// engine says how much of an output all hypotheses share.
import { DragomanError } from './common/errors.js';
import { joinSentences } from './sentences.js';
import type { SplitText } from './sentences.js';

/** News of one text. */
export interface PartialText<Result> {
  /** Which text of the input. */
  index: number;
  /** The best output so far; a beam search may still revise its end. */
  text: string;
  /** What was added for good. The deltas of a text, joined, are its output. */
  delta: string;
  done: boolean;
  /** Of a text that is done: what the call itself gives for it. */
  outputs?: Result[];
}

/** One sentence as the engine reports it. */
export interface SentenceReport<Result> {
  index: number;
  text?: string;
  settled?: string;
  outputs?: Result[];
}

interface Sentence<Result> {
  text: string;
  settled: string;
  outputs?: Result[];
}

// An end that later tokens may still change: white space is trimmed from the end of an output,
// and U+FFFD stands for a character of which not all bytes are there.
const unsure = /[\s\ufffd]+$/;

const graphemes =
  typeof Intl.Segmenter === 'function'
    ? new Intl.Segmenter(undefined, { granularity: 'grapheme' })
    : undefined;
// Firefox before 125 has none: a code point with what joins it to others on either side.
const marks = '[\\p{M}\\p{Emoji_Modifier}\\ufe0f\\u200d]*';
const lastCharacter = new RegExp(`(?:\\p{Emoji}${marks}\\u200d)*[^\\p{M}\\u200d]${marks}$`, 'u');

/**
 * A text without its last character as readers see it: an accent, a joiner or the other half of a
 * flag may yet come to it. @param start where a character is known to begin
 */
function withoutLast(text: string, start: number): string {
  const open = text.slice(start);
  if (graphemes === undefined) return text.slice(0, start) + open.replace(lastCharacter, '');
  let last = 0;
  for (const { index } of graphemes.segment(open)) last = index;
  return text.slice(0, start + last);
}

/** One text of a request as it grows. */
class GrowingText<Result> {
  readonly #split: SplitText;
  readonly #sentences: Sentence<Result>[];
  #given = '';

  constructor(split: SplitText) {
    this.#split = split;
    this.#sentences = split.sentences.map(() => ({ text: '', settled: '' }));
  }

  update(position: number, { text = '', settled = '', outputs }: SentenceReport<Result>) {
    this.#sentences[position] = outputs ? { text: '', settled: '', outputs } : { text, settled };
  }

  /** The outputs of all sentences, once all are there. */
  results(): Result[][] | undefined {
    const ranked = this.#sentences.map(({ outputs }) => outputs);
    return ranked.every((result) => result !== undefined) ? ranked : undefined;
  }

  /** The text as far as its sentences have come. @param best of a finished sentence, its text */
  shown(best: (ranked: Result[]) => string): string {
    return this.#join(this.#sentences.map(({ text, outputs }) => (outputs ? best(outputs) : text)));
  }

  /** What of the text is sure and was not given out before. */
  delta(best: (ranked: Result[]) => string): string {
    const sure: string[] = [];
    for (const { settled, outputs } of this.#sentences) {
      sure.push(outputs ? best(outputs) : settled);
      if (!outputs) break;
    }
    const joined = this.#join(sure).replace(unsure, '');
    if (!joined.startsWith(this.#given)) return '';
    return this.#give(withoutLast(joined, this.#given.length));
  }

  /** The rest, when the whole output is known. */
  last(whole: string): string {
    return this.#give(whole);
  }

  #give(sure: string): string {
    // Where an end was decoded otherwise than it now is, it waits until it fits again.
    if (!sure.startsWith(this.#given)) return '';
    const delta = sure.slice(this.#given.length);
    this.#given = sure;
    return delta;
  }

  // Up to the last sentence of which something is there, and not the gap behind it.
  #join(parts: string[]): string {
    const count = parts.findLastIndex((part) => part !== '') + 1;
    const gaps = this.#split.gaps.slice(0, count + 1);
    gaps[count] = '';
    return count === 0 ? '' : joinSentences(gaps, parts);
  }
}

/** How results of sentences become those of a text. */
export interface Assembly<Own, Result> {
  best(ranked: Own[]): string;
  combine(split: SplitText, ranked: Own[][]): Result[];
}

/** All texts of a request. `Own`: what the engine gives for a sentence. */
export class GrowingTexts<Own, Result extends { text: string }> {
  readonly #texts: { split: SplitText; growing: GrowingText<Own>; done: boolean }[];
  readonly #places: { text: number; position: number }[] = [];
  readonly #assembly: Assembly<Own, Result>;

  constructor(splits: readonly SplitText[], assembly: Assembly<Own, Result>) {
    this.#assembly = assembly;
    this.#texts = splits.map((split, text) => {
      split.sentences.forEach((_, position) => this.#places.push({ text, position }));
      return { split, growing: new GrowingText<Own>(split), done: false };
    });
  }

  /** Takes the engine's reports. @returns news of the texts they concern, in order */
  update(reports: readonly SentenceReport<Own>[]): PartialText<Result>[] {
    const changed = new Set<number>();
    for (const report of reports) {
      const place = this.#places[report.index];
      if (place === undefined) continue;
      this.#texts[place.text]?.growing.update(place.position, report);
      changed.add(place.text);
    }
    return [...changed].sort((a, b) => a - b).map((index) => this.#news(index));
  }

  /** News of the texts that no report completed: those without sentences. */
  rest(): PartialText<Result>[] {
    const open = this.#texts.flatMap(({ done }, index) => (done ? [] : [index]));
    return open.map((index) => this.#news(index));
  }

  #news(index: number): PartialText<Result> {
    const text = this.#texts[index];
    if (text === undefined) throw new DragomanError('internal', `There is no text ${index}.`);
    const { split, growing } = text;
    const ranked = growing.results();
    const { best, combine } = this.#assembly;
    if (ranked === undefined) {
      const shown = growing.shown(best);
      return { index, text: shown, delta: growing.delta(best), done: false };
    }
    text.done = true;
    const outputs = combine(split, ranked);
    const whole = outputs[0]?.text ?? '';
    const delta = growing.last(whole);
    return { index, text: whole, delta, done: true, outputs };
  }
}
