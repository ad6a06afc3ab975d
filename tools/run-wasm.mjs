// Runs a program that Emscripten built for Node: node tools/run-wasm.mjs PROGRAM.js [ARGUMENT…]
//
// Node 20 knows relaxed SIMD only behind a flag that newer versions no longer have, so the flag is
// set by the one process that needs it, before the program is loaded.
import { spawnSync } from 'node:child_process';

const major = Number(process.versions.node.split('.')[0]);
const flags = major < 21 ? ['--experimental-wasm-relaxed-simd'] : [];
const { status, signal, error } = spawnSync(
  process.execPath,
  [...flags, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
if (error || signal) console.error(`run-wasm: ${error?.message ?? `ended by ${signal}`}`);
process.exitCode = status ?? 1;
