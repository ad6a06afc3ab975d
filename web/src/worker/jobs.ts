// Runs the requests of all models in turns, a few milliseconds each, and looks at messages
// between: so a request can be cancelled, and a short one need not wait for a long one.
import { abortReason } from '../common/errors.js';
import { guarded } from './module.js';
import type { EngineModule } from './module.js';

// Long enough for the way through the event loop to cost nothing, far below what one notices.
const turnMilliseconds = 8;

interface Job {
  handle: number;
  signal: AbortSignal;
  report: ((progress: string) => void) | undefined;
  resolve(result: string): void;
  reject(error: unknown): void;
}

/** Lets waiting messages in, without the pause that setTimeout makes. */
export function nextTurn(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

export class Scheduler {
  readonly #engine: EngineModule;
  #jobs: Job[] = [];
  #running = false;

  constructor(engine: EngineModule) {
    this.#engine = engine;
  }

  /**
   * @param request JSON {"inputs", "options"}
   * @param report is told after every step what it changed
   * @returns JSON, an array parallel to the inputs
   */
  run(
    model: number,
    request: string,
    signal: AbortSignal,
    report?: (progress: string) => void,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const handle = guarded(() => this.#engine.startJob(model, request));
      this.#jobs.push({ handle, signal, report, resolve, reject });
      if (!this.#running) void this.#runAll();
    });
  }

  async #runAll(): Promise<void> {
    this.#running = true;
    while (this.#jobs.length > 0) {
      const end = performance.now() + turnMilliseconds;
      while (this.#jobs.length > 0 && performance.now() < end) this.#stepAll();
      await nextTurn();
    }
    this.#running = false;
  }

  #stepAll(): void {
    this.#jobs = this.#jobs.filter((job) => this.#step(job));
  }

  /** @returns whether the job goes on */
  #step(job: Job): boolean {
    const { handle, signal, report } = job;
    try {
      const goesOn = !signal.aborted && guarded(() => this.#engine.stepJob(handle));
      if (report && !signal.aborted) report(guarded(() => this.#engine.jobProgress(handle)));
      if (goesOn) return true;
      if (signal.aborted) job.reject(abortReason(signal));
      else job.resolve(guarded(() => this.#engine.jobResult(handle)));
    } catch (error) {
      job.reject(error);
    }
    try {
      guarded(() => this.#engine.cancelJob(handle));
    } catch {
      // Nothing is left to free: the model was deleted meanwhile, or the module is lost.
    }
    return false;
  }
}
