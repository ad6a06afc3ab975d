/** The version in package.json, put in by web/build.mjs. */
declare const __VERSION__: string;
