// Browsers that let the page store less than a model takes.
import { expect, it } from 'vitest';
import { browserName, openPage, startSite, useBrowser } from './support/setup.js';
import type { Tab } from './support/browsers.js';

const weights = 'model.safetensors';
// The weights of the default translator alone take 9 MB.
const limit = 6 << 20;

// Firefox takes the limit of all origins, in kilobytes, and gives each of them a part of it.
useBrowser({
  firefoxPreferences: { 'dom.quotaManager.temporaryStorage.fixedLimit': limit >> 10 },
});

function loadIn(tab: Tab, model: string | null) {
  return tab.evaluate(async (model) => {
    const warnings: string[] = [];
    const pipe = await dragoman.pipeline('translation', model, {
      progress_callback: (event: import('dragoman').ProgressEvent) => {
        if (event.status === 'warning') warnings.push(event.message);
      },
    });
    const [result] = await pipe('Where is the station?');
    await pipe.dispose();
    const stored = (await dragoman.models.list()).map(({ name, complete }) => ({ name, complete }));
    return { text: result?.translation_text, warnings, stored };
  }, model);
}

it('a model that does not fit runs all the same, with a warning', async () => {
  const site = await startSite();
  const tab = await openPage(site);
  if (browserName === 'chromium') await tab.limitStorage(new URL(site.url('/')).origin, limit);
  const first = await loadIn(tab, null);
  expect(first.text).toMatch(/gare/);
  expect(first.warnings).toEqual([expect.stringMatching(/cannot be stored.*full/)]);
  expect(first.stored.filter(({ complete }) => complete)).toEqual([]);
  // The next time it comes from the network again, and what does fit is stored as ever.
  await loadIn(tab, null);
  expect(site.requestsFor(weights)).toHaveLength(2);
  const small = await loadIn(tab, '/golden/marian');
  expect(small.warnings).toEqual([]);
  expect(small.stored).toContainEqual({ name: '/golden/marian', complete: true });
});
