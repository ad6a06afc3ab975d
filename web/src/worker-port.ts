// Starting the worker thread, in pages and in Node, and hearing of its end.
import { builtin, isNode } from './common/platform.js';
import { DragomanError } from './common/errors.js';
import type { Send } from './common/channel.js';

export interface WorkerPort {
  post: Send;
  terminate(): void;
  /** Whether the thread keeps a Node program running. */
  keepAlive(on: boolean): void;
}

export interface WorkerEvents {
  message(data: unknown): void;
  /** The thread died, or never came to life. */
  death(reason: string): void;
}

/** @param url absolute */
export function startWorker(url: string, events: WorkerEvents): WorkerPort {
  if (isNode()) return startThread(url, events);
  if (typeof Worker === 'undefined') {
    throw new DragomanError(
      'unsupported-browser',
      'There are no workers here: pipelines run in a browser page or in Node, not where pages ' +
        'are only rendered.',
    );
  }
  return startWebWorker(url, events);
}

function startThread(url: string, events: WorkerEvents): WorkerPort {
  const { Worker: Thread } = builtin('node:worker_threads');
  const thread = new Thread(new URL(url), {
    workerData: { url, name: 'dragoman' },
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

function startWebWorker(url: string, events: WorkerEvents): WorkerPort {
  const worker = new Worker(startUrl(url), { type: 'module', name: 'dragoman' });
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
// imports it; the blob stays, as the engine's threads start from the same address.
function startUrl(url: string): string {
  if (new URL(url).origin === globalThis.location.origin) return url;
  const source = `import ${JSON.stringify(url)};`;
  return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
}
