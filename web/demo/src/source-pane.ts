// The text field. Behind it lies a mirror with the same text in the same place, which carries what
// a text field cannot: marks of sentences, by hover and by label.
import { byId, element } from './dom.js';
import { hueOf } from './labels-panel.js';
import type { Observable } from './observable.js';
import type { DocumentView } from './document.js';
import type { Labels } from './live-labels.js';

interface Parts {
  document: Observable<DocumentView>;
  labels: Observable<Labels>;
  /** The sentence to show as the one that is meant; `pointed`: where mouse or cursor is. */
  active: Observable<number | undefined>;
  pointed: Observable<number | undefined>;
  onInput: (text: string, now: boolean) => void;
}

function contains({ left, right, top, bottom }: DOMRect, x: number, y: number): boolean {
  return x >= left && x <= right && y >= top && y <= bottom;
}

export class SourcePane {
  readonly #field = byId('source', HTMLTextAreaElement);
  readonly #mirror = byId('source-mirror', HTMLElement);
  readonly #parts: Parts;
  #spans: HTMLElement[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.document.watch((view) => this.#draw(view));
    parts.labels.watch(() => this.#mark());
    parts.active.watch(() => this.#mark());
    this.#field.addEventListener('input', () => parts.onInput(this.#field.value, false));
    this.#field.addEventListener('mousemove', ({ clientX, clientY }) => {
      const index = this.#spans.findIndex((span) =>
        [...span.getClientRects()].some((rect) => contains(rect, clientX, clientY)),
      );
      parts.pointed.set(index < 0 ? undefined : index);
    });
    this.#field.addEventListener('mouseleave', () => parts.pointed.set(undefined));
    // For those without a mouse the cursor says which sentence is meant.
    document.addEventListener('selectionchange', () => this.#followCursor());
    this.#field.addEventListener('blur', () => parts.pointed.set(undefined));
  }

  get text(): string {
    return this.#field.value;
  }

  /** Puts another text in the field, as if it had been pasted. */
  replace(text: string): void {
    this.#field.value = text;
    this.#parts.onInput(text, true);
    // On a phone the focus would bring the keyboard up, over the translation.
    if (text === '' || matchMedia('(hover: hover)').matches) {
      this.#field.focus({ preventScroll: true });
    }
  }

  setLanguage(code: string | undefined): void {
    if (code === undefined) this.#field.removeAttribute('lang');
    else this.#field.lang = code;
  }

  #followCursor(): void {
    const { activeElement } = document;
    if (activeElement !== this.#field || this.#field.matches(':hover')) return;
    const { selectionStart: cursor } = this.#field;
    const { sentences } = this.#parts.document.value;
    const index = sentences.findIndex(({ start, end }) => start <= cursor && cursor <= end);
    this.#parts.pointed.set(index < 0 ? undefined : index);
  }

  #draw({ text, gaps, sentences }: DocumentView): void {
    // Most changes concern translations only, of which nothing is seen here.
    if (this.#mirror.dataset['text'] === text) return;
    this.#mirror.dataset['text'] = text;
    this.#spans = sentences.map(({ source }) => element('span', {}, source));
    const children = this.#spans.flatMap((span, index) => [gaps[index] ?? '', span]);
    // A last line that is empty has a height in the field, and here by a character after it.
    this.#mirror.replaceChildren(...children, gaps.at(-1) ?? '', '\u200b');
    this.#mark();
  }

  #mark(): void {
    const { document: view, labels, active } = this.#parts;
    this.#spans.forEach((span, index) => {
      const label = labels.value.get(view.value.sentences[index]?.source ?? '');
      span.className = active.value === index ? 'sentence active' : 'sentence';
      if (label) span.dataset['hue'] = hueOf(label.label);
      else delete span.dataset['hue'];
    });
  }
}
