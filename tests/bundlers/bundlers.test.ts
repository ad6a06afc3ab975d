// An application that translates one sentence, built by each bundler from the packed package and
// opened in Chromium, with and without isolation. Builds that succeed may still fail there.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureBundlers } from '../../tools/lib/bundlers.mjs';
import { openUrl, startSite, useBrowser } from '../browser/support/setup.js';
import { copyPart, golden, installPacked, packPackage, runIn, temporaryFolder } from './packed.js';
import type { Site } from '../browser/support/site.js';

useBrowser();

interface Outcome {
  text: string | undefined;
  variant: string;
}

// Inside of the folder with the bundlers, so that each finds its own parts as it does for users.
const project = temporaryFolder(ensureBundlers());
const installed = join(project, 'node_modules/dragoman');

beforeAll(async () => {
  await installPacked(project, await packPackage());
  copyPart('tests/bundlers/app', join(project, 'app'));
  copyPart('tests/bundlers/next', join(project, 'next'));
  copyPart('tests/bundlers/build.mjs', join(project, 'build.mjs'));
});

/** What the application of the page came to. */
async function outcomeOf(site: Site): Promise<{ outcome: Outcome; errors: string[] }> {
  const tab = await openUrl(site.url('/'));
  const outcome = await tab.evaluate(async () => {
    const scope = globalThis as unknown as { outcome?: Promise<Outcome> };
    // Frameworks start the application some time after the page.
    while (scope.outcome === undefined) await new Promise((done) => setTimeout(done, 20));
    return scope.outcome;
  }, null);
  return { outcome, errors: tab.errors };
}

const variants = [
  { isolated: false, variant: 'relaxed' },
  { isolated: true, variant: 'relaxed-mt' },
];

describe.each(['vite', 'webpack', 'rollup', 'esbuild', 'parcel', 'next'])('%s', (bundler) => {
  beforeAll(async () => {
    const start = performance.now();
    await runIn(project, process.execPath, ['build.mjs', bundler]);
    console.log(`${bundler}: built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  });

  it.each(variants)('builds what runs, isolated: $isolated', async ({ isolated, variant }) => {
    const folders = { '': join(project, 'built', bundler), golden };
    const site = await startSite({ folders, isolated });
    const { outcome, errors } = await outcomeOf(site);
    expect(outcome).toEqual({ text: 'C', variant });
    expect(errors).toEqual([]);
  });
});

describe('a script tag with the package on another origin', () => {
  it.each(variants)('runs, isolated: $isolated', async ({ isolated, variant }) => {
    const cdn = await startSite({ folders: { '': installed } });
    const folder = join(project, `script-${variant}`);
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'index.html'),
      `<!doctype html><link rel="icon" href="data:," /><script type="module">
        import { pipeline } from '${cdn.url('/dist/index.js')}';
        const translate = await pipeline('translation', '/golden/marian', { dtype: 'fp32' });
        const [{ translation_text }] = await translate('home');
        globalThis.outcome = { text: translation_text, variant: translate.variant };
      </script>`,
    );
    const site = await startSite({ folders: { '': folder, golden }, isolated });
    const { outcome, errors } = await outcomeOf(site);
    expect(outcome).toEqual({ text: 'C', variant });
    expect(errors).toEqual([]);
    expect(cdn.requestsFor('worker.js').length).toBeGreaterThan(0);
  });
});
