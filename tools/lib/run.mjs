// Starting programs, finding them, and ending with one plain sentence when something is missing.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the working tree. */
export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** What set-up and tests throw for a cause the user can see and mend; shown without a stack. */
export class UserError extends Error {}

/** The full path of `program` on PATH, or undefined. */
export function which(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** Runs a program to its end with our terminal; throws UserError when it fails. */
export function run(program, args, options = {}) {
  const result = spawnSync(program, args, { stdio: 'inherit', cwd: projectRoot, ...options });
  if (result.error) throw new UserError(`${program} cannot be started: ${result.error.message}`);
  if (result.status === 0) return;
  const end = result.signal ? `was ended by ${result.signal}` : `ended with ${result.status}`;
  throw new UserError(`${[program, ...args].join(' ')} ${end}`);
}

/** Runs a program quietly and returns its standard output, or undefined when it fails. */
export function capture(program, args, options = {}) {
  const result = spawnSync(program, args, { encoding: 'utf8', cwd: projectRoot, ...options });
  return result.status === 0 ? result.stdout : undefined;
}

/** Runs `main` as the body of a command: a UserError is one line on stderr and status 1. */
export async function asCommand(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`\nerror: ${error.message}`);
    process.exitCode = 1;
  }
}

/** True when this module is the program that Node was started with. */
export function isProgram(metaUrl) {
  return process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(metaUrl);
}
