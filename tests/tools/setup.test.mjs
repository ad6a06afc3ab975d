// Set-up's cache folder: an entry is whole or absent, whatever happens while it is made.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const home = mkdtempSync(join(tmpdir(), 'cache-'));
process.env.XDG_CACHE_HOME = home; // read when the module is loaded
const { cacheFolder, ensureEntry, entryPath } = await import('../../tools/lib/cache.mjs');
after(() => rmSync(home, { recursive: true }));

/** The process id of a program that has ended. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

test('an entry is made once', () => {
  let made = 0;
  const path = entryPath('once', { a: 1 });
  for (let i = 0; i < 2; i++) {
    ensureEntry(path, (folder) => {
      writeFileSync(join(folder, 'file'), 'x');
      made++;
    });
  }
  assert.equal(made, 1);
  assert.deepEqual(readdirSync(path), ['file']);
});

test('another recipe is another entry', () => {
  assert.notEqual(entryPath('a', { packages: ['x'] }), entryPath('a', { packages: ['y'] }));
});

test('a failed making leaves nothing and is done again', () => {
  const path = entryPath('failing', {});
  const fail = (folder) => {
    writeFileSync(join(folder, 'half'), '');
    throw new Error('no network');
  };
  assert.throws(() => ensureEntry(path, fail), /no network/);
  assert.deepEqual(
    readdirSync(cacheFolder).filter((name) => name.startsWith('failing')),
    [],
  );
  ensureEntry(path, (folder) => writeFileSync(join(folder, 'whole'), ''));
  assert.deepEqual(readdirSync(path), ['whole']);
});

test('what a killed set-up left is removed, what a running one makes is not', () => {
  const left = join(cacheFolder, `root.partial-${deadPid()}`);
  const running = join(cacheFolder, `root.partial-${process.ppid}`);
  mkdirSync(join(left, 'deep'), { recursive: true });
  mkdirSync(running, { recursive: true });
  ensureEntry(entryPath('next', {}), () => {});
  assert.equal(existsSync(left), false);
  assert.equal(existsSync(running), true);
  rmSync(running, { recursive: true });
});

test('of two set-ups at once the second keeps the first one’s entry', () => {
  const path = entryPath('race', {});
  ensureEntry(path, () => {
    mkdirSync(path);
    writeFileSync(join(path, 'first'), '');
  });
  assert.deepEqual(readdirSync(path), ['first']);
  assert.equal(
    readdirSync(cacheFolder).some((name) => name.includes('race') && name.includes('partial')),
    false,
  );
});
