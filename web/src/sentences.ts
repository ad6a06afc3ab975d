// Splitting a text into sentences, and joining their translations with the white space that was
// between them.
//
// The platform's segmenter knows the rules of Unicode, which know no abbreviations, so its
// boundaries are taken as proposals: those after "Dr." or inside a quotation are dropped.
import { hasOrdinalStops, isAbbreviation } from './abbreviations.js';

/** A text as sentences and what lies around them. */
export interface SplitText {
  sentences: string[];
  /** One more than sentences: white space, and whatever holds no letter or number. */
  gaps: string[];
}

const lineBreak = /(\r\n|[\n\r\v\f\x85\u2028\u2029])/;
const meaning = /[\p{L}\p{N}]/u;
const closers = '[\'"\\p{Pe}\\p{Pf}]*';
const latinEnd = new RegExp(`[.!?\u2026]${closers}$`, 'u');
const lastWord =
  /(?:^|[\s\p{Ps}\p{Pi}"'\u2019\u2010-\u2015/])((?:[^\s\p{Ps}\p{Pi}"'\u2019/])+)\.$/u;
const opening = /^[\s\p{Ps}\p{Pi}"'\u00a1\u00bf-]*/u;
const firstWord = /^[\p{L}\p{N}\p{M}'\u2019]+/u;
const apartCloser = /^[\p{Pe}\p{Pf}]+(?:\s+|$)/u;
// What stands before an item of a list, a quoted line, a heading; numbers too, but where "1. Mai"
// is a date.
const lineMark = /^(?:[-*+>#\u2022\u2023\u25e6\u2013\u2014]+\s+|\(?(?:\p{Nd}{1,3}|\p{L})\)\s+)+/u;
const numberMark = /^\p{Nd}{1,2}\.\s+(?=\p{L})/u;
// "1.", "(2)", "b." at the start of a line number what follows.
const listMark = /^\(?(?:\p{Nd}{1,3}|\p{L})[.)]$/u;

interface Context {
  language: string;
  /** Both without white space at their ends, not empty. */
  before: string;
  after: string;
  /** The boundary has white space at it. */
  spaced: boolean;
}

function endsInInitial({ before, after, language }: Context): boolean {
  const match = /(?:^|(\S+)\s+|[\s\p{Ps}\p{Pi}\p{Pd}"'])(\p{Lu})\.$/u.exec(before);
  if (match === null || !/^\p{Lu}/u.test(after)) return false;
  const [, previous, letter] = match;
  // "World War I." and "it is I." end; "King George V. He" may.
  if (letter === 'I' && language === 'en' && previous !== undefined) {
    return /^\p{Lu}\.$/u.test(previous);
  }
  return true;
}

function endsInAbbreviation(context: Context): boolean {
  const { before, after, language } = context;
  const word = lastWord.exec(before)?.[1];
  if (word === undefined) return false;
  const next = firstWord.exec(after)?.[0] ?? '';
  if (isAbbreviation(word, next, language)) return true;
  const isOrdinal = /^\p{Nd}{1,2}$/u.test(word) && /^\p{L}/u.test(next);
  return isOrdinal && hasOrdinalStops(language);
}

/** Whether a proposed boundary lies inside a sentence. */
function continues(context: Context): boolean {
  const { before, after, spaced } = context;
  if (!meaning.test(after) || !meaning.test(before)) return true;
  const next = after.replace(opening, '');
  // "Is it?" she asked. Also: Yahoo! is.
  if (/^\p{Ll}/u.test(next)) return true;
  // example.org/?q=Yes, or a quotation's end: no sentence of these scripts ends without a space.
  if (!spaced && latinEnd.test(before)) return true;
  // 「はい。」と言った: the quotation goes on with "と".
  if (/[」』]$/.test(before) && /^(?:と|って)/.test(after)) return true;
  if (!before.endsWith('.')) return listMark.test(before);
  const detail = { ...context, after: next };
  return listMark.test(before) || endsInInitial(detail) || endsInAbbreviation(detail);
}

type Segment = (line: string) => Iterable<string>;

// Engines take time quadratic in the length of what they are given at once.
const windowLength = 4096;

// Segments of a long line, window by window. The last one of a window may go on beyond it, so the
// next window begins with it.
function* windows(intl: Intl.Segmenter, line: string): Generator<string> {
  let length = windowLength;
  for (let start = 0; start < line.length;) {
    const isLast = start + length >= line.length;
    const found = Array.from(
      intl.segment(line.slice(start, start + length)),
      (part) => part.segment,
    );
    if (!isLast && found.length === 1) {
      length *= 2;
      continue;
    }
    if (!isLast) found.pop();
    yield* found;
    start += found.reduce((sum, segment) => sum + segment.length, 0);
    length = windowLength;
  }
}

/** How texts of a language are split. */
interface Rules {
  segment: Segment;
  /** Without region or script. */
  language: string;
}

// Making a segmenter takes as long as splitting some sentences.
const rulesByLocale = new Map<string, Rules>();

/** @param locale what is none counts as English */
function rulesOf(locale: string): Rules {
  let rules = rulesByLocale.get(locale);
  if (rules === undefined) {
    const known = isLocale(locale) ? locale : 'en';
    rules = { segment: segmenter(known), language: new Intl.Locale(known).language };
    rulesByLocale.set(locale, rules);
  }
  return rules;
}

function segmenter(locale: string): Segment {
  if (typeof Intl.Segmenter === 'function') {
    const intl = new Intl.Segmenter(locale, { granularity: 'sentence' });
    return (line) => windows(intl, line);
  }
  // Firefox before 125 has none: everything up to an end mark and the space after it.
  const pattern = new RegExp(
    `.+?(?:[.!?\u2026]${closers}\\s+|[\u3002\uff01\uff1f]${closers}|$)`,
    'gsu',
  );
  return (line) => line.match(pattern) ?? [line];
}

// A quotation's end that stands apart, as in "« Oui. » dit-il", belongs to what it ends.
function* withClosers(segments: Iterable<string>): Generator<string> {
  let last: string | undefined;
  for (const segment of segments) {
    const closer = last === undefined ? undefined : apartCloser.exec(segment)?.[0];
    if (closer === undefined) {
      if (last !== undefined) yield last;
      last = segment;
    } else {
      yield last + closer;
      last = segment.slice(closer.length) || undefined;
    }
  }
  if (last !== undefined) yield last;
}

function lineMarkOf(line: string, language: string): string {
  const mark = lineMark.exec(line)?.[0] ?? '';
  if (hasOrdinalStops(language)) return mark;
  return mark + (numberMark.exec(line.slice(mark.length))?.[0] ?? '');
}

/** Sentences of one line, white space at their ends included. */
function splitLine(line: string, segment: Segment, language: string): string[] {
  const sentences: string[] = [];
  for (const proposed of withClosers(segment(line))) {
    const last = sentences.at(-1);
    const joins =
      last !== undefined &&
      continues({
        language,
        before: last.trim(),
        after: proposed.trim(),
        spaced: /\s$/.test(last) || /^\s/.test(proposed),
      });
    if (joins) sentences[sentences.length - 1] = last + proposed;
    else sentences.push(proposed);
  }
  return sentences;
}

/**
 * Splits a text so that gaps[0] + sentences[0] + gaps[1] + … is the text again. Lines are never
 * joined. A part without any letter or number is no sentence, but part of a gap.
 *
 * @param locale language of the text, such as `en` or `pt-BR`; what is none counts as English
 */
export function splitSentences(text: string, locale: string): SplitText {
  const { segment, language } = rulesOf(locale);
  const sentences: string[] = [];
  const gaps = [''];
  const skip = (gap: string) => (gaps[gaps.length - 1] += gap);
  text.split(lineBreak).forEach((line, index) => {
    if (index % 2 === 1 || !meaning.test(line)) {
      skip(line);
      return;
    }
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    const mark = lineMarkOf(line.slice(indent.length), language);
    skip(indent + mark);
    const rest = line.slice(indent.length + mark.length);
    for (const sentence of splitLine(rest, segment, language)) {
      const body = sentence.trim();
      if (!meaning.test(body)) {
        skip(sentence);
        continue;
      }
      const start = sentence.indexOf(body);
      skip(sentence.slice(0, start));
      sentences.push(body);
      gaps.push(sentence.slice(start + body.length));
    }
  });
  return { sentences, gaps };
}

/** Splits some text, so that all is loaded and compiled when the first real one comes. */
export function prepareSplitting(): void {
  for (let round = 0; round < 2; round++) splitSentences('It is 5. He, Dr. A. Bee, said so.', 'en');
}

function isLocale(locale: string): boolean {
  try {
    return Intl.getCanonicalLocales(locale).length === 1;
  } catch {
    return false;
  }
}

// Scripts that write sentences one after the other without a space.
const unspaced = /[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]/;

/** Puts translations in place of the sentences. */
export function joinSentences(gaps: readonly string[], translations: readonly string[]): string {
  return gaps.reduce((text, gap, index) => {
    if (index === 0) return gap;
    const translation = translations[index - 1] ?? '';
    return text + (needsSpace(text, translation, index, gaps) ? ' ' : '') + translation + gap;
  }, '');
}

// Between 「。」 and the next sentence there is nothing, but a language with spaces wants one.
function needsSpace(text: string, next: string, index: number, gaps: readonly string[]): boolean {
  if (index === 1 || gaps[index - 1] !== '' || text === '' || next === '') return false;
  return !unspaced.test(text.slice(-1)) && !unspaced.test(next.slice(0, 1));
}
