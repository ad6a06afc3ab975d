// Builds the npm package into dist/: bundles, type declarations, WebAssembly modules.
//
//   node web/build.mjs [FOLDER]    FOLDER: where the modules were built, by default build/wasm
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { asCommand, isProgram, projectRoot, run, UserError } from '../tools/lib/run.mjs';

const modules = resolve(projectRoot, process.argv[2] ?? 'build/wasm');
const dist = join(projectRoot, 'dist');
const source = (name) => join(projectRoot, 'web/src', name);

// One glue serves both instruction sets of a thread mode: the worker gives it the address of the
// .wasm file. The name of that file is all that may differ.
const glues = { single: ['simd', 'relaxed'], threaded: ['simd-mt', 'relaxed-mt'] };

function readGlue(kind) {
  const [first, ...others] = glues[kind].map((variant) => {
    const text = readFileSync(join(modules, `${variant}.mjs`), 'utf8');
    return text.replaceAll(`${variant}.wasm`, `${kind}.wasm`);
  });
  if (others.some((text) => text !== first)) {
    throw new UserError(`the glue of ${glues[kind].join(' and ')} differs; worker.js needs both.`);
  }
  return first;
}

const gluePlugin = {
  name: 'glue',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^dragoman:glue\// }, ({ path }) => ({ path, namespace: 'glue' }));
    onLoad({ filter: /.*/, namespace: 'glue' }, ({ path }) => ({
      contents: readGlue(path.slice(path.indexOf('/') + 1)),
      loader: 'js',
    }));
  },
};

// The command line uses the package as anyone does, so that its assets are found.
const packagePlugin = {
  name: 'package',
  setup({ onResolve }) {
    onResolve({ filter: /^dragoman$/ }, () => ({ path: './index.js', external: true }));
  },
};

// The interpreter of chat templates is loaded with the first chat, so it is a file of its own.
const lazyPlugin = {
  name: 'lazy',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/jinja\.js$/ }, ({ path }) => ({ path, external: true }));
  },
};

function sharedOptions() {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  return {
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // package.json promises that modules have no side effects: true of index.js, not of programs.
    ignoreAnnotations: true,
    define: { __VERSION__: JSON.stringify(version) },
    logLevel: 'warning',
    absWorkingDir: projectRoot,
  };
}

async function bundle() {
  const shared = sharedOptions();
  // Parcel puts a module of its own in the place of a bare `process`, also in worker.js, and fails
  // where that module is not installed.
  const forPages = { define: { ...shared.define, process: 'globalThis.process' } };
  await Promise.all([
    build({
      ...shared,
      ...forPages,
      entryPoints: [source('index.ts')],
      outfile: join(dist, 'index.js'),
      plugins: [lazyPlugin],
    }),
    build({
      ...shared,
      entryPoints: [source('jinja.ts')],
      outfile: join(dist, 'jinja.js'),
      minify: true,
    }),
    build({
      ...shared,
      ...forPages,
      entryPoints: [source('worker/main.ts')],
      outfile: join(dist, 'worker.js'),
      plugins: [gluePlugin],
      minify: true,
    }),
    build({
      ...shared,
      entryPoints: [source('cli/main.ts')],
      outfile: join(dist, 'cli.js'),
      platform: 'node',
      plugins: [packagePlugin],
      banner: { js: '#!/usr/bin/env node' },
    }),
  ]);
}

function copyModules() {
  mkdirSync(join(dist, 'wasm'), { recursive: true });
  for (const name of Object.values(glues).flat()) {
    copyFileSync(join(modules, `${name}.wasm`), join(dist, 'wasm', `${name}.wasm`));
  }
}

// What is bundled, or linked into the modules, asks to be named wherever it goes.
const linked = `Linked into wasm/*.wasm and worker.js:

- RapidJSON, Copyright (C) 2015 THL A29 Limited, a Tencent company, and Milo Yip; MIT licence
- Emscripten, Copyright (c) 2010-2024 Emscripten authors; MIT licence
- musl libc, Copyright (c) 2005-2020 Rich Felker and others; MIT licence
- libc++, libc++abi, compiler-rt of LLVM; Apache License 2.0 with LLVM Exceptions
- tables made from the Unicode Character Database, Copyright (c) Unicode, Inc.; Unicode License V3
`;

// Of npm packages, by the files they are bundled into.
const bundled = { 'index.js and worker.js': 'idb', 'jinja.js': '@huggingface/jinja' };

function writeNotices() {
  const notices = Object.entries(bundled).map(([files, name]) => {
    const licence = readFileSync(join(projectRoot, 'node_modules', name, 'LICENSE'), 'utf8');
    return `\nBundled into ${files}:\n\n${name}\n\n${licence}`;
  });
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), linked + notices.join(''));
}

/** Builds dist/ anew. */
export async function buildPackage() {
  const missing = Object.values(glues)
    .flat()
    .filter((name) => !existsSync(join(modules, `${name}.wasm`)));
  if (missing.length > 0) {
    throw new UserError(`${modules} has no ${missing.join(', ')}; run: npm run build`);
  }
  rmSync(dist, { recursive: true, force: true });
  await bundle();
  copyModules();
  writeNotices();
  const tsc = join(projectRoot, 'node_modules/typescript/bin/tsc');
  run(process.execPath, [tsc, '--project', join('web', 'tsconfig.build.json')]);
  // Its address is of use to importers, its content is not: it is started, never imported.
  writeFileSync(join(dist, 'worker.d.ts'), 'export {};\n');
}

if (isProgram(import.meta.url)) await asCommand(buildPackage);
