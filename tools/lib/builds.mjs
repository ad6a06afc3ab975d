// Configuring and building the CMake presets, natively and where Emscripten is.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { projectRoot, run } from './run.mjs';
import { inToolchain } from './toolchain.mjs';

const jobs = `-j${availableParallelism()}`;

const isConfigured = (preset) => existsSync(join(projectRoot, 'build', preset, 'build.ninja'));

/** Builds a native preset with its tests. */
export function buildNative(preset) {
  if (!isConfigured(preset)) run('cmake', ['--preset', preset, '--log-level=WARNING']);
  run('cmake', ['--build', join('build', preset), jobs]);
}

/** Builds targets of a WebAssembly preset; no targets: everything, tests included. */
export function buildWasm(preset, targets = []) {
  const inside = (command) => {
    const { program, args } = inToolchain(command);
    run(program, args);
  };
  if (!isConfigured(preset)) {
    // The tests run in the Node that runs this, not in the one Emscripten brings along.
    const node = `-DNODE_PROGRAM=${process.execPath}`;
    inside(['emcmake', 'cmake', '--preset', preset, '--log-level=WARNING', node]);
  }
  const only = targets.length > 0 ? ['--target', ...targets] : [];
  inside(['cmake', '--build', join('build', preset), jobs, ...only]);
}

/** Runs the tests of a built preset. */
export function runTests(preset, options = []) {
  run('ctest', ['--test-dir', join('build', preset), '--output-on-failure', jobs, ...options]);
}

/** Bundles the TypeScript package into dist/; the modules must have been built. */
export function buildPackage() {
  run(process.execPath, [join('web', 'build.mjs')]);
}
