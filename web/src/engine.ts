// The engine as pages see it: worker threads that come and go, and models that outlive them.
//
// One worker serves all models of one way of execution. It starts with the first model and ends
// with the last, which gives its memory back. When it dies, what was asked of it is rejected and
// the next call starts another, into which models are loaded again.
import { wasmUrl, workerUrl } from './assets.js';
import { DragomanError, messageOf } from './common/errors.js';
import { Channel } from './common/channel.js';
import { abortable } from './common/signals.js';
import type { CallOptions } from './common/channel.js';
import { protocolVersion } from './common/protocol.js';
import { createPageHandlers } from './page-fetch.js';
import { startWorker } from './worker-port.js';
import type {
  ExportStart,
  FileEvent,
  LoadAnswer,
  LoadParams,
  MemoryUse,
  ModelInfo,
  PageMethods,
  RunAnswer,
  Variant,
  WorkerMethods,
} from './common/protocol.js';
import type { Execution } from './variant.js';
import type { WorkerPort } from './worker-port.js';

type WorkerChannel = Channel<WorkerMethods, PageMethods>;

export type ModelSpec = Omit<LoadParams, 'model'>;

export interface LoadOptions {
  signal?: AbortSignal | undefined;
  onEvent?: ((event: FileEvent) => void) | undefined;
}

/** A worker thread from its start to its end. */
class Session {
  readonly channel: WorkerChannel;
  readonly #port: WorkerPort;
  ended = false;
  models = 0;

  constructor(poolSize: number) {
    const handlers = createPageHandlers();
    this.channel = new Channel(
      (message, transfer) => this.#port.post(message, transfer),
      handlers,
      (error) => this.end(error.message),
    );
    this.#port = startWorker(workerUrl(), poolSize, {
      message: (data) => this.channel.receive(data as never),
      death: (reason) => this.end(reason),
    });
    this.#port.keepAlive(false);
  }

  /** @returns whether the variant computes rightly here */
  async start(variant: Variant): Promise<boolean> {
    const { poolPorts } = this.#port;
    const params = { version: protocolVersion, variant, poolPorts, wasmUrl: wasmUrl(variant) };
    const { selfTest } = await this.call('start', params, { transfer: poolPorts });
    return selfTest;
  }

  /** As Channel.call; meanwhile a Node program does not end. */
  async call<Name extends keyof WorkerMethods>(
    method: Name,
    params: WorkerMethods[Name]['params'],
    options: CallOptions<WorkerMethods[Name]['event']> = {},
  ): Promise<WorkerMethods[Name]['result']> {
    if (this.ended) throw new DragomanError('worker-crashed', 'The worker has ended.');
    const answer = this.channel.call(method, params, options);
    this.#port.keepAlive(true);
    try {
      return await answer;
    } finally {
      if (this.channel.pending === 0) this.#port.keepAlive(false);
    }
  }

  end(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.#port.terminate();
    this.channel.close(new DragomanError('worker-crashed', `The worker has ended: ${reason}.`));
  }

  release(): void {
    this.models--;
    if (this.models === 0) this.end('its last model was disposed of');
  }
}

async function startSession({ variant, threads }: Execution): Promise<Session> {
  const session = new Session(threads - 1);
  try {
    if (await session.start(variant)) return session;
  } catch (error) {
    session.end(messageOf(error));
    throw error;
  }
  const reason = `the variant ${variant} computes wrongly on this platform`;
  session.end(reason);
  throw new DragomanError('unsupported-browser', `${reason[0]?.toUpperCase()}${reason.slice(1)}.`);
}

/** The workers of one wish for execution, one alive at a time. */
export class Engine {
  readonly #candidates: readonly Execution[];
  #execution: Execution;
  #session: Promise<Session> | undefined;

  /** @param candidates how to run, best first; not empty */
  constructor(candidates: readonly Execution[]) {
    this.#candidates = candidates;
    this.#execution = candidates[0] as Execution;
  }

  /** How it runs; final once a model is loaded. */
  get execution(): Execution {
    return this.#execution;
  }

