// Models in folders served over http.
import { DragomanError, isAbort, messageOf } from '../common/errors.js';
import type { Channel } from '../common/channel.js';
import type { HttpSourceSpec, PageMethods, WorkerMethods } from '../common/protocol.js';
import type { FileSource, OpenedFile, OpenOptions, Rest } from './files.js';

export type PageChannel = Channel<PageMethods, WorkerMethods>;

/** What is needed of a response. */
interface Answer {
  status: number;
  header(name: string): string | undefined;
  chunks: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

type Headers = Record<string, string>;
interface FetchInit {
  method?: 'GET' | 'HEAD';
  headers: Headers;
  cache?: RequestCache;
  signal: AbortSignal;
}

type Fetch = (url: string, init: FetchInit) => Promise<Answer>;

async function* readAll(reader: ReadableStreamDefaultReader<Uint8Array>) {
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** The worker fetches by itself. */
export async function direct(url: string, init: FetchInit): Promise<Answer> {
  const response = await fetch(url, init);
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
export function relayed(page: PageChannel): Fetch {
  return async (url, { method = 'GET', headers: sent, signal }) => {
    const answer = await page.call('fetch', { url, method, headers: sent }, { signal });
    const { status, headers, body } = answer;
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

export class HttpSource implements FileSource {
  readonly local = false;
  readonly offline: boolean;
  readonly #base: string;
  readonly #fetch: Fetch;

  constructor({ url, offline }: HttpSourceSpec, fetchFunction: Fetch) {
    this.#base = url;
    this.offline = offline;
    this.#fetch = fetchFunction;
  }

  locate(name: string): string {
    return this.#base + name.split('/').map(encodeURIComponent).join('/');
  }

  // Addresses of other kinds (blob:, data:, chrome-extension:) are local, or gone tomorrow.
  identify(): Promise<string | undefined> {
    return Promise.resolve(/^https?:/i.test(this.#base) ? this.#base : undefined);
  }

  async size(name: string, signal: AbortSignal): Promise<number | undefined> {
    try {
      const init: FetchInit = { method: 'HEAD', headers: {}, signal };
      const response = await this.#fetch(this.locate(name), init);
      await response.close();
      return response.status === 200 ? contentLength(response) : undefined;
    } catch (error) {
      // Whatever is wrong shows when the file is opened.
      if (isAbort(error)) throw error;
      return undefined;
    }
  }

  async open(
    name: string,
    signal: AbortSignal,
    { rest, kept }: OpenOptions = {},
  ): Promise<OpenedFile | undefined> {
    const url = this.locate(name);
    // A cache of the browser would hold a second copy, and answer for the server where ranges
    // are asked for.
    const init: FetchInit = { headers: {}, signal, ...(kept ? { cache: 'no-store' } : {}) };
    if (rest !== undefined) {
      const file = await this.#openRest(url, rest, init);
      if (file !== undefined) return file;
    }
    return this.#whole(url, await this.#request(url, init));
  }

  /** The rest or the whole of a file; undefined where the server is to be asked otherwise. */
  async #openRest(url: string, rest: Rest, init: FetchInit) {
    let response: Answer;
    try {
      response = await this.#request(url, { ...init, headers: rangeHeaders(url, rest) });
    } catch (error) {
      // To another origin, some browsers send ranges only by its leave. If the network is at
      // fault, the next request says so.
      if (isAbort(error) || isOwn(url)) throw error;
      return undefined;
    }
    const file = this.#rest(url, response, rest);
    if (file !== undefined) return file;
    // The server cannot continue, or the file is another one by now.
    if (response.status === 200) return this.#whole(url, response);
    await response.close();
    return undefined;
  }

  /** The answer to a request for the rest, if that is what came. */
  #rest(url: string, response: Answer, { offset, etag }: Rest): OpenedFile | undefined {
    if (response.status !== 206 || response.header('content-encoding')) return undefined;
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.header('content-range') ?? '');
    if (Number(range?.[1]) !== offset || response.header('etag') !== etag) return undefined;
    const total = Number(range?.[2]);
    return { ...this.#opened(url, response), total, offset, etag };
  }

  async #whole(url: string, response: Answer): Promise<OpenedFile | undefined> {
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
    const total = contentLength(response);
    const etag = total === undefined ? undefined : strongEtag(response);
    return { ...this.#opened(url, response), total, offset: 0, etag };
  }

  #opened(url: string, response: Answer) {
    return { chunks: named(url, response.chunks), close: () => response.close() };
  }

  async #request(url: string, init: FetchInit): Promise<Answer> {
    try {
      return await this.#fetch(url, init);
    } catch (error) {
      throw networkError(url, error);
    }
  }
}

async function* named(url: string, chunks: AsyncIterable<Uint8Array>) {
  try {
    yield* chunks;
  } catch (error) {
    throw networkError(url, error);
  }
}

// To another origin If-Range would need its leave, which few servers give. The answer's ETag is
// compared in any case, and says as much.
function rangeHeaders(url: string, { offset, etag }: Rest): Headers {
  const headers: Headers = { Range: `bytes=${offset}-` };
  if (isOwn(url)) headers['If-Range'] = etag;
  return headers;
}

// In Node nothing is of another origin.
function isOwn(url: string): boolean {
  const own = globalThis.location?.origin;
  return own === undefined || own === new URL(url).origin;
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

// Weak ones allow for other bytes.
function strongEtag(response: Answer): string | undefined {
  const etag = response.header('etag');
  return etag?.startsWith('"') && response.header('accept-ranges') !== 'none' ? etag : undefined;
}
