// Makes a thread of Node look like a web worker, for our own entry and for Emscripten's glue,
// which is made for web workers. Imported before either; does nothing in pages.
import { builtin, isNode } from '../common/platform.js';
import type { MessagePort } from 'node:worker_threads';

interface ThreadData {
  url: string;
  name: string;
}

type Listener = ((event: { data: unknown }) => void) | undefined;

function imitate(port: MessagePort, { url, name }: ThreadData): void {
  const scope = globalThis as typeof globalThis & { onmessage: Listener };
  Object.assign(globalThis, {
    self: globalThis,
    name,
    location: { href: url },
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
