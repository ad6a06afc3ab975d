// Builds the page into build/demo. The package is taken from dist/, as users have it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface BundleFile {
  fileName: string;
  content: string | Uint8Array;
}

/** The service worker with the list of all files, and their hash by which it knows its build. */
function serviceWorker(files: BundleFile[]): string {
  const hash = createHash('sha256');
  const sorted = files.toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1));
  sorted.forEach(({ fileName, content }) => hash.update(fileName).update(content));
  const { outputFiles } = buildSync({
    entryPoints: [here('worker/service-worker.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    define: {
      __FILES__: JSON.stringify(sorted.map(({ fileName }) => fileName)),
      __BUILD__: JSON.stringify(hash.digest('hex').slice(0, 16)),
    },
  });
  return outputFiles[0]?.text ?? '';
}

function publicFiles(): BundleFile[] {
  const names = readdirSync(here('public'));
  return names.map((name) => ({
    fileName: name,
    content: readFileSync(join(here('public'), name)),
  }));
}

const offline: Plugin = {
  name: 'offline',
  enforce: 'post',
  generateBundle(_, bundle) {
    const files = Object.values(bundle).map((part) => ({
      fileName: part.fileName,
      content: part.type === 'chunk' ? part.code : part.source,
    }));
    const source = serviceWorker([...files, ...publicFiles()]);
    this.emitFile({ type: 'asset', fileName: 'sw.js', source });
  },
};

export default defineConfig({
  root: here('.'),
  // Relative addresses: the page may lie in any folder of any host.
  base: './',
  resolve: { alias: { dragoman: here('../../dist/index.js') } },
  build: {
    outDir: here('../../build/demo'),
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page allows no data: addresses, and the cache wants files.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
  plugins: [offline],
});
