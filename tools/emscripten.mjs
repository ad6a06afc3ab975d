// Runs a command where Emscripten is: node tools/emscripten.mjs COMMAND [ARGUMENT…]
// for instance: node tools/emscripten.mjs cmake --build --preset wasm
import { spawnSync } from 'node:child_process';
import { asCommand, projectRoot, UserError } from './lib/run.mjs';
import { inToolchain } from './lib/toolchain.mjs';

await asCommand(() => {
  const command = process.argv.slice(2);
  if (command.length === 0) throw new UserError('no command; see the first lines of this file.');
  const { program, args } = inToolchain(command);
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', cwd: projectRoot });
  if (error) throw new UserError(`${program} cannot be started: ${error.message}`);
  process.exitCode = status ?? 1;
});
