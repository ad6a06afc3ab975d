// Makes a thread of Node look like a web worker, for our own entry and for Emscripten's glue,
// which is made for web workers. Imported before either; does nothing in pages.
import { builtin, isNode } from '../common/platform.js';
import type { MessagePort, Worker as Thread } from 'node:worker_threads';

interface ThreadData {
  url: string;
  name: string;
}

type Listener = ((event: { data: unknown }) => void) | undefined;

/** The part of the web's Worker that the glue uses to start threads. */
class WebWorker {
  onmessage: Listener;
  onerror: ((event: { message: string }) => void) | undefined;
  readonly #thread: Thread;

  constructor(url: string, { name }: { name: string }) {
    const { Worker: NodeThread } = builtin('node:worker_threads');
    this.#thread = new NodeThread(new URL(url), { workerData: { url, name }, execArgv: [] });
    this.#thread.on('message', (data) => this.onmessage?.({ data }));
    this.#thread.on('error', ({ message }) => this.onerror?.({ message }));
    // Threads of the pool wait for work; they must not keep anything running.
    this.#thread.unref();
  }

  postMessage(message: unknown, transfer: ArrayBuffer[] = []): void {
    this.#thread.postMessage(message, transfer);
  }

  terminate(): void {
    void this.#thread.terminate();
  }
}

function imitate(port: MessagePort, { url, name }: ThreadData): void {
  const scope = globalThis as typeof globalThis & { onmessage: Listener };
  Object.assign(globalThis, {
    self: globalThis,
    name,
    location: { href: url },
    Worker: WebWorker,
    postMessage: (message: unknown, transfer: ArrayBuffer[] = []) => {
      port.postMessage(message, transfer);
    },
  });
  port.on('message', (data) => scope.onmessage?.({ data }));
}

if (isNode()) {
  const { parentPort, workerData } = builtin('node:worker_threads');
  if (parentPort !== null) imitate(parentPort, workerData as ThreadData);
}
