// Locks by name, between all pages of an origin or all programs of a user: one of them downloads
// a model while the others wait. The platform gives a lock back when its holder dies.
import { builtin, isNode } from '../../common/platform.js';
import { abortReason } from '../../common/errors.js';

export type Release = () => void;

export interface Locks {
  /** Waits for the lock, to hold it alone. Rejects with the signal's reason. */
  acquire(name: string, signal: AbortSignal): Promise<Release>;
  /** Takes the lock alone if nobody holds it, else gives undefined. */
  tryAcquire(name: string): Promise<Release | undefined>;
  /** Holds the lock together with others that share it. */
  share(name: string, signal: AbortSignal): Promise<Release>;
}

/** Web Locks. */
class WebLocks implements Locks {
  acquire(name: string, signal: AbortSignal): Promise<Release> {
    return this.#request(name, { mode: 'exclusive', signal }) as Promise<Release>;
  }

  tryAcquire(name: string): Promise<Release | undefined> {
    return this.#request(name, { mode: 'exclusive', ifAvailable: true });
  }

  share(name: string, signal: AbortSignal): Promise<Release> {
    return this.#request(name, { mode: 'shared', signal }) as Promise<Release>;
  }

  #request(name: string, options: LockOptions): Promise<Release | undefined> {
    return new Promise((resolve, reject) => {
      const held = (lock: Lock | null) => {
        if (lock !== null) return new Promise<void>((release) => resolve(release));
        resolve(undefined);
        return undefined;
      };
      navigator.locks.request(`dragoman:${name}`, options, held).catch(reject);
    });
  }
}

/**
 * For Node: who listens on a socket of the lock's name has the lock. The system closes the socket
 * of a thread or process that ends in whatever way, which also wakes those who wait.
 */
class SocketLocks implements Locks {
  readonly #place: string;

  /** @param place what names are unique in */
  constructor(place: string) {
    this.#place = place;
  }

  async acquire(name: string, signal: AbortSignal): Promise<Release> {
    for (;;) {
      signal.throwIfAborted();
      const release = await this.tryAcquire(name);
      if (release !== undefined) return release;
      await connectionEnd(this.#path(name), signal);
    }
  }

  async tryAcquire(name: string): Promise<Release | undefined> {
    const path = this.#path(name);
    const release = await listen(path);
    // Nobody may be behind the name: after a crash the file of the socket stays.
    if (release !== undefined || (await answers(path))) return release;
    await builtin('node:fs').promises.rm(path, { force: true });
    return listen(path);
  }

  // Of use against deletion, which does no harm here: a model is in memory once it is loaded.
  share(): Promise<Release> {
    return Promise.resolve(() => {});
  }

  #path(name: string): string {
    const { createHash } = builtin('node:crypto');
    const hash = createHash('sha256').update(`${this.#place}\n${name}`).digest('hex');
    // Paths of sockets may have about 100 bytes, too few for those of a cache folder.
    const file = `dragoman-${process.getuid?.() ?? ''}-${hash.slice(0, 24)}`;
    if (process.platform === 'win32') return `\\\\.\\pipe\\${file}`;
    return builtin('node:path').join(builtin('node:os').tmpdir(), `${file}.lock`);
  }
}

/** @returns undefined where somebody else listens, or did */
function listen(path: string): Promise<Release | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<{ destroy(): void }>();
    const server = builtin('node:net').createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => waiting.delete(socket));
    });
    const release = () => {
      server.close();
      // Those who wait are told by the end of their connection.
      for (const socket of waiting) socket.destroy();
    };
    server.on('error', (error: { code?: string }) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => resolve(release));
  });
}

/** Whether somebody listens. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = builtin('node:net').connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Waits until the holder of a lock ends the connection, or there is none. */
async function connectionEnd(path: string, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = builtin('node:net').connect(path);
    const abort = () => {
      socket.destroy();
      reject(abortReason(signal));
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', () => {});
    socket.on('close', () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
  // Where several waited, and where the name belongs to nobody, this keeps them from racing.
  await new Promise((resolve) => setTimeout(resolve, 10 + 20 * Math.random()));
}

/**
 * The locks of this platform; undefined where there are none.
 *
 * @param place the cache folder, in Node
 */
export function openLocks(place: string): Locks | undefined {
  if (isNode()) return new SocketLocks(place);
  return typeof navigator !== 'undefined' && 'locks' in navigator ? new WebLocks() : undefined;
}
