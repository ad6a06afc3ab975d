// Builds the npm package: set-up, the WebAssembly modules, the TypeScript bundle in dist/.
//
//   node tools/build.mjs [PRESET]     PRESET: wasm (the default) or wasm-debug
import { buildPackage, buildWasm } from './lib/builds.mjs';
import { asCommand, isProgram } from './lib/run.mjs';
import { setup } from './setup.mjs';

/** Sets up and builds; what is up to date is left alone. */
export function build(preset = 'wasm') {
  setup();
  buildWasm(preset, ['modules']);
  buildPackage();
}

if (isProgram(import.meta.url)) await asCommand(() => build(process.argv[2]));
