// A server of one folder, as good or as bad as a test wants it, that counts what it sends.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, onTestFinished } from 'vitest';
import { env, pipeline } from 'dragoman';
import {
  copyOf,
  golden,
  readSafetensors,
  serve,
  temporaryFolder,
  writeSafetensors,
} from './support.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PipelineOptions, ProgressEvent } from 'dragoman';

export const weights = 'model.safetensors';

/** What a server can; all of it by default. */
export interface Manner {
  lengths?: boolean;
  ranges?: boolean;
  etags?: boolean;
  gzip?: boolean;
  /** Takes over a request for the weights; returns false to leave it to the server. */
  intercept?: (response: ServerResponse, body: Buffer, request: IncomingMessage) => boolean;
}

export interface Request {
  name: string;
  range: string | undefined;
  ifRange: string | undefined;
}

export interface ModelServer {
  address: string;
  /** The folder that is served; may be changed. */
  folder: string;
  manner: Manner;
  requests: Request[];
  /** Bytes of bodies, by file. */
  sent: Record<string, number>;
  /** No request is answered any more. */
  offline: boolean;
}

function etagOf(body: Buffer): string {
  return `"${createHash('sha1').update(body).digest('hex')}"`;
}

function answer(server: ModelServer, request: IncomingMessage, response: ServerResponse): void {
  const { manner, sent } = server;
  const name = (request.url ?? '').split('/').at(-1) ?? '';
  const { range, 'if-range': ifRange } = request.headers;
  server.requests.push({ name, range, ifRange: ifRange as string | undefined });
  const path = join(server.folder, name);
  if (server.offline) return void request.destroy();
  if (!existsSync(path)) return void response.writeHead(404).end();
  let body = readFileSync(path);
  const etag = etagOf(body);
  if (manner.etags ?? true) response.setHeader('ETag', etag);
  const begin = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? -1);
  const partial = (manner.ranges ?? true) && begin >= 0 && (!ifRange || ifRange === etag);
  if (partial) {
    response.setHeader('Content-Range', `bytes ${begin}-${body.length - 1}/${body.length}`);
    body = body.subarray(begin);
  }
  if (manner.gzip) {
    body = gzipSync(body);
    response.setHeader('Content-Encoding', 'gzip');
  }
  if (manner.lengths ?? true) response.setHeader('Content-Length', body.length);
  response.statusCode = partial ? 206 : 200;
  if (name === weights && manner.intercept?.(response, body, request)) return;
  sent[name] = (sent[name] ?? 0) + body.length;
  // What is given to end() alone gets its length from Node.
  if (body.length > 0) response.write(body);
  response.end();
}

export async function serveFolder(folder: string, manner: Manner = {}): Promise<ModelServer> {
  const server: ModelServer = {
    address: '',
    folder,
    manner,
    requests: [],
    sent: {},
    offline: false,
  };
  server.address = await serve((request, response) => answer(server, request, response));
  return server;
}

/** The golden translator, with a tensor that nobody needs: so it takes a while to arrive. */
export function largeModel(megabytes = 6): string {
  const folder = copyOf(golden('marian'));
  const { header, data } = readSafetensors(join(folder, weights));
  const bytes = megabytes << 20;
  const name = 'model.encoder.embed_positions.weight';
  header[name] = {
    dtype: 'F32',
    shape: [bytes / 1024, 256],
    data_offsets: [data.length, data.length + bytes],
  };
  writeSafetensors(join(folder, weights), header, Buffer.concat([data, Buffer.alloc(bytes, 1)]));
  return folder;
}

/** A store of their own for the tests of a file. */
export function ownStore(): void {
  beforeEach(() => {
    env.cacheDir = temporaryFolder();
    onTestFinished(() => void (env.cacheDir = undefined));
  });
}

export const options = { dtype: 'fp32', variant: 'simd' } as const;

export interface Outcome {
  text: string | undefined;
  events: ProgressEvent[];
  /** Whether the weights came from the store. */
  cached: boolean;
  warnings: string[];
}

/** Loads the golden translator, translates a word and lets go of it. */
export async function translateHome(
  model: Parameters<typeof pipeline>[1],
  more: PipelineOptions = {},
): Promise<Outcome> {
  const events: ProgressEvent[] = [];
  const translate = await pipeline('translation', model, {
    ...options,
    ...more,
    progress_callback: (event) => {
      events.push(event);
      more.progress_callback?.(event);
    },
  });
  const [result] = await translate('home');
  await translate.dispose();
  const cached = events.some((event) => {
    return event.status === 'done' && event.file === weights && event.cached === true;
  });
  const warnings = events.flatMap((each) => (each.status === 'warning' ? [each.message] : []));
  return { text: result?.translation_text, events, cached, warnings };
}
