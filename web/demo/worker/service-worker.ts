// The page's service worker. It keeps the files of one build, so that the page opens without a
// network; adds the headers that isolate the page, for hosts that cannot send them; and tells
// pages of every request, so that their claim of making none can be checked.
//
// Models are not kept here: the package stores them itself.
import { tabParameter } from '../src/messages.js';
import type { PageMessage, WorkerMessage } from '../src/messages.js';

const scope = self as unknown as ServiceWorkerGlobalScope;
const prefix = 'dragoman-demo-';
const cacheName = prefix + __BUILD__;

// Of the four WebAssembly modules a browser runs one; only what was used is kept.
const isModule = (path: string) => path.endsWith('.wasm');
const files = new Map(
  __FILES__.map((path) => [new URL(path, scope.registration.scope).href, path]),
);
const home = new URL('.', scope.registration.scope).href;

/** The address that a request's answer is kept under; undefined for what is not the page's. */
function keyOf(request: Request): string | undefined {
  const url = new URL(request.url);
  url.search = '';
  url.hash = '';
  if (url.href === home) return new URL('index.html', home).href;
  return files.has(url.href) ? url.href : undefined;
}

async function earlierCaches(): Promise<Cache[]> {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
  return Promise.all(others.map((name) => caches.open(name)));
}

const variantOf = (url: string) => /([\w-]+)-[\w-]{8}\.wasm$/.exec(url)?.[1];

async function install(): Promise<void> {
  const earlier = await earlierCaches();
  const keys = (await Promise.all(earlier.map((cache) => cache.keys()))).flat();
  const used = new Set(keys.map(({ url }) => variantOf(url)));
  const cache = await caches.open(cacheName);
  const wanted = [...files].filter(([url, path]) => !isModule(path) || used.has(variantOf(url)));
  await Promise.all(
    wanted.map(async ([url, path]) => {
      // Names of assets hold their hash, so that what an earlier build had is the same file.
      const same = path.startsWith('assets/') ? await findIn(earlier, url) : undefined;
      if (same) await cache.put(url, same);
      else await cache.add(new Request(url, { cache: 'no-cache' }));
    }),
  );
}

async function findIn(all: Cache[], url: string): Promise<Response | undefined> {
  for (const cache of all) {
    const found = await cache.match(url);
    if (found) return found;
  }
  return undefined;
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
  // The first visit needs the worker at once, for isolation and for the count.
  await scope.clients.claim();
}

/** The same answer with the headers of an isolated page. */
function isolated(response: Response): Response {
  // Answers of other origins may be opaque, and need none of this.
  if (response.type === 'opaque' || response.type === 'opaqueredirect' || response.status === 0) {
    return response;
  }
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  const { status, statusText } = response;
  // These answers have no body, and constructors that insist on it.
  const body = [204, 205, 304].includes(status) ? null : response.body;
  return new Response(body, { headers, status, statusText });
}

/** Tells all pages of a request; they know which are theirs. */
async function report({ clientId }: FetchEvent, network: boolean): Promise<void> {
  // A page on its way has no client yet, and counts nothing yet.
  if (clientId === '') return;
  const client = await scope.clients.get(clientId);
  const tab = client ? new URL(client.url).searchParams.get(tabParameter) : null;
  const message: WorkerMessage = { type: 'fetch', client: clientId, tab, network };
  const pages = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  pages.forEach((page) => page.postMessage(message));
}

async function answer(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const key = request.method === 'GET' ? keyOf(request) : undefined;
  const cache = key === undefined ? undefined : await caches.open(cacheName);
  const kept = key === undefined ? undefined : await cache?.match(key);
  event.waitUntil(report(event, kept === undefined));
  if (kept) return isolated(kept);
  const response = await fetch(request);
  if (key !== undefined && response.ok) {
    const copy = response.clone();
    event.waitUntil(cache?.put(key, copy) ?? Promise.resolve());
  }
  const ours = new URL(request.url).origin === scope.location.origin;
  return ours ? isolated(response) : response;
}

scope.addEventListener('install', (event) => {
  // Without an earlier version there is nobody to ask.
  if (scope.registration.active === null) void scope.skipWaiting();
  event.waitUntil(install());
});
scope.addEventListener('activate', (event) => event.waitUntil(activate()));
scope.addEventListener('fetch', (event) => {
  if (!event.request.url.startsWith('http')) return;
  event.respondWith(answer(event));
});
scope.addEventListener('message', ({ data, source }) => {
  const message = data as PageMessage;
  if (message.type === 'activate') void scope.skipWaiting();
  if (message.type !== 'hello' || !(source instanceof Client)) return;
  const welcome: WorkerMessage = { type: 'welcome', client: source.id };
  source.postMessage(welcome);
});
