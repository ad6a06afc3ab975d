// The packed package in Node, and what the registry's linters say of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { publint } from 'publint';
import { golden, installPacked, packPackage, root, runIn, temporaryFolder } from './packed.js';

const folder = temporaryFolder();
const npx = (args: string[]) => runIn(folder, 'npx', ['--no-install', ...args]);
let tarball: string;

beforeAll(async () => {
  tarball = await packPackage();
  await installPacked(folder, tarball);
});

describe('installed in an empty folder', () => {
  it('the command line tells its version', async () => {
    expect(await npx(['dragoman', '--version'])).toMatch(/^(dragoman )?\d+\.\d+\.\d+\n$/);
  });

  it('the command line translates', async () => {
    const model = ['--model', join(golden, 'marian'), '--dtype', 'fp32'];
    writeFileSync(join(folder, 'lines.txt'), 'home\n');
    expect(await npx(['dragoman', 'translate', ...model, 'lines.txt'])).toBe('C\n');
  });

  it('a program imports it without any global of browsers', async () => {
    const program = `
      for (const name of ['navigator', 'Worker', 'location', 'document', 'indexedDB'])
        Object.defineProperty(globalThis, name, { get: () => { throw new Error(name); } });
      const { pipeline, DragomanError } = await import('dragoman');
      console.log(typeof pipeline, typeof DragomanError);`;
    const args = ['--input-type=module', '--eval', program];
    expect(await runIn(folder, process.execPath, args)).toBe('function function\n');
  });

  it('names what others made of it', () => {
    const notices = join(folder, 'node_modules/dragoman/dist/THIRD-PARTY-NOTICES.txt');
    expect(readFileSync(notices, 'utf8')).toMatch(/RapidJSON[^]*Copyright[^]*Jake Archibald/);
  });

  it('brings no other package with it', async () => {
    expect(await runIn(folder, 'npm', ['ls', '--all', '--parseable'])).toMatch(
      /^[^\n]*\n[^\n]*node_modules\/dragoman\n$/,
    );
  });
});

describe('the tarball', () => {
  it('has nothing that publint would change', async () => {
    const { messages } = await publint({ pkgDir: root, strict: true, pack: 'npm' });
    expect(messages).toEqual([]);
  });

  it('has types that resolve wherever ES modules do', async () => {
    const attw = join(root, 'node_modules/.bin/attw');
    const said = await runIn(folder, attw, [tarball, '--profile', 'esm-only', '--no-color']);
    // It ends with a status other than 0, and so does the test, when it finds a problem.
    expect(said).toMatch(/"dragoman\/worker\.js"/);
  });
});
