// The other translations of a sentence, in a small window at it.
import { byId, element } from './dom.js';
import { failureOf, isAbort } from './failure.js';
import { decimal, text } from './strings.js';
import type { Alternative } from './live-translation.js';

export interface Question {
  source: string;
  /** The translation in use. */
  current: string;
  /** The sentence on the page, which gets the focus back. */
  anchor: HTMLElement;
  search: (signal: AbortSignal) => Promise<Alternative[]>;
  choose: (translation: string) => void;
  onClose: () => void;
}

const margin = 8;

export class Alternatives {
  readonly #window = byId('alternatives', HTMLElement);
  readonly #title = byId('alternatives-title', HTMLElement);
  readonly #status = byId('alternatives-status', HTMLElement);
  readonly #list = byId('alternatives-list', HTMLUListElement);
  #controller: AbortController | undefined;
  #anchor: HTMLElement | undefined;
  #onClose = () => {};

  constructor() {
    byId('alternatives-close', HTMLButtonElement).addEventListener('click', () => this.close());
    this.#window.addEventListener('keydown', (event) => this.#onKey(event));
    document.addEventListener('pointerdown', ({ target }) => {
      const outside = !this.#window.contains(target as Node);
      if (outside && !this.#window.hidden) this.close(false);
    });
    addEventListener('resize', () => this.#place());
  }

  async open(question: Question): Promise<void> {
    const { source, current, anchor, search, choose, onClose } = question;
    this.close(false);
    this.#onClose = onClose;
    const controller = new AbortController();
    this.#controller = controller;
    this.#anchor = anchor;
    anchor.setAttribute('aria-expanded', 'true');
    this.#title.textContent = text.alternatives;
    this.#window.setAttribute('aria-label', text.alternativesOf(source));
    this.#say(text.searching);
    this.#window.hidden = false;
    this.#place();
    this.#window.focus({ preventScroll: true });
    try {
      const found = await search(controller.signal);
      if (controller.signal.aborted) return;
      this.#show(found, current, choose);
    } catch (error) {
      if (!isAbort(error) && !controller.signal.aborted) this.#say(failureOf(error).summary);
    }
  }

  /** @param focus whether the sentence gets the focus back */
  close(focus = true): void {
    this.#controller?.abort();
    this.#controller = undefined;
    this.#window.hidden = true;
    this.#anchor?.setAttribute('aria-expanded', 'false');
    if (focus) this.#anchor?.focus();
    this.#anchor = undefined;
    this.#onClose();
    this.#onClose = () => {};
  }

  #say(message: string): void {
    this.#status.hidden = message === '';
    this.#status.textContent = message;
    this.#list.replaceChildren();
  }

  #show(found: Alternative[], current: string, choose: (translation: string) => void): void {
    const others = found.filter(({ translation }) => translation !== current);
    this.#say(others.length === 0 ? text.onlyOne : '');
    const lang = this.#anchor?.closest('[lang]')?.getAttribute('lang') ?? '';
    const rows = found.map(({ translation, score }) => {
      const used = translation === current;
      const words = element('span', { lang, dir: 'auto' }, translation);
      // The share of its mean token's probability is a length people can compare.
      const meter = element('span', { class: 'meter', 'aria-hidden': 'true' });
      meter.style.setProperty('--share', String(Math.exp(Math.min(0, score))));
      const figure = element('span', { class: 'figure', title: text.scoreMeaning }, decimal(score));
      const button = element('button', { type: 'button', 'aria-pressed': String(used) });
      button.append(words, meter, figure);
      button.addEventListener('click', () => {
        choose(translation);
        this.close();
      });
      return element('li', {}, button);
    });
    this.#list.replaceChildren(...rows);
    this.#place();
    if (document.activeElement === this.#window) this.#buttons()[0]?.focus({ preventScroll: true });
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.#list.querySelectorAll('button')];
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault();
      this.close();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = this.#buttons();
    const index = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons.at((index + step) % buttons.length)?.focus();
  }

  /** Below the sentence, or above where there is more room. */
  #place(): void {
    if (this.#anchor === undefined || this.#window.hidden) return;
    const rects = [...this.#anchor.getClientRects()];
    const first = rects[0] ?? this.#anchor.getBoundingClientRect();
    const last = rects.at(-1) ?? first;
    const { offsetWidth: width, offsetHeight: height } = this.#window;
    const roomBelow = innerHeight - last.bottom;
    const above = roomBelow < height + margin && first.top > roomBelow;
    const top = above ? first.top - height - margin : last.bottom + margin;
    const right = document.documentElement.clientWidth - width - margin;
    const left = Math.max(margin, Math.min(last.left, right));
    this.#window.style.left = `${left + scrollX}px`;
    this.#window.style.top = `${top + scrollY}px`;
  }
}
