// Where the package's own files are. The addresses are written out literally, because bundlers
// find assets by exactly this form.
import { env } from './env.js';
import { isNode } from './common/platform.js';
import type { Variant } from './common/protocol.js';

function packagedWasm(variant: Variant): URL {
  switch (variant) {
    case 'simd':
      return new URL('./wasm/simd.wasm', import.meta.url);
    case 'relaxed':
      return new URL('./wasm/relaxed.wasm', import.meta.url);
    case 'simd-mt':
      return new URL('./wasm/simd-mt.wasm', import.meta.url);
    case 'relaxed-mt':
      return new URL('./wasm/relaxed-mt.wasm', import.meta.url);
  }
}

/**
 * The address of `worker.js`, from which others are told where there is no page. Bundlers take
 * every other address that is told from import.meta.url for an asset too, and cannot find it.
 */
export function packagedWorker(): string {
  return new URL('./worker.js', import.meta.url).href;
}

/**
 * The absolute form of an address. Some bundlers put a bare path in place of `new URL(…).href`,
 * and users write relative ones.
 */
export function absoluteUrl(address: string | URL): string {
  if (isNode()) return new URL(address, packagedWorker()).href;
  return new URL(address, globalThis.location?.href).href;
}

export function workerUrl(): string {
  return absoluteUrl(env.workerUrl ?? packagedWorker());
}

export function wasmUrl(variant: Variant): string {
  if (env.wasmPath === undefined) return absoluteUrl(packagedWasm(variant).href);
  return new URL(`${variant}.wasm`, folderUrl(env.wasmPath)).href;
}

/** The absolute address of a folder, with its slash at the end. */
export function folderUrl(address: string | URL): string {
  const url = new URL(absoluteUrl(address));
  url.hash = '';
  url.search = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url.href;
}
