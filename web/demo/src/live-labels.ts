// Classifies the sentences of the text, each once, after its translation is on its way.
import { Observable } from './observable.js';
import { failureOf, isAbort } from './failure.js';
import type { Classification, TextClassificationPipeline } from 'dragoman';
import type { Failure } from './failure.js';

const pause = 250;
const batchSize = 8;
/** Labels to keep of sentences that have left the text. */
const mostKept = 500;

/** The best label of each sentence that has one by now. */
export type Labels = ReadonlyMap<string, Classification>;

export class LiveLabels {
  readonly labels = new Observable<Labels>(new Map());
  readonly failure = new Observable<Failure | undefined>(undefined);
  #model: TextClassificationPipeline | undefined;
  #sentences: readonly string[] = [];
  #controller: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  setModel(model: TextClassificationPipeline | undefined): void {
    this.#model = model;
    this.#controller?.abort();
    this.#controller = undefined;
    this.labels.set(new Map());
    this.#schedule();
  }

  setSentences(sentences: readonly string[]): void {
    this.#sentences = sentences;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#missing().length === 0) return;
    this.#timer = setTimeout(() => void this.#run(), pause);
  }

  #missing(): string[] {
    return [...new Set(this.#sentences)].filter((sentence) => !this.labels.value.has(sentence));
  }

  async #run(): Promise<void> {
    const model = this.#model;
    const batch = this.#missing().slice(0, batchSize);
    if (model === undefined || batch.length === 0 || this.#controller) return;
    const controller = new AbortController();
    this.#controller = controller;
    try {
      const found = await model(batch, { truncation: true, signal: controller.signal });
      if (controller.signal.aborted) return;
      const kept = [...this.labels.value].slice(-mostKept - this.#sentences.length);
      const added = batch.map((sentence, index) => [sentence, found[index]] as const);
      this.labels.set(new Map([...kept, ...added] as [string, Classification][]));
      this.failure.set(undefined);
    } catch (error) {
      if (!isAbort(error) && !controller.signal.aborted) this.failure.set(failureOf(error));
      return;
    } finally {
      if (this.#controller === controller) this.#controller = undefined;
    }
    await this.#run();
  }
}
