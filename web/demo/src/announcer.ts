// What screen readers are told. One line at a time and after a pause, so that typing is not
// answered by chatter.
import { byId } from './dom.js';

const pause = 1200;

export class Announcer {
  readonly #region = byId('announcer', HTMLElement);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Says something when nothing else is said for a moment. */
  later(message: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(message), pause);
  }

  now(message: string): void {
    clearTimeout(this.#timer);
    // The same words again are no change, and would not be read.
    this.#region.textContent = '';
    requestAnimationFrame(() => (this.#region.textContent = message));
  }
}
