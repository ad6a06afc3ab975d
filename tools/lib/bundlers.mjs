// The bundlers that the package is tested with, in the versions of tests/bundlers/package.json.
// They are large and few need them, so they are installed by the stage that uses them, into the
// cache folder: the next run needs no network.
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEntry, entryPath } from './cache.mjs';
import { projectRoot, run } from './run.mjs';

const list = join(projectRoot, 'tests/bundlers/package.json');

/** A folder with the bundlers in its node_modules/; installs them unless they are there. */
export function ensureBundlers() {
  const folder = entryPath('bundlers', { dependencies: readDependencies() });
  ensureEntry(folder, (partial) => {
    copyFileSync(list, join(partial, 'package.json'));
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--no-update-notifier'];
    run('npm', ['install', ...quiet], { cwd: partial });
  });
  return folder;
}

function readDependencies() {
  return JSON.parse(readFileSync(list, 'utf8')).dependencies;
}
