// Builds the application in the folder this file is copied to, as users of each bundler would.
//
//   node build.mjs BUNDLER      writes built/BUNDLER; the sources are app/ and next/
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const here = import.meta.dirname;
const require = createRequire(import.meta.url);
const source = join(here, 'app');
const dist = dirname(require.resolve('dragoman'));

/** The program of a package: its file, which Node runs. */
function runProgram(name, args, cwd) {
  const list = findPackage(name);
  const { bin } = require(list);
  const path = join(dirname(list), typeof bin === 'string' ? bin : bin[name]);
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: '1' };
  execFileSync(process.execPath, [path, ...args], { cwd, env, stdio: 'inherit' });
}

/** The package.json of a package; not all of them let it be imported. */
function findPackage(name) {
  const folders = require.resolve.paths(name) ?? [];
  const files = folders.map((folder) => join(folder, name, 'package.json'));
  return files.find((path) => existsSync(path));
}

const copyPage = (out) => copyFileSync(join(source, 'index.html'), join(out, 'index.html'));

const bundlers = {
  async vite(out) {
    const { build } = await import('vite');
    await build({ root: source, logLevel: 'warn', build: { outDir: out } });
  },

  async webpack(out) {
    const { default: webpack } = await import('webpack');
    const settings = {
      mode: 'production',
      context: source,
      entry: './main.js',
      output: { path: out, filename: 'main.js' },
      // The application is about the package; its size is checked elsewhere.
      performance: false,
    };
    const stats = await new Promise((resolve, reject) => {
      webpack(settings, (error, result) => (error ? reject(error) : resolve(result)));
    });
    if (stats.hasErrors() || stats.hasWarnings())
      throw new Error(stats.toString('errors-warnings'));
    copyPage(out);
  },

  async rollup(out) {
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const { importMetaAssets } = await import('@web/rollup-plugin-import-meta-assets');
    const plugins = [nodeResolve(), importMetaAssets()];
    const bundle = await rollup({ input: join(source, 'main.js'), plugins });
    await bundle.write({ dir: out, format: 'es' });
    await bundle.close();
    copyPage(out);
  },

  async esbuild(out) {
    const { build } = await import('esbuild');
    const entryPoints = [join(source, 'main.js')];
    await build({ entryPoints, bundle: true, format: 'esm', outdir: out, logLevel: 'warning' });
    // It leaves `new URL(…, import.meta.url)` as it is; the files belong beside the bundle.
    copyFileSync(join(dist, 'worker.js'), join(out, 'worker.js'));
    cpSync(join(dist, 'wasm'), join(out, 'wasm'), { recursive: true });
    copyPage(out);
  },

  parcel(out) {
    const flags = ['--no-cache', '--no-source-maps', '--log-level', 'warn', '--dist-dir', out];
    runProgram('parcel', ['build', join(source, 'index.html'), ...flags], here);
  },

  next(out) {
    runProgram('next', ['build'], join(here, 'next'));
    cpSync(join(here, 'next/out'), out, { recursive: true });
  },
};

const [, , name] = process.argv;
const out = join(here, 'built', name);
mkdirSync(out, { recursive: true });
await bundlers[name](out);
