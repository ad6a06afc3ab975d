// What main.js makes global in the page, for functions that tests run there.

declare global {
  interface WatchedWorker extends Worker {
    alive: boolean;
  }
  /** Settled when `dragoman` is there. */
  var pageReady: Promise<void>;
  var dragoman: typeof import('dragoman');
  /** The package from another place; test runners rewrite import() in functions of tests. */
  var importPackage: (url: string) => Promise<typeof import('dragoman')>;
  /** All that were ever started, in this order. */
  var workers: WatchedWorker[];
  /** What the page's Content-Security-Policy forbade. */
  var violations: string[];
  /** What one function of a test leaves for the next. */
  var translate: import('dragoman').TranslationPipeline;
  var classify: import('dragoman').TextClassificationPipeline;
  /** Collects garbage; Chromium, when started with --expose-gc. */
  var gc: (() => void) | undefined;
}

export {};
