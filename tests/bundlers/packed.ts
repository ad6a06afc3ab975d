// The package as npm would publish it, installed in folders outside of the tree.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';

export const root = resolve(import.meta.dirname, '../..');
export const golden = join(root, 'tests/golden/tasks');

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'dragoman-packed-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a program to its end. @returns what it wrote; throws with it when the program fails */
export async function runIn(folder: string, program: string, args: string[]): Promise<string> {
  // Of this run only the project's own settings count, not those that npm hands down.
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV$|VITE)/.test(name));
  const options = { cwd: folder, env: Object.fromEntries(kept), maxBuffer: 2 ** 26 };
  try {
    const { stdout } = await promisify(execFile)(program, args, options);
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--no-update-notifier'];

/** Packs the package. @returns the path of the tarball */
export async function packPackage(): Promise<string> {
  const folder = temporaryFolder();
  await runIn(root, 'npm', ['pack', '--ignore-scripts', '--pack-destination', folder, ...quiet]);
  const [name] = readdirSync(folder);
  if (name === undefined) throw new Error('npm pack wrote nothing.');
  return join(folder, name);
}

/** Installs the tarball in a folder; nothing else is needed, so no network is either. */
export async function installPacked(folder: string, tarball: string): Promise<void> {
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  await runIn(folder, 'npm', ['install', '--offline', ...quiet, tarball]);
}

/** Copies a part of the project without what was installed or built there. */
export function copyPart(path: string, folder: string): void {
  cpSync(join(root, path), folder, {
    recursive: true,
    filter: (source) => !/\/(node_modules|dist|public\/models|package-lock\.json)$/.test(source),
  });
}
