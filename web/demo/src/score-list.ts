// Lists of words with a score each, as bars: labels, words for a mask, likeness of sentences.
import { element } from './dom.js';
import { hueOf } from './labels-panel.js';

export interface Scored {
  words: string;
  /** The length of the bar: from 0 to 1; what lies beyond is cut off. */
  share: number;
  /** The score in words. */
  figure: string;
}

export function scoreList(items: readonly Scored[]): HTMLElement {
  const rows = items.map(({ words, share, figure }) => {
    const row = element(
      'li',
      { 'data-hue': hueOf(words) },
      element('span', { class: 'words', dir: 'auto', title: words }, words),
      element('span', { class: 'label' }, figure),
    );
    row.style.setProperty('--share', String(Math.max(0, Math.min(1, share))));
    return row;
  });
  return element('ol', { class: 'labels' }, ...rows);
}
