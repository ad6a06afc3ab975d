// Starting Chromium and Firefox, and the little that tests ask of either.
//
// Chromium is driven by Playwright; Firefox by Puppeteer over WebDriver BiDi, as Playwright wants
// a Firefox of its own make.
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { findBrowser } from '../../../tools/lib/browsers.mjs';
import type { BrowserContext, Page as ChromiumPage } from 'playwright-core';
import type { Browser as Firefox, Page as FirefoxPage } from 'puppeteer-core';

export type BrowserName = 'chromium' | 'firefox';

/** A page in a tab. */
export interface Tab {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Runs a function in the page; it sees its argument and what is global there, nothing else. */
  evaluate<Argument, Result>(
    body: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result>;
  close(): Promise<void>;
  /** Uncaught errors of the page. */
  readonly errors: string[];
  /** Sets how much this origin may store. Chromium only. */
  limitStorage(origin: string, bytes: number): Promise<void>;
}

/** A running browser with a fresh profile; its tabs share their storage. */
export interface TestBrowser {
  readonly name: BrowserName;
  newTab(): Promise<Tab>;
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** Settings of Firefox, as in its about:config. */
  firefoxPreferences?: Record<string, string | number | boolean>;
}

const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // For measurements: collecting garbage on demand, and heap sizes that are not rounded.
  '--js-flags=--expose-gc',
  '--enable-precise-memory-info',
];

const startTimeout = 30_000;

class ChromiumTab implements Tab {
  readonly errors: string[] = [];
  readonly #context: BrowserContext;
  readonly #page: ChromiumPage;

  constructor(context: BrowserContext, page: ChromiumPage) {
    this.#context = context;
    this.#page = page;
    page.on('pageerror', ({ message }) => this.errors.push(message));
  }

  async goto(url: string): Promise<void> {
    await this.#page.goto(url);
  }

  async reload(): Promise<void> {
    await this.#page.reload();
  }

  evaluate<Argument, Result>(
    body: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result> {
    return this.#page.evaluate(body as never, argument);
  }

  async limitStorage(origin: string, bytes: number): Promise<void> {
    const session = await this.#context.newCDPSession(this.#page);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: bytes });
  }

  async close(): Promise<void> {
    await this.#page.close();
  }
}

class FirefoxTab implements Tab {
  readonly errors: string[] = [];
  readonly #page: FirefoxPage;

  constructor(page: FirefoxPage) {
    this.#page = page;
    page.on('pageerror', (error) => this.errors.push(String(error)));
  }

  async goto(url: string): Promise<void> {
    await this.#page.goto(url);
  }

  async reload(): Promise<void> {
    await this.#page.reload();
  }

  evaluate<Argument, Result>(
    body: (argument: Argument) => Result | Promise<Result>,
    argument: Argument,
  ): Promise<Result> {
    return this.#page.evaluate(body as never, argument as never);
  }

  limitStorage(): Promise<void> {
    throw new Error('Firefox limits storage by its preferences, at start-up.');
  }

  async close(): Promise<void> {
    await this.#page.close();
  }
}

async function launchChromium(): Promise<TestBrowser> {
  // An empty path is a new profile that goes with the browser. Storage of such a profile is on
  // disk, as users have it; that of Playwright's other contexts would be in memory.
  const context = await chromium.launchPersistentContext('', {
    executablePath: findBrowser('chromium'),
    args: chromiumFlags,
    timeout: startTimeout,
  });
  return {
    name: 'chromium',
    newTab: async () => new ChromiumTab(context, await context.newPage()),
    close: () => context.close(),
  };
}

async function launchFirefox({ firefoxPreferences = {} }: LaunchOptions): Promise<TestBrowser> {
  const start = performance.now();
  const browser: Firefox = await puppeteer.launch({
    browser: 'firefox',
    executablePath: findBrowser('firefox'),
    timeout: startTimeout,
    // Calls into a page may take as long as a test.
    protocolTimeout: 0,
    extraPrefsFirefox: firefoxPreferences,
  });
  console.log(`Firefox started in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return {
    name: 'firefox',
    newTab: async () => new FirefoxTab(await browser.newPage()),
    close: () => browser.close(),
  };
}

export function launch(name: BrowserName, options: LaunchOptions = {}): Promise<TestBrowser> {
  return name === 'chromium' ? launchChromium() : launchFirefox(options);
}
