// Tests of the packed package: what npm would publish, in bundlers, in Node, in the examples.
//
//   npx vitest run --config tests/bundlers/vitest.config.ts [FILE] [-t NAME]
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    provide: { browser: 'chromium' },
    include: ['tests/bundlers/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // One build at a time keeps a small machine usable.
    fileParallelism: false,
  },
});
