// Configuring and building the CMake presets, natively and where Emscripten is.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/** Hash of all files of these folders, of the project, by name and content. */
function digestOf(folders) {
  const hash = createHash('sha256');
  const files = folders.flatMap((folder) => {
    const entries = readdirSync(join(projectRoot, folder), {
      recursive: true,
      withFileTypes: true,
    });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
  });
  for (const file of files.sort()) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

/** Builds the demo page into build/demo, unless it is there from the same files. */
export function buildDemo() {
  const stamp = join(projectRoot, 'build/demo.stamp');
  const digest = digestOf(['web/demo', 'web/src', 'dist']);
  const built = existsSync(join(projectRoot, 'build/demo/sw.js')) && existsSync(stamp);
  if (built && readFileSync(stamp, 'utf8') === digest) return;
  const vite = join(projectRoot, 'node_modules/vite/bin/vite.js');
  const config = join('web', 'demo', 'vite.config.ts');
  run(process.execPath, [vite, 'build', '--config', config, '--logLevel', 'warn']);
  writeFileSync(stamp, digest);
}
