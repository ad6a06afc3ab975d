// Abort signals that follow others.

export interface Abortable {
  signal: AbortSignal;
  abort(reason: unknown): void;
  /** Lets go of the parents; to be called at the end. */
  release(): void;
}

/** A signal that follows whichever parent comes first, and can be aborted by itself. */
export function abortable(...parents: (AbortSignal | undefined)[]): Abortable {
  // AbortSignal.any is too new to be relied upon.
  const controller = new AbortController();
  const stop = (event: Event) => controller.abort((event.target as AbortSignal).reason);
  for (const parent of parents) {
    if (parent?.aborted) controller.abort(parent.reason);
    parent?.addEventListener('abort', stop, { once: true });
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => parents.forEach((parent) => parent?.removeEventListener('abort', stop)),
  };
}
