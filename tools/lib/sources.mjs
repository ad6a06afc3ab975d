// The third-party sources: Eigen, RapidJSON, Catch2 and the Unicode character database.
//
// On Debian they come from the packages of one release, whichever Debian this is, so that every
// machine compiles the same text. Elsewhere CMake fetches them itself (cmake/dependencies.cmake).
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEntry, entryPath } from './cache.mjs';
import { isDebian, privateApt, toolRelease } from './debian.mjs';
import { projectRoot, run } from './run.mjs';

const recipe = {
  release: toolRelease,
  packages: ['libeigen3-dev', 'rapidjson-dev', 'unicode-data'],
  source: 'catch2',
  layout: 1, // raise it when make() changes
};

/** The folder with eigen/, rapidjson/, catch2/ and unicode/, or undefined where CMake fetches. */
export function sourcesFolder() {
  return isDebian() ? entryPath('sources', recipe) : undefined;
}

/** Downloads the sources unless they are there, and tells CMake where they lie. */
export function ensureSources() {
  const folder = sourcesFolder();
  if (folder) ensureEntry(folder, make);
  writeDependencies(folder);
}

function make(folder) {
  const state = join(folder, 'apt');
  const apt = privateApt(state);
  const download = join(state, 'download');
  const unpacked = join(state, 'unpacked');
  mkdirSync(download);
  mkdirSync(unpacked);
  apt(['download', ...recipe.packages], download);
  apt(['source', '--download-only', recipe.source], download);
  for (const name of readdirSync(download)) {
    if (name.endsWith('.deb')) run('dpkg-deb', ['-x', join(download, name), unpacked]);
    if (name.includes('.orig.tar.')) run('tar', ['-xf', join(download, name), '-C', unpacked]);
  }
  const catch2 = readdirSync(unpacked).find((name) => name.startsWith('Catch2-'));
  mkdirSync(join(folder, 'rapidjson/include'), { recursive: true });
  const moves = {
    'usr/include/eigen3': 'eigen',
    'usr/include/rapidjson': 'rapidjson/include/rapidjson',
    'usr/share/unicode': 'unicode',
    [catch2]: 'catch2',
  };
  for (const [from, to] of Object.entries(moves)) {
    renameSync(join(unpacked, from), join(folder, to));
  }
  rmSync(state, { recursive: true });
}

function writeDependencies(folder) {
  const lines = ['# Written by tools/setup.mjs.'];
  if (folder) {
    for (const name of ['eigen', 'rapidjson', 'catch2']) {
      lines.push(`set(FETCHCONTENT_SOURCE_DIR_${name.toUpperCase()} "${join(folder, name)}")`);
    }
    lines.push(`set(DRAGOMAN_UNICODE_DIR "${join(folder, 'unicode')}")`);
  }
  mkdirSync(join(projectRoot, 'build'), { recursive: true });
  writeFileSync(join(projectRoot, 'build/dependencies.cmake'), lines.join('\n') + '\n');
}
