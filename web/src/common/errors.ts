// The one error class of the package, and its passage through messages.
import type { ErrorCode } from '../generated/errors.js';

export type { ErrorCode };

/** What every failure is thrown as, but for aborts: those are the platform's `AbortError`. */
export class DragomanError extends Error {
  override readonly name = 'DragomanError';
  /** What kind of failure it is; the list is in docs/errors.md. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A failure as it crosses from one thread to the other. */
export interface ErrorMessage {
  code: ErrorCode | 'abort';
  message: string;
  /** The sender is not to be used any more. */
  fatal?: boolean;
}

/** The sentence of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** The failure behind an abort: what the caller gave as reason, else an AbortError. */
export function abortReason(signal: AbortSignal): unknown {
  return signal.reason ?? new DOMException('This operation was aborted', 'AbortError');
}
