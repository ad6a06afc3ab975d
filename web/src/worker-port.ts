// Starting the worker and the threads of its engine, in pages and in Node, and hearing of their
// end.
//
// The threads are the page's workers, not the worker's own: there `new Worker()` waits for the
// page, and in Firefox now and then for ever, when another worker was ended shortly before. They
// also fetch and compile their script while the worker does.
import { builtin, isNode } from './common/platform.js';
import { DragomanError } from './common/errors.js';
import { poolName } from './common/protocol.js';
import type { Send } from './common/channel.js';

interface Thread {
  post: Send;
  terminate(): void;
  /** Whether the thread keeps a Node program running. */
  keepAlive(on: boolean): void;
}

/** The worker and its threads; they end together. */
export interface WorkerPort extends Thread {
  /** One for each of the threads, to be handed to the worker. */
  readonly poolPorts: MessagePort[];
}

export interface WorkerEvents {
  message(data: unknown): void;
  /** A thread died, or never came to life. */
  death(reason: string): void;
}

/**
 * @param url absolute
 * @param poolSize how many threads there are beside the worker
 */
export function startWorker(url: string, poolSize: number, events: WorkerEvents): WorkerPort {
  const start = isNode() ? startThread : startWebWorker;
  if (!isNode() && typeof Worker === 'undefined') {
    throw new DragomanError(
      'unsupported-browser',
      'There are no workers here: pipelines run in a browser page or in Node, not where pages ' +
        'are only rendered.',
    );
  }
  const source = isNode() ? url : startUrl(url);
  const worker = start(source, 'dragoman', events);
  const poolPorts: MessagePort[] = [];
  const pool = Array.from({ length: poolSize }, () => {
    const thread = start(source, poolName, { ...events, message: () => {} });
    const { port1, port2 } = new MessageChannel();
    poolPorts.push(port1);
    thread.post(port2, [port2]);
    // Threads of the pool wait for work; they must not keep anything running.
    thread.keepAlive(false);
    return thread;
  });
  return {
    ...worker,
    poolPorts,
    terminate() {
      for (const thread of [worker, ...pool]) thread.terminate();
    },
  };
}

function startThread(url: string, name: string, events: WorkerEvents): Thread {
  const { Worker: Thread } = builtin('node:worker_threads');
  const thread = new Thread(new URL(url), {
    workerData: { url, name },
    // The program's own flags, such as --input-type, are not for us.
    execArgv: [],
  });
  thread.on('message', (data) => events.message(data));
  thread.on('messageerror', (error) => events.death(error.message));
  thread.on('error', (error) => events.death(error.message));
  thread.on('exit', (status) => events.death(`it ended with ${status}`));
  return {
    post: (message, transfer = []) => thread.postMessage(message, transfer as ArrayBuffer[]),
    terminate: () => void thread.terminate(),
    keepAlive: (on) => (on ? thread.ref() : thread.unref()),
  };
}

function startWebWorker(url: string, name: string, events: WorkerEvents): Thread {
  const worker = new Worker(url, { type: 'module', name });
  worker.onmessage = ({ data }) => events.message(data);
  worker.onmessageerror = () => events.death('a message could not be read');
  worker.onerror = ({ message }) => events.death(message || `${url} could not be loaded`);
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    terminate: () => worker.terminate(),
    keepAlive: () => {},
  };
}

// A worker must come from the page's own origin. For a package on another one, a blob of ours
// imports it; the blob stays, as it is not told when the threads have fetched it.
function startUrl(url: string): string {
  if (new URL(url).origin === globalThis.location.origin) return url;
  const source = `import ${JSON.stringify(url)};`;
  return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
}
