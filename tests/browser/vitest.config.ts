// Tests in real browsers: each file runs in Chromium, then in Firefox, driven from Node.
//
//   npx vitest run --config tests/browser/vitest.config.ts [--project chromium] [FILE]
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { BrowserName } from './support/browsers.js';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const browsers: BrowserName[] = ['chromium', 'firefox'];

export default defineConfig({
  root: root('.'),
  test: {
    projects: browsers.map((browser) => ({
      resolve: { alias: { dragoman: root('dist/index.js') } },
      test: {
        name: browser,
        provide: { browser },
        include: ['tests/browser/*.test.ts'],
        server: { deps: { external: [/\/dist\//] } },
        testTimeout: 120_000,
        hookTimeout: 60_000,
      },
    })),
    // Threads of one page should not wait for those of another.
    maxWorkers: 1,
    fileParallelism: false,
  },
});
