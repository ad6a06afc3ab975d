// Runs a command where Emscripten is: node tools/emscripten.mjs COMMAND [ARGUMENT…]
// for instance: node tools/emscripten.mjs cmake --build --preset wasm
import { spawnSync } from 'node:child_process';
import { projectRoot } from './lib/run.mjs';
import { inToolchain } from './lib/toolchain.mjs';

const { program, args } = inToolchain(process.argv.slice(2));
const { status, error } = spawnSync(program, args, { stdio: 'inherit', cwd: projectRoot });
if (error) console.error(`${program} cannot be started: ${error.message}`);
process.exitCode = status ?? 1;
