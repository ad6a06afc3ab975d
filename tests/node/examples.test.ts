// The examples run as they stand.
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root, runNode, temporaryFolder } from './support.js';

it('examples/node translates, classifies and meets an error', async () => {
  const folder = temporaryFolder();
  cpSync(join(root, 'examples/node'), folder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/dragoman'), 'dir');
  const { status, stdout, stderr } = await runNode(['index.js'], '', folder);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^Merci.*gare.*\?$/);
  expect(lines.slice(1, 3).every((line) => /^-\d\.\d\d \S/.test(line))).toBe(true);
  expect(lines[3]).toMatch(/^POSITIVE /);
  expect(lines[4]).toMatch(/^NEGATIVE /);
  expect(lines[5]).toMatch(/^invalid-argument: .*num_beams/);
});
