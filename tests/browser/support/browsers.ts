// Starting Chromium and Firefox, and the little that tests ask of either.
//
// Chromium is driven by Playwright; Firefox by Puppeteer over WebDriver BiDi, as Playwright wants
// a Firefox of its own make.
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { findBrowser } from '../../../tools/lib/browsers.mjs';
import { mainThreadTimes } from './processes.js';
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
  /**
   * Processor time of the longest task on the page's main thread while `work` runs, milliseconds.
   * In Firefox, which does not tell tasks apart, of all of them together; undefined where the
   * system does not tell either.
   */
  longestTask(work: () => Promise<unknown>): Promise<number | undefined>;
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

/** A name of this machine that browsers trust less than localhost. */
export const insecureHost = 'insecure.test';

const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=MAP ${insecureHost} 127.0.0.1`,
  // For measurements: collecting garbage on demand, and heap sizes that are not rounded.
  '--js-flags=--expose-gc',
  '--enable-precise-memory-info',
];

const startTimeout = 30_000;

/** Of Chromium's trace format; `tdur` is the thread's own time in microseconds. */
interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  tdur?: number;
  args?: { name?: string };
}

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

  async longestTask(work: () => Promise<unknown>): Promise<number> {
    const session = await this.#context.newCDPSession(this.#page);
    const events: TraceEvent[] = [];
    session.on('Tracing.dataCollected', ({ value }) =>
      events.push(...(value as unknown as TraceEvent[])),
    );
    const complete = new Promise<void>((done) =>
      session.once('Tracing.tracingComplete', () => done()),
    );
    await session.send('Tracing.start', { traceConfig: { includedCategories: ['toplevel'] } });
    await work();
    await session.send('Tracing.end');
    await complete;
    const isMain = ({ name, args }: TraceEvent) =>
      name === 'thread_name' && args?.name === 'CrRendererMain';
    const threads = new Set(events.filter(isMain).map(({ pid, tid }) => `${pid} ${tid}`));
    const tasks = events.filter(({ pid, tid, tdur }) => tdur && threads.has(`${pid} ${tid}`));
    if (tasks.length === 0) throw new Error('The trace tells nothing of the main thread.');
    return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
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

  async longestTask(work: () => Promise<unknown>): Promise<number | undefined> {
    const before = mainThreadTimes();
    await work();
    const spent = [...mainThreadTimes()].map(([pid, time]) => time - (before.get(pid) ?? time));
    return spent.length > 0 ? Math.max(...spent) : undefined;
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
    extraPrefsFirefox: {
      'network.dns.localDomains': insecureHost,
      'dom.security.https_first': false,
      ...firefoxPreferences,
    },
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
