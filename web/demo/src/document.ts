// The text as sentences, each with its translation as far as it is known: what both panes draw.
import { joinSentences, splitSentences } from '../../src/sentences.js';

export interface SentenceView {
  source: string;
  /** Where it lies in the text, in UTF-16 units. */
  start: number;
  end: number;
  translation: string;
  /**
   * `stale`: what is shown belongs to an earlier form of the sentence; `partial`: it still grows.
   */
  state: 'waiting' | 'stale' | 'partial' | 'done';
  truncated: boolean;
}

export interface DocumentView {
  text: string;
  /** One more than sentences: what lies around them. */
  gaps: readonly string[];
  sentences: readonly SentenceView[];
}

export const emptyDocument: DocumentView = { text: '', gaps: [''], sentences: [] };

/** A text without any translation. @param locale of the text */
export function splitDocument(text: string, locale: string): DocumentView {
  const { gaps, sentences } = splitSentences(text, locale);
  let end = 0;
  const views = sentences.map((source, index): SentenceView => {
    const start = end + (gaps[index] ?? '').length;
    end = start + source.length;
    return { source, start, end, translation: '', state: 'waiting', truncated: false };
  });
  return { text, gaps, sentences: views };
}

/** How many elements two lists have in common at their begin. */
function commonLength<Element>(a: readonly Element[], b: readonly Element[]): number {
  const least = Math.min(a.length, b.length);
  let length = 0;
  while (length < least && a[length] === b[length]) length++;
  return length;
}

/**
 * For each sentence of a changed text, the one in whose place it stands, if any: sentences before
 * and after the change keep theirs, and so nothing on the page jumps while someone types.
 */
export function predecessors(
  before: readonly SentenceView[],
  after: readonly SentenceView[],
): (SentenceView | undefined)[] {
  const sources = (views: readonly SentenceView[]) => views.map(({ source }) => source);
  const head = commonLength(sources(before), sources(after));
  const rest = Math.min(before.length, after.length) - head;
  const reversed = (views: readonly SentenceView[]) => sources(views).slice(head).reverse();
  const tail = Math.min(rest, commonLength(reversed(before), reversed(after)));
  const shift = before.length - after.length;
  return after.map((_, index) => {
    if (index >= after.length - tail) return before[index + shift];
    return index < before.length - tail ? before[index] : undefined;
  });
}

/** The gap to show before a sentence: some scripts need a space that others do not have. */
export function gapBefore({ gaps, sentences }: DocumentView, index: number): string {
  const gap = gaps[index] ?? '';
  const previous = sentences[index - 1]?.translation ?? '';
  const next = sentences[index]?.translation ?? '';
  if (gap !== '' || index === 0 || previous === '' || next === '') return gap;
  const joined = joinSentences(['', '', ''], [previous, next]);
  return joined.slice(previous.length, joined.length - next.length);
}

/** The whole translation as it is shown. */
export function translationOf({ gaps, sentences }: DocumentView): string {
  return joinSentences(
    gaps,
    sentences.map(({ translation }) => translation),
  );
}

export function wordCount(text: string): number {
  return text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*/gu)?.length ?? 0;
}
