/** Addresses of the page's files, relative to it; put in by ../vite.config.ts. */
declare const __FILES__: readonly string[];
/** Hash of all of them. */
declare const __BUILD__: string;
