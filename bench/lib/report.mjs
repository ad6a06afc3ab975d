// What the benchmarks share: the built package, tables, medians, and the machine they ran on.
import { fork } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';

export { median } from './timing.mjs';

/** The root of the working tree. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The path of a file of the built package. */
export const inDist = (name) => join(root, 'dist', name);

/** Node 20 has relaxed SIMD behind a flag: to be called before the first module is compiled. */
export function allowRelaxedSimd() {
  if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** The built package. */
export const loadPackage = () => import(pathToFileURL(inDist('index.js')).href);

/** Starts the program that runs once more, with other arguments. */
export const startAgain = (...args) => fork(process.argv[1], args.map(String));

/** A table in Markdown, for the terminal and for model cards. */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}

/** One line about this machine. */
export function machine() {
  const processors = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const model = processors[0]?.model.trim() || process.arch;
  return `${model}, ${processors.length} processors, ${memory} GiB, Node ${process.version}`;
}
