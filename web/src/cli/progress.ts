// A line on standard error that tells how far the work is, where someone is looking at it.
import type { ProgressEvent } from 'dragoman';

const width = 24;
const drawMilliseconds = 100;

export class ProgressBar {
  readonly #visible = process.stderr.isTTY === true;
  readonly #files = new Map<string, { loaded: number; total: number }>();
  #drawn = 0;
  #shown = false;

  /** While the model is loaded. */
  loading(event: ProgressEvent): void {
    if (event.status !== 'progress') return;
    this.#files.set(event.file, event);
    const sums = { loaded: 0, total: 0 };
    for (const { loaded, total } of this.#files.values()) {
      sums.loaded += loaded;
      sums.total += total;
    }
    const share = sums.total > 0 ? sums.loaded / sums.total : undefined;
    this.#draw(`loading ${event.name}`, share);
  }

  /** @param share in [0, 1] where known */
  working(lines: number, share: number | undefined): void {
    this.#draw(`${lines.toLocaleString('en')} lines`, share);
  }

  /** Takes the bar away, for other output or for good. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }

  #draw(label: string, share: number | undefined): void {
    const now = performance.now();
    if (!this.#visible || (this.#shown && now - this.#drawn < drawMilliseconds)) return;
    this.#drawn = now;
    this.#shown = true;
    const full = Math.round((share ?? 0) * width);
    const bar = `[${'#'.repeat(full)}${'.'.repeat(width - full)}] `;
    const percent = ` ${Math.floor((share ?? 0) * 100)} %`;
    const text = share === undefined ? label : `${bar}${label}${percent}`;
    process.stderr.write(`\r\x1b[K${text}`);
  }
}
