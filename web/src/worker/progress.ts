// Tells the page how far the loading of a model is.
import type { FileEvent, Progress } from '../common/protocol.js';

// At most this often per file: listeners draw, and messages cost.
const reportMilliseconds = 40;

type Emit = (event: FileEvent) => void;

/** Percent; 0 while the size is not known. */
function percent({ loaded, total }: Progress): number {
  return total > 0 ? Math.min(100, (100 * loaded) / total) : 0;
}

export class LoadProgress {
  readonly name: string;
  readonly emit: Emit;
  readonly #files = new Map<string, Progress>();
  readonly #unknown = new Set<string>();
  #sizesAsked = false;
  #reported = 0;

  constructor(name: string, emit: Emit) {
    this.name = name;
    this.emit = emit;
  }

  /** Begins the account of a file. @param total bytes, where known */
  file(name: string, total: number | undefined, cached = false): FileProgress {
    const progress = { loaded: 0, total: total ?? 0 };
    this.#files.set(name, progress);
    if (total === undefined) this.#unknown.add(name);
    else this.#unknown.delete(name);
    return new FileProgress(this, name, progress, cached);
  }

  /** A file that will be read later. @param total bytes, where known */
  expect(name: string, total: number | undefined): void {
    this.file(name, total);
  }

  /** The size of a file is known by now. */
  known(name: string): void {
    this.#unknown.delete(name);
  }

  /** From now on sums make sense: the size of each file was asked for. */
  sizesAsked(): void {
    this.#sizesAsked = true;
    this.report(true);
  }

  /** @param now also when the last report was a moment ago */
  report(now = false): void {
    if (!this.#sizesAsked) return;
    if (!now && performance.now() - this.#reported < reportMilliseconds) return;
    this.#reported = performance.now();
    const sum = { loaded: 0, total: 0 };
    for (const { loaded, total } of this.#files.values()) {
      sum.loaded += loaded;
      sum.total += total;
    }
    if (this.#unknown.size > 0) sum.total = 0;
    const files = Object.fromEntries([...this.#files].map(([file, each]) => [file, { ...each }]));
    const { name } = this;
    this.emit({ status: 'progress_total', name, progress: percent(sum), ...sum, files });
  }

  warn(message: string): void {
    this.emit({ status: 'warning', name: this.name, message });
  }
}

export class FileProgress {
  readonly #all: LoadProgress;
  readonly #about: { name: string; file: string; cached?: boolean };
  readonly #progress: Progress;
  #reported = 0;

  constructor(all: LoadProgress, file: string, progress: Progress, cached: boolean) {
    this.#all = all;
    this.#about = { name: all.name, file, ...(cached ? { cached } : {}) };
    this.#progress = progress;
  }

  begin(): void {
    this.#all.emit({ status: 'initiate', ...this.#about });
    this.#all.emit({ status: 'download', ...this.#about });
  }

  add(bytes: number): void {
    this.#progress.loaded += bytes;
    if (performance.now() - this.#reported > reportMilliseconds) this.#report();
    this.#all.report();
  }

  /** The file is there, and its size known at last. */
  end(): void {
    this.#progress.total = this.#progress.loaded;
    this.#all.known(this.#about.file);
    this.#report();
    this.#all.emit({ status: 'done', ...this.#about });
    this.#all.report(true);
  }

  #report(): void {
    const progress = percent(this.#progress);
    this.#all.emit({ status: 'progress', ...this.#about, progress, ...this.#progress });
    this.#reported = performance.now();
  }
}
