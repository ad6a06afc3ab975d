// Peers and the models to measure them with: installed and made once, into the cache folder.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEntry, entryPath } from '../../tools/lib/cache.mjs';
import { run } from '../../tools/lib/run.mjs';
import { root } from './report.mjs';

const bergamot = '@browsermt/bergamot-translator';

const own = (name) => join(root, 'bench/peers', name);
const text = (name) => readFileSync(own(name), 'utf8');

/** A folder with the peers in its node_modules/; installs them unless they are there. */
export function ensurePeers() {
  const folder = entryPath('peers', text('package.json'));
  ensureEntry(folder, (partial) => {
    copyFileSync(own('package.json'), join(partial, 'package.json'));
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--no-update-notifier'];
    run('npm', ['install', ...quiet], { cwd: partial });
    // Bergamot's worker is a script of the old kind in a package that says it has none.
    const worker = join(partial, 'node_modules', bergamot, 'worker/package.json');
    writeFileSync(worker, '{ "type": "commonjs" }\n');
  });
  return folder;
}

/** A Python that has what makes the models. */
export function ensurePython() {
  const folder = entryPath('bench-python', text('requirements.txt'));
  const program = (at) => join(at, 'bin/python');
  ensureEntry(folder, (partial) => {
    run('python3', ['-m', 'venv', '--system-site-packages', partial]);
    const quiet = ['--quiet', '--disable-pip-version-check'];
    const list = ['-r', own('requirements.txt')];
    run(program(partial), ['-m', 'pip', 'install', ...quiet, ...list]);
  });
  return program(folder);
}

/** A folder with what a script of bench/ makes there; runs it unless that was done before. */
export function ensureMade(name, script) {
  const path = join(root, 'bench', script);
  const folder = entryPath(name, readFileSync(path, 'utf8'));
  ensureEntry(folder, (partial) => run(ensurePython(), [path, partial]));
  return folder;
}

/** A folder with the models; makes them unless they are there (minutes, 1.5 GB). */
export function ensureModels() {
  const folder = entryPath('bench-models', [
    text('make_models.py'),
    text('make_bergamot.py'),
    text('requirements.txt'),
  ]);
  ensureEntry(folder, (partial) => {
    run(ensurePython(), [own('make_models.py'), partial]);
  });
  return folder;
}

/** The contenders: their names in the table, module, and folder in node_modules/. */
export const contenders = {
  dragoman: { peer: 'dragoman' },
  'ort-pinned': { peer: 'onnx', package: 'onnxruntime-web' },
  'ort-latest': { peer: 'onnx', package: 'onnxruntime-web-latest' },
  bergamot: { peer: 'bergamot', package: bergamot },
};
