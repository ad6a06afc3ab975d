// Translates what is typed, sentence by sentence: waits for a pause, asks only for sentences it
// does not know yet, and ends a request of which something is no longer wanted.
import { Observable } from './observable.js';
import { emptyDocument, predecessors, splitDocument, wordCount } from './document.js';
import { failureOf, isAbort } from './failure.js';
import type { TranslationPipeline } from 'dragoman';
import type { DocumentView, SentenceView } from './document.js';
import type { Failure } from './failure.js';

/** How long to wait for the next key, in milliseconds. */
const pause = 160;
/** Sentences of one request: those at the top of a long text should not wait for the end. */
const batchSize = 8;
/** Translations to keep of sentences that have left the text; some come back. */
const mostKept = 500;

interface Known {
  translation: string;
  truncated: boolean;
}

export interface Alternative {
  translation: string;
  score: number;
}

export class LiveTranslation {
  readonly document = new Observable<DocumentView>(emptyDocument);
  readonly busy = new Observable(false);
  readonly failure = new Observable<Failure | undefined>(undefined);
  /** Source words a second of the last request. */
  readonly speed = new Observable<number | undefined>(undefined);
  #model: TranslationPipeline | undefined;
  #beams = 4;
  readonly #known = new Map<string, Known>();
  /** Sentences that the model could not translate, such as those too long for it. */
  readonly #refused = new Set<string>();
  #batchSize = batchSize;
  #running: { sentences: ReadonlySet<string>; controller: AbortController } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  get #locale(): string {
    return this.#model?.info.source_lang ?? 'en';
  }

  /** Another model or another search gives other translations. */
  setModel(model: TranslationPipeline | undefined): void {
    this.#model = model;
    this.#forget();
  }

  setBeams(beams: number): void {
    this.#beams = beams;
    this.#forget();
  }

  /** @param now without waiting for the next key */
  setText(text: string, now = false): void {
    this.#show(splitDocument(text, this.#locale));
    if (!this.document.value.sentences.some(({ source }) => this.#refused.has(source))) {
      this.failure.set(undefined);
    }
    clearTimeout(this.#timer);
    if (now) this.#run();
    else this.#timer = setTimeout(() => this.#run(), pause);
  }

  /** Puts another translation in the place of a sentence's, wherever it stands in the text. */
  choose(source: string, translation: string): void {
    this.#known.set(source, { translation, truncated: false });
    this.#update(source, { translation, state: 'done', truncated: false });
  }

  /** Other translations of a sentence from the beam, best first. */
  async alternatives(source: string, signal: AbortSignal): Promise<Alternative[]> {
    if (this.#model === undefined) return [];
    const beams = Math.max(5, this.#beams);
    const found = await this.#model(source, {
      num_beams: beams,
      num_return_sequences: Math.min(5, beams),
      split_sentences: false,
      signal,
    });
    const texts = new Map<string, number>();
    for (const { translation_text: translation, score } of found) {
      // Different tokens may spell the same text.
      if (!texts.has(translation)) texts.set(translation, score);
    }
    return [...texts].map(([translation, score]) => ({ translation, score }));
  }

  #forget(): void {
    this.#known.clear();
    this.#refused.clear();
    this.#stop();
    const { text, sentences } = this.document.value;
    const stale = sentences.map((view): SentenceView => ({ ...view, state: 'stale' }));
    this.document.set({ ...this.document.value, sentences: stale });
    this.setText(text, true);
  }

  #stop(): void {
    this.#running?.controller.abort();
    this.#running = undefined;
    this.busy.set(false);
  }

  /** Shows a new text with what is known of it. */
  #show(next: DocumentView): void {
    const before = predecessors(this.document.value.sentences, next.sentences);
    const sentences = next.sentences.map((view, index): SentenceView => {
      const known = this.#known.get(view.source);
      if (known) return { ...view, ...known, state: 'done' };
      const earlier = before[index];
      if (earlier === undefined || earlier.translation === '') return view;
      const grows = earlier.source === view.source && earlier.state === 'partial';
      return { ...view, translation: earlier.translation, state: grows ? 'partial' : 'stale' };
    });
    this.document.set({ ...next, sentences });
  }

  #update(source: string, change: Partial<SentenceView>): void {
    const { value } = this.document;
    const sentences = value.sentences.map((view) =>
      view.source === source ? { ...view, ...change } : view,
    );
    this.document.set({ ...value, sentences });
  }

  #missing(): string[] {
    const sources = this.document.value.sentences.map(({ source }) => source);
    const settled = (source: string) => this.#known.has(source) || this.#refused.has(source);
    return [...new Set(sources)].filter((source) => !settled(source));
  }

  #run(): void {
    const model = this.#model;
    if (model === undefined) return;
    const missing = this.#missing();
    if (this.#running) {
      const wanted = new Set(missing);
      if ([...this.#running.sentences].every((sentence) => wanted.has(sentence))) return;
      this.#stop();
    }
    const batch = missing.slice(0, this.#batchSize);
    if (batch.length === 0) return;
    const controller = new AbortController();
    const running = { sentences: new Set(batch), controller };
    this.#running = running;
    this.busy.set(true);
    void this.#translate(model, batch, controller.signal)
      .then(() => {
        if (this.#running === running) this.#goOn();
      })
      .catch((error: unknown) => {
        if (this.#running === running) this.#fail(batch, error);
      });
  }

  /** One bad sentence must not keep the others from being translated. */
  #fail(batch: string[], error: unknown): void {
    if (isAbort(error)) {
      this.#stop();
      return;
    }
    const [only, ...others] = batch;
    if (others.length > 0) {
      // Which of them it was shows when each goes alone.
      this.#batchSize = 1;
    } else {
      this.#batchSize = batchSize;
      this.#refused.add(only ?? '');
      this.failure.set(failureOf(error));
    }
    this.#goOn();
  }

  #goOn(): void {
    this.#running = undefined;
    if (this.#missing().length > 0) this.#run();
    else this.busy.set(false);
  }

  async #translate(
    model: TranslationPipeline,
    batch: string[],
    signal: AbortSignal,
  ): Promise<void> {
    const start = performance.now();
    // Each is one sentence already.
    const options = { num_beams: this.#beams, split_sentences: false, signal };
    for await (const news of model.stream(batch, options)) {
      const source = batch[news.index] ?? '';
      const [best] = news.translations ?? [];
      if (best) this.#keep(source, best.translation_text, best.truncated === true);
      else this.#update(source, { translation: news.translation_text, state: 'partial' });
    }
    const seconds = (performance.now() - start) / 1000;
    this.speed.set(wordCount(batch.join(' ')) / seconds);
  }

  #keep(source: string, translation: string, truncated: boolean): void {
    const { sentences } = this.document.value;
    if (this.#known.size > sentences.length + mostKept) this.#prune();
    this.#known.set(source, { translation, truncated });
    this.#update(source, { translation, truncated, state: 'done' });
  }

  #prune(): void {
    const present = new Set(this.document.value.sentences.map(({ source }) => source));
    for (const source of this.#known.keys()) {
      if (!present.has(source)) this.#known.delete(source);
    }
  }
}
