// Tests of the package in Node. They run against dist/, as users have it; parts that users do not
// see are imported from the sources.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(root('package.json'), 'utf8')) as { version: string };

export default defineConfig({
  define: { __VERSION__: JSON.stringify(version) },
  resolve: { alias: { dragoman: root('dist/index.js') } },
  test: {
    include: ['tests/node/**/*.test.ts'],
    globalSetup: ['tests/node/cache-folder.ts'],
    // The bundle runs as Node loads it: its workers find their files by its own address.
    server: { deps: { external: [/\/dist\//] } },
    // Models are loaded and programs started; on a busy machine that takes a while.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
