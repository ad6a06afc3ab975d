// Checks that every file includes and imports only what its layer may.
//
//   node tools/check-layers.mjs [ROOT]     ROOT: a tree to check, by default the project's
//
// C++: the #include lines of src/ and wasm/ against `mayUse` below, which lists the layers a layer
// sees besides itself. TypeScript: the sides of web/src/ likewise (`sidesSeen`), and no module
// imports itself by any way.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { isProgram, projectRoot } from './lib/run.mjs';

// base < tensor < kernels < nn < {formats, text} < models < decode < tasks < {train} < wasm
const mayUse = {
  base: [],
  tensor: ['base'],
  kernels: ['base', 'tensor'],
  nn: ['base', 'tensor', 'kernels'],
  formats: ['base', 'tensor', 'nn'], // slots take the bytes that readers offer
  text: ['base', 'tensor'],
  models: ['base', 'tensor', 'kernels', 'nn', 'formats', 'text'],
  decode: ['base', 'tensor', 'kernels', 'nn', 'formats', 'text', 'models'],
  tasks: ['base', 'tensor', 'kernels', 'nn', 'formats', 'text', 'models', 'decode'],
  train: ['base', 'tensor', 'kernels', 'nn', 'formats', 'text', 'models', 'decode', 'tasks'],
};
mayUse.wasm = Object.keys(mayUse);

// System headers that only one place may include.
const reserved = [
  { header: /^Eigen\//, place: /^src\/base\/eigen\.hpp$/, where: 'src/base/eigen.hpp only' },
  {
    header: /^(wasm_simd128|[a-z]mmintrin|arm_neon)\.h$/,
    place: /^src\/kernels\//,
    where: 'src/kernels/ only',
  },
  { header: /^emscripten/, place: /^wasm\//, where: 'wasm/ only' },
  { header: /^(iostream|fstream|ctime|time\.h)$/, place: /^$/, where: 'no file of the core' },
];

/** Paths under `folder` of `root` whose name ends as `pattern` says, with forward slashes. */
function filesUnder(root, folder, pattern) {
  if (!existsSync(join(root, folder))) return [];
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const paths = names.filter((name) => pattern.test(name)).sort();
  return paths.map((name) => posix.join(folder, name.split(sep).join('/')));
}

const lineOf = (text, index) => text.slice(0, index).split('\n').length;

// src/text/vocab.hpp -> text, wasm/bindings.cpp -> wasm
function layerOf(path) {
  const parts = path.split('/');
  return parts[0] === 'wasm' ? 'wasm' : parts[1];
}

function checkInclude(path, angled, header) {
  const layer = layerOf(path);
  if (angled) {
    const rule = reserved.find((entry) => entry.header.test(header) && !entry.place.test(path));
    return rule && `<${header}> may be included by ${rule.where}`;
  }
  // A file of wasm/ names its neighbours without a folder, the core is named from src/.
  const target = header.includes('/') ? header.split('/')[0] : layer === 'wasm' ? 'wasm' : '';
  if (!(target in mayUse)) return `"${header}" is not written from src/`;
  if (target === layer || mayUse[layer].includes(target)) return undefined;
  return `${layer} may not include ${target} ("${header}")`;
}

/** Violations of the C++ layers as `path:line: what`. */
function checkCpp(root) {
  const problems = [];
  const sources = /\.(hpp|cpp|h|inc)$/;
  for (const path of [...filesUnder(root, 'src', sources), ...filesUnder(root, 'wasm', sources)]) {
    if (!(layerOf(path) in mayUse)) {
      problems.push(`${path}:1: ${layerOf(path)} is not one of the layers`);
      continue;
    }
    const text = readFileSync(join(root, path), 'utf8');
    for (const match of text.matchAll(/^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]/gm)) {
      const problem = checkInclude(path, match[1] === '<', match[2]);
      if (problem) problems.push(`${path}:${lineOf(text, match.index)}: ${problem}`);
    }
  }
  return problems;
}

// web/src/: the worker's and the page's side share common/ and generated/, nothing else. A side is
// a folder; tasks/ and files that lie in no folder are the page's.
const sidesSeen = {
  generated: [],
  common: ['generated'],
  worker: ['common', 'generated'],
  page: ['common', 'generated'],
  cli: ['page', 'common', 'generated'],
};

function sideOf(path) {
  const [folder, ...rest] = path.split('/').slice(2);
  return rest.length > 0 && folder !== 'tasks' ? folder : 'page';
}

function checkImport(path, target) {
  const [from, to] = [sideOf(path), sideOf(target)];
  if (from === to || sidesSeen[from]?.includes(to)) return undefined;
  return `${from} may not import ${to} (${target})`;
}

const importPattern =
  /\b(?:import|export)\b[^;'"]*?\bfrom\s*['"](\.[^'"]+)['"]|\bimport\s*\(?\s*['"](\.[^'"]+)['"]/g;

/** The relative imports of a TypeScript file: [{target, line, typeOnly}]. */
function importsOf(root, path) {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(importPattern)].map((match) => ({
    target: posix.join(dirname(path), match[1] ?? match[2]).replace(/\.m?js$/, '.ts'),
    line: lineOf(text, match.index),
    typeOnly: /^(import|export)\s+type\b/.test(match[0]),
  }));
}

/** A cycle among `imports` (path -> paths) as a list of paths that ends where it began. */
function findCycle(imports) {
  const state = new Map(); // path -> 'open' while its imports are followed, then 'done'
  const trail = [];
  const visit = (path) => {
    if (state.get(path) === 'done' || !imports.has(path)) return undefined;
    trail.push(path);
    if (state.get(path) === 'open') return trail.slice(trail.indexOf(path));
    state.set(path, 'open');
    for (const target of imports.get(path)) {
      const cycle = visit(target);
      if (cycle) return cycle;
    }
    state.set(path, 'done');
    trail.pop();
    return undefined;
  };
  for (const path of imports.keys()) {
    const cycle = visit(path);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Violations of the TypeScript layers as `path:line: what`. */
function checkTypeScript(root) {
  const problems = [];
  const graph = new Map();
  for (const path of filesUnder(root, 'web/src', /\.ts$/)) {
    const imports = importsOf(root, path);
    // Types vanish when the code is built, so they make no cycle; the sides stay apart in both.
    const values = imports.filter(({ typeOnly }) => !typeOnly);
    graph.set(
      path,
      values.map(({ target }) => target),
    );
    for (const { target, line } of imports) {
      const problem = checkImport(path, target);
      if (problem) problems.push(`${path}:${line}: ${problem}`);
    }
  }
  const cycle = findCycle(graph);
  if (cycle) problems.push(`${cycle[0]}:1: imports go round: ${cycle.join(' -> ')}`);
  return problems;
}

/** All violations in the tree at `root`. */
export function checkLayers(root) {
  return [...checkCpp(root), ...checkTypeScript(root)];
}

if (isProgram(import.meta.url)) {
  const problems = checkLayers(process.argv[2] ?? projectRoot);
  for (const problem of problems) console.error(problem);
  const tree = relative(process.cwd(), process.argv[2] ?? projectRoot) || '.';
  if (problems.length === 0) console.log(`layers: ${tree} is in order`);
  else process.exitCode = 1;
}
