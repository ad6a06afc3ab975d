// A web server for one test: files of the project under an origin of its own, so that no storage
// is shared between tests, and everything that goes wrong with servers on request.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const root = resolve(import.meta.dirname, '../../..');

/** How the body of one answer is sent. */
export interface Manner {
  /** Bytes a second; at once by default. */
  rate?: number;
  /** The connection breaks after so many bytes of the body. */
  breakAfter?: number;
  /** The body stops there, and the connection stays open. */
  stallAfter?: number;
  /** Whether `Range` is honoured and `Accept-Ranges` sent; true by default. */
  ranges?: boolean;
  /** The ETag; by default one made of the content. Null: none is sent. */
  etag?: string | null;
}

export interface SiteOptions {
  /** Folders by the first part of the path; by default those of the project. */
  folders?: Record<string, string>;
  /** Sends the headers that make pages cross-origin isolated. */
  isolated?: boolean;
  /** Content-Security-Policy of every answer. */
  csp?: string;
  /** Headers of its answers that pages of other origins may read. */
  exposed?: string;
}

export interface SiteRequest {
  path: string;
  range: string | undefined;
  status: number;
  /** Of the body, as far as it was handed to the connection. */
  bytes: number;
  /** The connection ended before the body did. */
  broken: boolean;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

const projectFolders = {
  dist: join(root, 'dist'),
  models: join(root, 'models'),
  golden: join(root, 'tests/golden/tasks'),
  gguf: join(root, 'tests/golden/gguf'),
  page: join(root, 'tests/browser/page'),
};

/** Whether a path is that of a model's file. */
export const isModelPath = (path: string) => /^\/(models|golden|gguf)\//.test(path);

/** What is written at a time; also what a client may have been sent without having read it. */
const pieceBytes = 1 << 16;

/** The part of a file that a Range header asks for: [start, end), or undefined for all of it. */
function parseRange(header: string | undefined, size: number): [number, number] | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (match === null) return undefined;
  return [Number(match[1]), match[2] === '' ? size : Math.min(size, Number(match[2]) + 1)];
}

export class Site {
  readonly requests: SiteRequest[] = [];
  /** How a path is answered. */
  manner: (path: string) => Manner = () => ({});
  /** Paths for which every connection is broken, as by a pulled plug. */
  cut: (path: string) => boolean = () => false;
  readonly #options: SiteOptions;
  readonly #server: Server;
  #address = '';

  private constructor(options: SiteOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(options: SiteOptions = {}): Promise<Site> {
    const site = new Site(options);
    await new Promise<void>((done) => void site.#server.listen(0, '127.0.0.1', done));
    site.#address = `http://127.0.0.1:${(site.#server.address() as AddressInfo).port}`;
    return site;
  }

  /** Of a path that starts with a slash. */
  url(path: string): string {
    return this.#address + path;
  }

  /** Requests for paths that end so. */
  requestsFor(ending: string): SiteRequest[] {
    return this.requests.filter(({ path }) => path.endsWith(ending));
  }

  /** Requests for files of models. */
  modelRequests(): SiteRequest[] {
    return this.requests.filter(({ path }) => isModelPath(path));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #headers(): Record<string, string> {
    const { isolated, csp, exposed } = this.#options;
    return {
      // The browser's own cache would hide what the package fetches.
      'Cache-Control': 'no-store',
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      ...(isolated && {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      }),
      ...(csp !== undefined && { 'Content-Security-Policy': csp }),
      ...(exposed !== undefined && { 'Access-Control-Expose-Headers': exposed }),
    };
  }

  #locate(path: string): string | undefined {
    const [, first = '', ...rest] = normalize(decodeURIComponent(path)).split('/');
    const folders: Record<string, string> = this.#options.folders ?? projectFolders;
    const folder = folders[first] ?? folders[''];
    if (folder === undefined) return undefined;
    const parts = folders[first] === undefined ? [first, ...rest] : rest;
    let file = join(folder, ...parts);
    if (existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
    return existsSync(file) ? file : undefined;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').replace(/[?#].*/s, '');
    const { range } = request.headers;
    const entry: SiteRequest = { path, range, status: 0, bytes: 0, broken: false };
    this.requests.push(entry);
    if (this.cut(path)) {
      entry.broken = true;
      response.destroy();
      return;
    }
    response.once('close', () => (entry.broken = !response.writableFinished));
    const file = this.#locate(path);
    if (file === undefined) {
      entry.status = 404;
      response.writeHead(404, this.#headers()).end();
      return;
    }
    const manner = this.manner(path);
    const body = this.#writeHead(request, response, file, manner);
    entry.status = response.statusCode;
    if (request.method === 'HEAD') response.end();
    else await this.#send(response, body, manner, entry);
  }

  /** @returns the body to send */
  #writeHead(
    request: IncomingMessage,
    response: ServerResponse,
    file: string,
    { ranges = true, etag }: Manner,
  ): Buffer {
    const content = readFileSync(file);
    const digest = () => `"${createHash('sha1').update(content).digest('hex')}"`;
    const tag = etag === undefined ? digest() : etag;
    const condition = request.headers['if-range'];
    const honoured = ranges && (condition === undefined || condition === tag);
    const part = honoured ? parseRange(request.headers.range, content.length) : undefined;
    const body = part === undefined ? content : content.subarray(...part);
    response.writeHead(part === undefined ? 200 : 206, {
      ...this.#headers(),
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Content-Length': body.length,
      ...(tag !== null && { ETag: tag }),
      ...(ranges && { 'Accept-Ranges': 'bytes' }),
      ...(part && { 'Content-Range': `bytes ${part[0]}-${part[1] - 1}/${content.length}` }),
    });
    return body;
  }

  async #send(
    response: ServerResponse,
    body: Buffer,
    { rate, breakAfter = Infinity, stallAfter = Infinity }: Manner,
    entry: SiteRequest,
  ): Promise<void> {
    const end = Math.min(body.length, breakAfter, stallAfter);
    const gone = new Promise<void>((resolve) => void response.once('close', resolve));
    while (entry.bytes < end && !response.destroyed && !this.cut(entry.path)) {
      const piece = body.subarray(entry.bytes, Math.min(end, entry.bytes + pieceBytes));
      entry.bytes += piece.length;
      const written = new Promise<void>((resolve) => void response.write(piece, () => resolve()));
      await Promise.race([written, gone]);
      if (rate !== undefined) await delay((1000 * piece.length) / rate);
    }
    if (this.cut(entry.path) || end === breakAfter) response.destroy();
    else if (end !== stallAfter) response.end();
  }
}
