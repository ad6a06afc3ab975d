// Runs the requests of all models in turns, a few milliseconds each, and looks at messages
// between: so a request can be cancelled, and a short one need not wait for a long one.
import { abortReason } from '../common/errors.js';
import { guarded } from './module.js';
import type { RunAnswer } from '../common/protocol.js';
import type { RunningModule } from './module.js';

// Long enough for the way through the event loop to cost nothing, far below what one notices.
const turnMilliseconds = 8;

interface Job {
  handle: number;
  signal: AbortSignal;
  report: ((progress: string) => void) | undefined;
  resolve(answer: RunAnswer): void;
  reject(error: unknown): void;
}

// One channel for all turns: one that nothing refers to may be collected with its message.
let turns: MessageChannel | undefined;
const waiting: (() => void)[] = [];

/** Lets waiting messages in, without the pause that setTimeout makes. */
export function nextTurn(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  if (turns === undefined) {
    turns = new MessageChannel();
    turns.port1.onmessage = () => waiting.shift()?.();
  }
  const { port2 } = turns;
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}

export class Scheduler {
  readonly #module: RunningModule;
  #jobs: Job[] = [];
  #running = false;

  constructor(module: RunningModule) {
    this.#module = module;
  }

  /** Whether there are requests. */
  get isRunning(): boolean {
    return this.#running;
  }

  /**
   * @param request JSON {"inputs", "options"}
   * @param report is told after every step what it changed
   */
  run(
    model: number,
    request: string,
    signal: AbortSignal,
    report?: (progress: string) => void,
  ): Promise<RunAnswer> {
    return new Promise((resolve, reject) => {
      const handle = guarded(() => this.#module.engine.startJob(model, request));
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
    const { engine } = this.#module;
    const { handle, signal, report } = job;
    try {
      const goesOn =
        !signal.aborted && guarded(() => engine.stepJob(handle, performance.now() / 1000));
      if (report && !signal.aborted) report(guarded(() => engine.jobProgress(handle)));
      if (goesOn) return true;
      if (signal.aborted) job.reject(abortReason(signal));
      else job.resolve(this.#answer(handle));
    } catch (error) {
      job.reject(error);
    }
    try {
      guarded(() => engine.cancelJob(handle));
    } catch {
      // Nothing is left to free: the model was deleted meanwhile, or the module is lost.
    }
    return false;
  }

  // Attached arrays are copied out once, and handed over to the page after that.
  #answer(handle: number): RunAnswer {
    const { engine, memory } = this.#module;
    const json = guarded(() => engine.jobResult(handle));
    const places = JSON.parse(guarded(() => engine.jobAttachments(handle))) as [number, number][];
    const attachments = places.map(([address, length]) => {
      const copy = new Uint8Array(length);
      copy.set(new Uint8Array(memory.buffer, address, length));
      return copy.buffer;
    });
    return { json, attachments };
  }
}
