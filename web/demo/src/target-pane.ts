// The translation: a button for each sentence, which opens its alternatives. One of them is in the
// tab order; arrow keys go to the others.
import { byId, element, setText } from './dom.js';
import { gapBefore } from './document.js';
import { text } from './strings.js';
import type { Observable } from './observable.js';
import type { DocumentView, SentenceView } from './document.js';

interface Parts {
  document: Observable<DocumentView>;
  active: Observable<number | undefined>;
  pointed: Observable<number | undefined>;
  /** A sentence was chosen, by click or key. */
  onOpen: (index: number, button: HTMLElement) => void;
}

interface Slot {
  gap: Text;
  button: HTMLElement;
}

const steps: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class TargetPane {
  readonly #output = byId('target', HTMLElement);
  readonly #placeholder = byId('target-placeholder', HTMLElement);
  readonly #parts: Parts;
  readonly #last = document.createTextNode('');
  #slots: Slot[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#output.append(this.#last);
    parts.document.watch((view) => this.#draw(view));
    parts.active.watch(() => this.#highlight());
    this.#output.addEventListener('mouseleave', () => parts.pointed.set(undefined));
    this.#output.addEventListener('keydown', (event) => this.#onKey(event));
  }

  setLanguage(code: string | undefined): void {
    this.#output.lang = code ?? '';
  }

  #newSlot(): Slot {
    const button = element('span', {
      class: 'sentence',
      role: 'button',
      'aria-haspopup': 'dialog',
    });
    const index = () => this.#slots.findIndex((slot) => slot.button === button);
    button.addEventListener('mouseenter', () => this.#parts.pointed.set(index()));
    button.addEventListener('focus', () => this.#parts.pointed.set(index()));
    button.addEventListener('blur', () => this.#parts.pointed.set(undefined));
    button.addEventListener('click', () => this.#open(button));
    return { gap: document.createTextNode(''), button };
  }

  #open(button: HTMLElement): void {
    const index = this.#slots.findIndex((slot) => slot.button === button);
    const { state } = this.#parts.document.value.sentences[index] ?? {};
    if (state === 'done') this.#parts.onOpen(index, button);
  }

  #draw(view: DocumentView): void {
    const { sentences } = view;
    while (this.#slots.length > sentences.length) {
      const slot = this.#slots.pop();
      slot?.gap.remove();
      slot?.button.remove();
    }
    while (this.#slots.length < sentences.length) {
      const slot = this.#newSlot();
      this.#slots.push(slot);
      this.#last.before(slot.gap, slot.button);
    }
    this.#slots.forEach(({ gap, button }, index) => {
      setText(gap, gapBefore(view, index));
      this.#drawSentence(button, sentences[index] as SentenceView);
    });
    setText(this.#last, view.gaps.at(-1) ?? '');
    this.#placeholder.hidden = sentences.some(({ translation }) => translation !== '');
    this.#rove();
    this.#highlight();
  }

  #drawSentence(button: HTMLElement, { translation, state, truncated }: SentenceView): void {
    setText(button, translation);
    button.dataset['state'] = state;
    if (truncated) button.title = text.cut;
    else button.removeAttribute('title');
    if (state === 'done') button.setAttribute('aria-description', text.alternatives);
    else button.removeAttribute('aria-description');
    button.setAttribute('aria-disabled', String(state !== 'done'));
  }

  // One of them in the tab order: the one that has the focus or had it last.
  #rove(): void {
    const current = this.#slots.find(({ button }) => button.tabIndex === 0) ?? this.#slots[0];
    for (const { button } of this.#slots) button.tabIndex = button === current?.button ? 0 : -1;
  }

  #focus(index: number): void {
    const slot = this.#slots[index];
    if (slot === undefined) return;
    this.#slots.forEach(({ button }) => (button.tabIndex = -1));
    slot.button.tabIndex = 0;
    slot.button.focus();
  }

  #onKey(event: KeyboardEvent): void {
    const index = this.#slots.findIndex(({ button }) => button === event.target);
    if (index < 0) return;
    const step = steps[event.key];
    if (event.key === 'Enter' || event.key === ' ') this.#open(event.target as HTMLElement);
    else if (event.key === 'Home') this.#focus(0);
    else if (event.key === 'End') this.#focus(this.#slots.length - 1);
    else if (step !== undefined) this.#focus(index + step);
    else return;
    event.preventDefault();
  }

  #highlight(): void {
    const { value: active } = this.#parts.active;
    this.#slots.forEach(({ button }, index) => button.classList.toggle('active', index === active));
  }
}
