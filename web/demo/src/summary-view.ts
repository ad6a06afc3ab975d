// Summaries: a text, a button, and what comes of it as it comes.
import { byId, setText } from './dom.js';
import { wordCount } from './document.js';
import { failureOf, isAbort } from './failure.js';
import { failureNode } from './load-view.js';
import { text, writing } from './strings.js';
import type { SummarizationPipeline } from 'dragoman';
import type { ModelSlot } from './model-slot.js';

export class SummaryView {
  readonly #field = byId('summary-text', HTMLTextAreaElement);
  readonly #go = byId('summary-go', HTMLButtonElement);
  readonly #stop = byId('summary-stop', HTMLButtonElement);
  readonly #output = byId('summary-output', HTMLElement);
  readonly #failure = byId('summary-failure', HTMLElement);
  readonly #slot: ModelSlot<SummarizationPipeline>;
  readonly #announce: (message: string) => void;
  #controller: AbortController | undefined;

  constructor(slot: ModelSlot<SummarizationPipeline>, announce: (message: string) => void) {
    this.#slot = slot;
    this.#announce = announce;
    byId('summary-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#run();
    });
    this.#field.addEventListener('input', () => this.#draw());
    this.#stop.addEventListener('click', () => this.#controller?.abort());
    slot.model.watch(() => {
      this.#controller?.abort();
      this.#draw();
    });
  }

  #draw(): void {
    const busy = this.#controller !== undefined;
    const ready = this.#slot.model.value !== undefined;
    const words = wordCount(this.#field.value);
    this.#go.hidden = busy;
    this.#go.disabled = !ready || words === 0;
    this.#stop.hidden = !busy;
    setText(byId('summary-count', HTMLElement), words === 0 ? '' : text.words(words));
    const shown = this.#output.textContent !== '';
    const empty = byId('summary-empty', HTMLElement);
    empty.hidden = shown || busy;
    setText(empty, ready ? writing.summaryEmpty : writing.needsModel);
    this.#output.classList.toggle('growing', busy);
  }

  #fail(error: unknown): void {
    this.#failure.hidden = error === undefined;
    this.#failure.replaceChildren(...(error === undefined ? [] : [failureNode(failureOf(error))]));
  }

  async #run(): Promise<void> {
    const model = this.#slot.model.value;
    if (model === undefined || this.#controller !== undefined) return;
    const controller = new AbortController();
    this.#controller = controller;
    this.#output.textContent = '';
    this.#fail(undefined);
    this.#draw();
    try {
      const { signal } = controller;
      for await (const { summary_text: best } of model.stream(this.#field.value, { signal })) {
        this.#output.textContent = best;
      }
      this.#announce(writing.summarised(this.#output.textContent ?? ''));
    } catch (error) {
      if (isAbort(error)) this.#announce(writing.stopped);
      else this.#fail(error);
    }
    this.#controller = undefined;
    this.#draw();
  }
}
