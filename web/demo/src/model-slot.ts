// A place for one model of the page: the translator, the classifier, or that of a task. Holds how
// far its loading is, and keeps the model in use until the next one is ready.
import { Observable } from './observable.js';
import { failureOf, isAbort } from './failure.js';
import type { ModelSource, PipelineBase, ProgressEvent } from 'dragoman';
import type { Failure } from './failure.js';

export interface FileProgress {
  loaded: number;
  /** 0 while the server has not said. */
  total: number;
  done: boolean;
  /** From this browser's storage, not from the network. */
  cached: boolean;
}

export interface Loading {
  name: string;
  loaded: number;
  total: number;
  files: ReadonlyMap<string, FileProgress>;
}

export type SlotState =
  | { kind: 'empty' }
  | { kind: 'loading'; loading: Loading }
  | { kind: 'ready' }
  | { kind: 'failed'; wanted: Wanted; failure: Failure };

/** What a model is loaded from, with the name to show for it; null: the default one. */
export interface Wanted {
  name: string;
  source: ModelSource | null;
}

interface LoadOptions {
  handOver?: (error: unknown) => boolean;
}

type Load<Pipeline> = (
  source: ModelSource | null,
  signal: AbortSignal,
  report: (event: ProgressEvent) => void,
) => Promise<Pipeline>;

/** The account of a loading after one more event. */
function advanced(loading: Loading, event: ProgressEvent): Loading {
  if (event.status === 'progress_total') {
    return { ...loading, loaded: event.loaded, total: event.total };
  }
  if (event.status === 'ready' || event.status === 'warning') return loading;
  const files = new Map(loading.files);
  const cached = event.cached === true;
  const before = files.get(event.file) ?? { loaded: 0, total: 0, done: false, cached };
  if (event.status === 'progress') {
    const { loaded, total } = event;
    files.set(event.file, { ...before, loaded, total });
  } else {
    files.set(event.file, { ...before, done: event.status === 'done' });
  }
  return { ...loading, files };
}

export class ModelSlot<Pipeline extends PipelineBase> {
  readonly state = new Observable<SlotState>({ kind: 'empty' });
  /** The model in use; stays while another one is loaded. */
  readonly model = new Observable<Pipeline | undefined>(undefined);
  readonly #load: Load<Pipeline>;
  #controller: AbortController | undefined;

  constructor(load: Load<Pipeline>) {
    this.#load = load;
  }

  /**
   * Loads a model in place of the one there is; ends a loading that is on its way.
   *
   * @param handOver whether someone else sees to a failure; nothing is then shown of it
   */
  async load(wanted: Wanted, { handOver }: LoadOptions = {}): Promise<void> {
    const { name, source } = wanted;
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    let loading: Loading = { name, loaded: 0, total: 0, files: new Map() };
    this.state.set({ kind: 'loading', loading });
    try {
      const pipeline = await this.#load(source, controller.signal, (event) => {
        if (controller.signal.aborted) return;
        loading = advanced(loading, event);
        this.state.set({ kind: 'loading', loading });
      });
      await this.#adopt(pipeline, controller.signal);
    } catch (error) {
      if (controller.signal.aborted || isAbort(error)) return;
      if (handOver?.(error)) {
        this.cancel();
        return;
      }
      this.fail(wanted, error);
    }
  }

  /** Shows that a model could not be loaded; the one in use stays. */
  fail(wanted: Wanted, error: unknown): void {
    this.state.set({ kind: 'failed', wanted, failure: failureOf(error) });
  }

  /** Ends a loading that is on its way, or forgets that one failed. */
  cancel(): void {
    this.#controller?.abort();
    this.state.set(this.model.value ? { kind: 'ready' } : { kind: 'empty' });
  }

  /** Frees the model there is, and ends a loading that is on its way. */
  async clear(): Promise<void> {
    const { value: before } = this.model;
    this.model.set(undefined);
    this.cancel();
    await before?.dispose();
  }

  /** Puts a loaded model in place, and frees the one before. */
  async #adopt(pipeline: Pipeline, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      // Too late: someone has asked for another one.
      await pipeline.dispose();
      return;
    }
    const { value: before } = this.model;
    this.model.set(pipeline);
    await before?.dispose();
    // Another loading may have begun, whose state is the one to show.
    if (!signal.aborted) this.state.set({ kind: 'ready' });
  }
}
