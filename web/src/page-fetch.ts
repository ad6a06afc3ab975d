// Fetching on the page's side, for those who set env.fetch: functions cannot go to the worker.
import { env } from './env.js';
import { isNode } from './common/platform.js';
import { DragomanError, messageOf } from './common/errors.js';
import type { Handlers } from './common/channel.js';
import type { PageMethods } from './common/protocol.js';

type Body = ReadableStreamDefaultReader<Uint8Array>;

/** Answers to the worker's requests; the bodies being read belong to one worker. */
export function createPageHandlers(): Handlers<PageMethods> {
  const bodies = new Map<number, Body>();
  let lastBody = 0;
  return {
    async fetch({ url, method, headers: sent }, { signal }) {
      const fetchFunction = env.fetch ?? globalThis.fetch;
      const response = await fetchFunction(url, { method, headers: sent, signal });
      const body = ++lastBody;
      if (response.body !== null) bodies.set(body, response.body.getReader());
      const headers = Object.fromEntries(response.headers.entries());
      return { status: response.status, headers, body };
    },
    async read({ body }, { transfer }) {
      const reader = bodies.get(body);
      if (reader === undefined) return null;
      try {
        const { value, done } = await reader.read();
        if (done) {
          bodies.delete(body);
          return null;
        }
        // Only a buffer of its own may be handed over.
        const bytes = value.slice();
        transfer.push(bytes.buffer);
        return bytes;
      } catch (error) {
        bodies.delete(body);
        throw new DragomanError('network', `The download broke off: ${messageOf(error)}`);
      }
    },
    async close({ body }) {
      const reader = bodies.get(body);
      bodies.delete(body);
      await reader?.cancel().catch(() => {});
      return null;
    },
    // Not waited for: Firefox asks the user, who may never answer.
    persist() {
      if (!isNode()) void navigator.storage?.persist?.().catch(() => false);
      return null;
    },
  };
}