  /** A worker that takes calls, with one more model counted. Pair with Session.release(). */
  async acquire(): Promise<Session> {
    for (;;) {
      this.#session ??= this.#start();
      const starting = this.#session;
      try {
        const session = await starting;
        if (!session.ended) {
          session.models++;
          return session;
        }
      } catch (error) {
        if (this.#session === starting) this.#session = undefined;
        throw error;
      }
      if (this.#session === starting) this.#session = undefined;
    }
  }

  async #start(): Promise<Session> {
    let failure: unknown;
    for (const execution of this.#candidates) {
      try {
        const session = await startSession(execution);
        this.#execution = execution;
        return session;
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }
}

const engines = new Map<string, Engine>();

/** The engine for these candidates; pipelines that want the same share one. */
export function engineFor(candidates: readonly Execution[]): Engine {
  const key = JSON.stringify(candidates);
  let engine = engines.get(key);
  if (engine === undefined) engines.set(key, (engine = new Engine(candidates)));
  return engine;
}

let lastModel = 0;

/** A model that is loaded, and loaded again after its worker died. */
export class LoadedModel {
  readonly #engine: Engine;
  readonly #spec: ModelSpec;
  readonly #id = ++lastModel;
  #session: Session | undefined;
  #loading: Promise<Session> | undefined;
  #answer: LoadAnswer | undefined;
  readonly #disposal = new AbortController();

  private constructor(engine: Engine, spec: ModelSpec) {
    this.#engine = engine;
    this.#spec = spec;
  }

  static async load(engine: Engine, spec: ModelSpec, options: LoadOptions): Promise<LoadedModel> {
    const model = new LoadedModel(engine, spec);
    await model.#load(options);
    return model;
  }

  get info(): ModelInfo {
    return (this.#answer as LoadAnswer).info;
  }

  /** Whether a small request takes some milliseconds, the first some tens of them. */
  get isQuick(): boolean {
    return (this.#answer as LoadAnswer).isQuick;
  }

  get execution(): Execution {
    return this.#engine.execution;
  }

  /**
   * @param request JSON {"inputs", "options"}
   * @param onEvent is told after every step what it changed, in JSON
   */
  async run(
    request: string,
    signal?: AbortSignal,
    onEvent?: (event: string) => void,
  ): Promise<RunAnswer> {
    // Made only where it is needed: signals that follow others take their time in Node.
    const either = signal && abortable(this.#disposal.signal, signal);
    const end = either?.signal ?? this.#disposal.signal;
    try {
      const session = await this.#ready(end);
      const params = { model: this.#id, request, reports: onEvent !== undefined };
      return await session.call('run', params, { signal: end, onEvent });
    } finally {
      either?.release();
    }
  }

  /** Lets the worker prepare for later requests, until there is one. */
  warmUp(): void {
    const warming = this.#session?.call('warmUp', { model: this.#id });
    warming?.catch(() => undefined); // Of what is wrong the next request will tell.
  }

  /** Begins to write the model; readExport() gives its weights. */
  async beginExport(): Promise<ExportStart> {
    const session = await this.#ready(this.#disposal.signal);
    return session.call('beginExport', { model: this.#id });
  }

  async readExport(): Promise<Uint8Array<ArrayBuffer> | null> {
    const session = await this.#ready(this.#disposal.signal);
    return session.call('readExport', { model: this.#id });
  }

  async memoryUse(): Promise<MemoryUse> {
    const session = await this.#ready(this.#disposal.signal);
    return session.call('memory', null);
  }

  /** Calls that wait are rejected with `disposed`, as all later ones. */
  async dispose(): Promise<void> {
    if (this.#disposal.signal.aborted) return;
    const { name, task } = this.#spec;
    const what = task === 'tokenizer' ? task : 'pipeline';
    this.#disposal.abort(new DragomanError('disposed', `The ${what} for ${name} was disposed of.`));
    const session = (await this.#loading?.catch(() => undefined)) ?? this.#session;
    if (session === undefined || session.ended) return;
    // Other models may go on using this worker; where none does, all of it goes.
    if (session.models > 1) await session.call('unload', { model: this.#id });
    session.release();
  }

  async #ready(signal: AbortSignal): Promise<Session> {
    signal.throwIfAborted();
    if (this.#session !== undefined && !this.#session.ended) return this.#session;
    // Several calls may wait for one reload, so it does not end with the signal of any of them.
    this.#loading ??= this.#load({}).finally(() => (this.#loading = undefined));
    const session = await this.#loading;
    signal.throwIfAborted();
    return session;
  }

  async #load({ signal, onEvent }: LoadOptions): Promise<Session> {
    const session = await this.#engine.acquire();
    try {
      const params = { ...this.#spec, model: this.#id };
      this.#answer = await session.call('load', params, { signal, onEvent });
      this.#session = session;
      return session;
    } catch (error) {
      // The worker undoes a load that failed or was aborted; only the count is ours.
      if (!session.ended) session.release();
      throw error;
    }
  }
}
