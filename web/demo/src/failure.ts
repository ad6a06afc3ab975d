// Errors in words for people.
import { DragomanError } from 'dragoman';
import { errorTexts, text } from './strings.js';

export interface Failure {
  /** What happened, in plain words. */
  summary: string;
  /** The error's own sentence, which names files and values. */
  detail: string;
  code: string;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

export function failureOf(error: unknown): Failure {
  if (error instanceof DragomanError) {
    const { code, message } = error;
    return { summary: errorTexts[code] ?? text.unknownError, detail: message, code };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { summary: text.unknownError, detail, code: 'unknown' };
}
