// The bytes of a model's files, wherever the model is: served over http, or in a folder of Node's
// file system. Files come in pieces; no file is ever held whole here.
import { builtin, isNode } from '../common/platform.js';
import { DragomanError, isAbort, messageOf } from '../common/errors.js';
import type { Channel } from '../common/channel.js';
import type { PageMethods, Source, WorkerMethods } from '../common/protocol.js';

export interface OpenedFile {
  /** Bytes, where known beforehand. */
  total: number | undefined;
  /** The content, in pieces of any size that are valid until the next one is asked for. */
  chunks: AsyncIterable<Uint8Array>;
  /** To be called when the chunks are not read to their end. */
  close(): Promise<void>;
}

/** Opens files of one model. */
export interface FileSource {
  /** Undefined where there is no such file. Throws network, model-incomplete. */
  open(name: string, signal: AbortSignal): Promise<OpenedFile | undefined>;
  /** Where a file is, for messages. */
  locate(name: string): string;
}

export type PageChannel = Channel<PageMethods, WorkerMethods>;

export function openSource(source: Source, page: PageChannel): FileSource {
  if (source.kind === 'folder') return new FolderSource(source.path);
  return new HttpSource(source.url, source.relay ? relayed(page) : direct);
}

/** What is needed of a response. */
interface Answer {
  status: number;
  header(name: string): string | undefined;
  chunks: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

type Fetch = (url: string, signal: AbortSignal) => Promise<Answer>;

async function* readAll(reader: ReadableStreamDefaultReader<Uint8Array>) {
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}

async function direct(url: string, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(url, { signal });
  const reader = response.body?.getReader();
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    chunks: reader ? readAll(reader) : emptyChunks(),
    close: async () => reader?.cancel().catch(() => {}),
  };
}

async function* emptyChunks(): AsyncGenerator<Uint8Array> {}

/** The page fetches, with a function of its own, and hands the pieces over. */
function relayed(page: PageChannel): Fetch {
  return async (url, signal) => {
    const { status, headers, body } = await page.call('fetch', { url }, { signal });
    async function* chunks() {
      for (;;) {
        const bytes = await page.call('read', { body }, { signal });
        if (bytes === null) return;
        yield bytes;
      }
    }
    const close = async () => void (await page.call('close', { body }));
    return { status, header: (name) => headers[name], chunks: chunks(), close };
  };
}

// What servers say of a file that is not there; hubs and buckets hide it behind the first two.
const missing = [401, 403, 404, 410];

class HttpSource implements FileSource {
  readonly #base: string;
  readonly #fetch: Fetch;

  /** @param base with its slash at the end */
  constructor(base: string, fetchFunction: Fetch) {
    this.#base = base;
    this.#fetch = fetchFunction;
  }

  locate(name: string): string {
    return this.#base + name.split('/').map(encodeURIComponent).join('/');
  }

  async open(name: string, signal: AbortSignal): Promise<OpenedFile | undefined> {
    const url = this.locate(name);
    const response = await this.#request(url, signal);
    const { status } = response;
    // Development servers answer with their page where a file is missing.
    const isPage = response.header('content-type')?.startsWith('text/html');
    if (missing.includes(status) || isPage) {
      await response.close();
      return undefined;
    }
    if (status !== 200) {
      await response.close();
      throw new DragomanError('network', `${url} was answered with HTTP status ${status}.`);
    }
    return {
      total: contentLength(response),
      chunks: this.#named(url, response.chunks),
      close: () => response.close(),
    };
  }

  async #request(url: string, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#fetch(url, signal);
    } catch (error) {
      throw networkError(url, error);
    }
  }

  async *#named(url: string, chunks: AsyncIterable<Uint8Array>) {
    try {
      yield* chunks;
    } catch (error) {
      throw networkError(url, error);
    }
  }
}

function networkError(url: string, error: unknown): unknown {
  if (isAbort(error)) return error;
  const { cause } = error as { cause?: unknown };
  const detail = cause === undefined ? messageOf(error) : messageOf(cause);
  return new DragomanError('network', `${url} could not be fetched: ${detail}`);
}

// Of a compressed body the header gives the length on the way, not that of the file.
function contentLength(response: Answer): number | undefined {
  if (response.header('content-encoding') !== undefined) return undefined;
  const length = Number(response.header('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : undefined;
}

const pieceBytes = 1 << 20;

class FolderSource implements FileSource {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  locate(name: string): string {
    return builtin('node:path').join(this.#path, name);
  }

  async open(name: string, signal: AbortSignal): Promise<OpenedFile | undefined> {
    if (!isNode()) {
      throw new DragomanError('unsupported-browser', 'Pages cannot read the file system.');
    }
    const path = this.locate(name);
    try {
      const file = await builtin('node:fs').promises.open(path);
      const { size } = await file.stat();
      return { total: size, chunks: readPieces(file, path, signal), close: () => file.close() };
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new DragomanError('model-incomplete', `${path} cannot be read: ${messageOf(error)}`);
    }
  }
}

interface NodeFile {
  read(buffer: Uint8Array, offset: number, length: number): Promise<{ bytesRead: number }>;
}

async function* readPieces(file: NodeFile, path: string, signal: AbortSignal) {
  const buffer = new Uint8Array(pieceBytes);
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, pieceBytes).catch((error: unknown) => {
      throw new DragomanError('model-incomplete', `${path} cannot be read: ${messageOf(error)}`);
    });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
