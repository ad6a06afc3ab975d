// Calls over a message port, both ways, typed by the tables of protocol.ts.
//
// A call may be cancelled by its AbortSignal: the caller is answered at once, the other end is
// told and stops when it can. Answers to calls no longer known are ignored.
import { abortReason, DragomanError, isAbort, messageOf } from './errors.js';
import type { ErrorCode, ErrorMessage } from './errors.js';
import type { Method } from './protocol.js';

type Methods<Table> = { [Name in keyof Table]: Method };

export type Send = (message: unknown, transfer?: Transferable[]) => void;

/** What a handler has besides its parameters. */
export interface CallContext<Event> {
  signal: AbortSignal;
  emit(event: Event): void;
  /** Buffers to hand over with the answer instead of copying them. */
  transfer: Transferable[];
}

export type Handlers<Table extends Methods<Table>> = {
  [Name in keyof Table]: (
    params: Table[Name]['params'],
    context: CallContext<Table[Name]['event']>,
  ) => Promise<Table[Name]['result']> | Table[Name]['result'];
};

export interface CallOptions<Event> {
  signal?: AbortSignal | undefined;
  onEvent?: ((event: Event) => void) | undefined;
  /** What to hand over with the parameters instead of copying it. */
  transfer?: Transferable[];
}

type Message =
  | { kind: 'call'; id: number; method: string; params: unknown }
  | { kind: 'cancel'; id: number }
  | { kind: 'event'; id: number; event: unknown }
  | { kind: 'result'; id: number; result: unknown }
  | { kind: 'error'; id: number; error: ErrorMessage };

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  onEvent?: ((event: never) => void) | undefined;
}

/** Whether the failure leaves the thread it happened in unusable. */
export class FatalError extends DragomanError {}

function toMessage(error: unknown): ErrorMessage {
  const message = messageOf(error);
  if (isAbort(error)) return { code: 'abort', message };
  const code = error instanceof DragomanError ? error.code : ('internal' satisfies ErrorCode);
  return error instanceof FatalError ? { code, message, fatal: true } : { code, message };
}

function fromMessage({ code, message }: ErrorMessage): Error {
  if (code === 'abort') return new DOMException(message, 'AbortError');
  return new DragomanError(code, message);
}

export class Channel<Out extends Methods<Out>, In extends Methods<In>> {
  readonly #send: Send;
  readonly #handlers: Handlers<In>;
  readonly #onFatal: (error: Error) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #running = new Map<number, AbortController>();
  #lastId = 0;

  /** @param onFatal the other end said that it is not to be used any more */
  constructor(send: Send, handlers: Handlers<In>, onFatal: (error: Error) => void = () => {}) {
    this.#send = send;
    this.#handlers = handlers;
    this.#onFatal = onFatal;
  }

  /** Number of calls that wait for an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  call<Name extends keyof Out & string>(
    method: Name,
    params: Out[Name]['params'],
    { signal, onEvent, transfer }: CallOptions<Out[Name]['event']> = {},
  ): Promise<Out[Name]['result']> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortReason(signal));
        return;
      }
      const cancel = () => {
        if (!this.#pending.delete(id)) return;
        this.#send({ kind: 'cancel', id } satisfies Message);
        reject(signal && abortReason(signal));
      };
      const settled = () => signal?.removeEventListener('abort', cancel);
      this.#pending.set(id, {
        resolve: (result) => (settled(), resolve(result)),
        reject: (error) => (settled(), reject(error)),
        onEvent,
      });
      try {
        this.#send({ kind: 'call', id, method, params } satisfies Message, transfer);
      } catch (error) {
        this.#take(id)?.reject(error);
        return;
      }
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  /** To be called with everything that arrives. */
  receive(message: Message): void {
    switch (message.kind) {
      case 'call':
        void this.#answer(message.id, message.method, message.params);
        break;
      case 'cancel':
        this.#running.get(message.id)?.abort();
        break;
      case 'event':
        this.#pending.get(message.id)?.onEvent?.(message.event as never);
        break;
      case 'result':
        this.#take(message.id)?.resolve(message.result);
        break;
      case 'error':
        this.#fail(message.id, message.error);
        break;
    }
  }

  /** Rejects all calls that wait: the other end is gone. */
  close(error: unknown): void {
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of waiting) call.reject(error);
    for (const controller of this.#running.values()) controller.abort();
  }

  #take(id: number): Pending | undefined {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    return call;
  }

  #fail(id: number, error: ErrorMessage): void {
    const cause = fromMessage(error);
    this.#take(id)?.reject(cause);
    if (error.fatal) this.#onFatal(cause);
  }

  async #answer(id: number, method: string, params: unknown): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    const context = {
      signal: controller.signal,
      emit: (event: unknown) => this.#send({ kind: 'event', id, event } satisfies Message),
      transfer: [],
    };
    try {
      const handler = this.#handlers[method as keyof In];
      const result = await handler(params as never, context as never);
      this.#send({ kind: 'result', id, result } satisfies Message, context.transfer);
    } catch (error) {
      this.#send({ kind: 'error', id, error: toMessage(error) } satisfies Message);
    } finally {
      this.#running.delete(id);
    }
  }
}
