// Types of browsers.mjs, for tests.

export function findBrowser(name: 'chromium' | 'firefox'): string;
export function ensureBrowsers(): void;
