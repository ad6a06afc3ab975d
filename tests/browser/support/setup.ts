// What a browser test begins with: the browser this run is for, a site, tabs that show it.
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import { launch } from './browsers.js';
import { Site } from './site.js';
import type { BrowserName, LaunchOptions, Tab, TestBrowser } from './browsers.js';
import type { SiteOptions } from './site.js';

declare module 'vitest' {
  interface ProvidedContext {
    browser: BrowserName;
  }
}

export const browserName = inject('browser');

let browser: TestBrowser | undefined;

/** Starts a browser for the tests of a file. To be called once in it. */
export function useBrowser(options: LaunchOptions = {}): void {
  beforeAll(async () => {
    browser = await launch(browserName, options);
  });
  afterAll(async () => {
    await browser?.close();
    browser = undefined;
  });
}

/** A server with an origin of its own; gone after the test. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const site = await Site.start(options);
  onTestFinished(() => site.close());
  return site;
}

/** A tab at an address, when all of its scripts have run; gone after the test. */
export async function openUrl(url: string): Promise<Tab> {
  if (browser === undefined) throw new Error('useBrowser() was not called.');
  const tab = await browser.newTab();
  onTestFinished(() => tab.close().catch(() => {}));
  await tab.goto(url);
  return tab;
}

/** A tab that shows page/index.html of the site, with the package loaded. */
export async function openPage(site: Site, url = site.url('/page/')): Promise<Tab> {
  const tab = await openUrl(url);
  await tab.evaluate(() => pageReady, null);
  return tab;
}

/** A site and a tab that shows its page. */
export async function openSite(options: SiteOptions = {}): Promise<{ site: Site; tab: Tab }> {
  const site = await startSite(options);
  return { site, tab: await openPage(site) };
}
