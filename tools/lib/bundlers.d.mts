// Types of bundlers.mjs, for tests.

export function ensureBundlers(): string;
