// A text with parts of it marked: names and places, answers. Each mark has its label behind it.
import { element } from './dom.js';

export interface Mark {
  /** In UTF-16 units of the text. */
  start: number;
  end: number;
  label: string;
  /** What pointing at the mark tells. */
  detail: string;
  /** The one that counts most, where one does. */
  best?: boolean;
}

/** Marks that overlap an earlier one, or hold nothing, are left out. */
export function markedText(text: string, marks: readonly Mark[]): HTMLElement {
  const paragraph = element('p', { class: 'marked', dir: 'auto' });
  let done = 0;
  for (const { start, end, label, detail, best } of marks.toSorted((a, b) => a.start - b.start)) {
    if (start < done || end <= start) continue;
    const words = element('span', { class: 'words' }, text.slice(start, end));
    // A line may end within the words, not between them and their label.
    const name = element('span', { class: 'label' }, label);
    paragraph.append(
      text.slice(done, start),
      element('mark', { class: best ? 'best' : undefined, title: detail }, words, '\u00a0', name),
    );
    done = end;
  }
  paragraph.append(text.slice(done));
  return paragraph;
}
