// The examples for pages, as they stand but for the package, which is the packed one, in Chromium.
// tests/node/examples.test.ts runs the one for Node.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { ensureBundlers } from '../../tools/lib/bundlers.mjs';
import { openUrl, startSite, useBrowser } from '../browser/support/setup.js';
import { copyPart, installPacked, packPackage, root, runIn, temporaryFolder } from './packed.js';
import type { Tab } from '../browser/support/browsers.js';

useBrowser();

const bundlers = ensureBundlers();
const project = temporaryFolder(bundlers);
const models = join(root, 'models');

beforeAll(async () => {
  await installPacked(project, await packPackage());
  copyPart('examples', join(project, 'examples'));
});

/** The text of the elements that a selector names. */
function textsIn(tab: Tab, selector: string): Promise<string[]> {
  return tab.evaluate((selector) => {
    return [...document.querySelectorAll(selector)].map(({ textContent }) => textContent ?? '');
  }, selector);
}

const patient = { timeout: 60_000, interval: 200 };

/** Starts the example's own server. @returns its address */
async function startServer(folder: string): Promise<string> {
  const env = { ...process.env, PORT: '0' };
  const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
  const server = spawn(process.execPath, ['serve.mjs'], { cwd: folder, env, stdio });
  onTestFinished(() => void server.kill());
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  return String(line).trim();
}

it('vanilla translates what is sent', async () => {
  const folder = join(project, 'examples/vanilla');
  // Its page and its server look for the package in the example itself. The models, which are not
  // part of what npm publishes, lie beside the package in the tree.
  mkdirSync(join(folder, 'node_modules/dragoman'), { recursive: true });
  const installed = join(project, 'node_modules/dragoman');
  symlinkSync(join(installed, 'dist'), join(folder, 'node_modules/dragoman/dist'), 'dir');
  symlinkSync(models, join(folder, 'node_modules/dragoman/models'), 'dir');
  const tab = await openUrl(await startServer(folder));
  await expect
    .poll(() => textsIn(tab, '#status'), patient)
    .toEqual([expect.stringMatching(/^Ready: relaxed-mt/)]);
  await tab.evaluate(() => document.querySelector('button')?.click(), null);
  await expect
    .poll(() => textsIn(tab, '#result'), patient)
    .toEqual([expect.stringMatching(/! Où est la gare \?$/)]);
  expect(tab.errors).toEqual([]);
});

/** Builds an example with Vite and opens it. */
async function openBuilt(name: string): Promise<Tab> {
  const folder = join(project, 'examples', name);
  await runIn(folder, process.execPath, [join(bundlers, 'node_modules/vite/bin/vite.js'), 'build']);
  const site = await startSite({ folders: { '': join(folder, 'dist'), models }, isolated: true });
  return openUrl(site.url('/'));
}

it('vite classifies each line', async () => {
  const tab = await openBuilt('vite');
  await expect
    .poll(() => textsIn(tab, '#labels li'), patient)
    .toEqual([
      expect.stringMatching(/^POSITIVE 0\.\d\d$|^POSITIVE 1\.00$/),
      expect.stringMatching(/^NEGATIVE /),
    ]);
  expect(tab.errors).toEqual([]);
});

it('react translates as one types', async () => {
  const tab = await openBuilt('react');
  await expect
    .poll(() => textsIn(tab, '[data-testid=translation]'), patient)
    .toEqual([expect.stringMatching(/^Merci.*gare.*\?$/)]);
  expect(tab.errors).toEqual([]);
});
