// Serves the built demo page and the models, with the headers that give a page threads and forbid
// it everything but its own scripts.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

// What may be asked for: models by the first part of the path, the page's own files otherwise.
const models = join(root, 'models');
const page = join(root, 'build/demo');

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy':
    // Models may be fetched from anywhere: the page offers that, and sends nothing but requests.
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' https: " +
    'http://localhost:* http://127.0.0.1:*',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

/** The file that a path means; undefined for one outside of what is served. */
function locate(path) {
  let name;
  try {
    name = normalize(decodeURIComponent(path));
  } catch {
    return undefined;
  }
  const parts = name.split('/').slice(1);
  if (name.includes('\0') || parts.some((part) => part.startsWith('.'))) return undefined;
  if (parts[0] === 'models') return join(models, ...parts.slice(1));
  return join(page, ...(name === '/' ? ['index.html'] : parts));
}

function answer(request, response) {
  const refuse = (status, message) => {
    response.writeHead(status, { ...headers, 'Content-Type': 'text/plain' }).end(`${message}\n`);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'GET or HEAD only');
  const path = locate(request.url.replace(/[?#].*/s, ''));
  const stats = path && statSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) return refuse(404, 'Not found');
  const type = types[extname(path)] ?? 'application/octet-stream';
  response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': stats.size });
  if (request.method === 'HEAD') return response.end();
  return createReadStream(path)
    .on('error', () => response.destroy())
    .pipe(response);
}

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(`http://localhost:${server.address().port}/`);
    });
  });
}

/**
 * Starts the server on `port`, or on any free one where that is taken.
 *
 * @returns its address and a function that stops it
 */
export async function serve(port = 4180) {
  const server = createServer(answer);
  const address = await listen(server, port).catch(() => listen(server, 0));
  return { address, close: () => server.close() };
}
