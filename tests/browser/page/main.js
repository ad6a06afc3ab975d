// Gives tests the package as a page has it, unbundled, and keeps an eye on its workers.

globalThis.workers = [];
globalThis.violations = [];

addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
  violations.push(`${effectiveDirective} ${blockedURI}`);
});

class WatchedWorker extends Worker {
  alive = true;

  constructor(url, options) {
    super(url, options);
    workers.push(this);
  }

  terminate() {
    this.alive = false;
    super.terminate();
  }
}
globalThis.Worker = WatchedWorker;

globalThis.importPackage = (url) => import(url);
globalThis.pageReady = importPackage('/dist/index.js').then((module) => {
  globalThis.dragoman = module;
});
