// How far the loading of a model is: a bar for the whole, a line for each file, or what went wrong.
import { byId, element, setText } from './dom.js';
import { text } from './strings.js';
import type { Failure } from './failure.js';
import type { FileProgress, Loading, SlotState, Wanted } from './model-slot.js';
import type { Observable } from './observable.js';

/** Draws a failure: plain words, and behind them what the error itself says. */
export function failureNode({ summary, detail, code }: Failure): HTMLElement {
  const more = element('p', { class: 'detail' }, `${detail} `, element('code', {}, code));
  return element('div', {}, element('strong', {}, summary), more);
}

function fileLine(name: string, { loaded, total, done, cached }: FileProgress): HTMLElement {
  const size = text.loadedOf(loaded, done ? 0 : total);
  const state = cached ? `${size}, ${text.fromStore}` : size;
  return element(
    'li',
    { class: done ? 'done' : 'running' },
    element('span', { class: 'file' }, name),
    element('span', { class: 'figure' }, state),
  );
}

interface Actions {
  /** Ends the loading, or puts the failure away. */
  cancel: () => void;
  retry: (wanted: Wanted) => void;
}

/** The parts of index.html whose ids begin with `prefix`. */
export class LoadView {
  readonly #box: HTMLElement;
  readonly #bar: HTMLProgressElement;
  readonly #title: HTMLElement;
  readonly #sum: HTMLElement;
  readonly #files: HTMLUListElement;
  readonly #failure: HTMLElement;

  readonly #actions: Actions;

  constructor(prefix: string, state: Observable<SlotState>, actions: Actions) {
    this.#actions = actions;
    this.#box = byId(`${prefix}-loading`, HTMLElement);
    this.#bar = byId(`${prefix}-bar`, HTMLProgressElement);
    this.#title = byId(`${prefix}-title`, HTMLElement);
    this.#sum = byId(`${prefix}-sum`, HTMLElement);
    this.#files = byId(`${prefix}-files`, HTMLUListElement);
    this.#failure = byId(`${prefix}-failure`, HTMLElement);
    byId(`${prefix}-cancel`, HTMLButtonElement).addEventListener('click', actions.cancel);
    state.watch((value) => this.#draw(value));
  }

  #draw(state: SlotState): void {
    this.#box.hidden = state.kind !== 'loading';
    this.#failure.hidden = state.kind !== 'failed';
    if (state.kind === 'loading') this.#drawLoading(state.loading);
    if (state.kind === 'failed') this.#drawFailure(state.wanted, state.failure);
  }

  #drawFailure(wanted: Wanted, failure: Failure): void {
    const name = element('p', { class: 'name' }, wanted.name);
    const retry = element('button', { type: 'button' }, text.retry);
    retry.addEventListener('click', () => this.#actions.retry(wanted));
    const dismiss = element('button', { type: 'button', class: 'quiet text' }, text.dismiss);
    dismiss.addEventListener('click', this.#actions.cancel);
    const row = element('div', { class: 'row' }, retry, dismiss);
    this.#failure.replaceChildren(name, failureNode(failure), row);
  }

  #drawLoading({ name, loaded, total, files }: Loading): void {
    setText(this.#title, text.loading(name));
    const { sum, whole } = { sum: loaded, whole: total };
    // Without a total the bar says only that something moves.
    if (whole > 0) this.#bar.value = sum / whole;
    else this.#bar.removeAttribute('value');
    setText(this.#sum, sum > 0 ? text.loadedOf(sum, whole) : text.preparing);
    this.#files.replaceChildren(...[...files].map(([file, each]) => fileLine(file, each)));
  }
}
