// Where em++ comes from. In this order: an Emscripten on PATH that is recent enough; the package
// of Debian 13, installed; on Debian 12 the same package inside a Debian 13 root kept in the cache
// folder, entered by chroot. Its compiled system libraries come with it (EM_CACHE stays alone).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEntry, entryPath } from './cache.mjs';
import * as debian from './debian.mjs';
import { capture, projectRoot, run, UserError, which } from './run.mjs';
import { sourcesFolder } from './sources.mjs';

const minimum = [3, 1, 69];
const rootPackages = ['emscripten', 'cmake', 'ninja-build', 'clang-format-19'];
const advice =
  'install Emscripten (the emscripten package of Debian 13, or emsdk) with emcc on PATH';

/** The version of the emcc on PATH as three numbers, or undefined. */
function versionOnPath() {
  if (!which('emcc')) return undefined;
  const match = /\b(\d+)\.(\d+)\.(\d+)/.exec(capture('emcc', ['--version']) ?? '');
  return match?.slice(1, 4).map(Number);
}

function isRecent(version) {
  for (let i = 0; i < minimum.length; i++) {
    if (version[i] !== minimum[i]) return version[i] > minimum[i];
  }
  return true;
}

const makeRootScript = join(projectRoot, 'tools/make-root.sh');

function rootPath() {
  const script = readFileSync(makeRootScript, 'utf8');
  return entryPath(`root-${debian.toolRelease}`, { rootPackages, script });
}

/** {kind: 'path'} or {kind: 'root', root}: how to run Emscripten here, installed or not. */
export function toolchain() {
  const version = versionOnPath();
  if (version && isRecent(version)) return { kind: 'path' };
  const { id, version: release } = debian.system();
  if (id === 'debian' && release < 13) return { kind: 'root', root: rootPath() };
  return { kind: 'path', missing: true, version };
}

/** Makes sure that em++ can be run. */
export function ensureToolchain() {
  const found = toolchain();
  if (found.kind === 'path' && !found.missing) return;
  const has = found.version ? `emcc ${found.version.join('.')} is too old` : 'there is no emcc';
  const what = `Emscripten ${minimum.join('.')} or newer is needed and ${has}`;
  debian.requireInstall(what, advice);
  if (found.kind === 'root') {
    ensureEntry(found.root, makeRoot);
  } else {
    debian.installPackages(['emscripten', 'clang-format-19']);
    const version = versionOnPath();
    if (!version || !isRecent(version)) throw new UserError(`${what}; ${advice}.`);
  }
}

function makeRoot(folder) {
  if (!which('debootstrap')) debian.installPackages(['debootstrap']);
  const args = [makeRootScript, folder, debian.mirror(), debian.toolRelease, ...rootPackages];
  const env = { ...process.env, DRAGOMAN_APT_SETTINGS: debian.networkSettings() };
  run('unshare', ['--mount', 'sh', ...args], { env });
}

// Runs in a mount namespace of its own, so the mounts end with it however it ends.
const enter = `set -e
root=$1; tree=$2; sources=$3; shift 3
for folder in "$tree" "$sources" /proc /dev; do
  mkdir -p "$root$folder"
  mount --bind "$folder" "$root$folder"
done
exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/tmp LANG=C.UTF-8 \\
  TERM="$TERM" sh -c 'cd "$1"; shift; exec "$@"' sh "$tree" "$@"`;

/** True when the toolchain is there. */
export function isSetUp() {
  const { root, missing } = toolchain();
  return !missing && (root === undefined || existsSync(root));
}

/** The program and arguments that run `command` where em++, cmake and clang-format-19 are. */
export function inToolchain(command) {
  const { kind, root } = toolchain();
  if (!isSetUp()) throw new UserError('Emscripten is not set up; run node tools/setup.mjs first.');
  if (kind === 'path') return { program: command[0], args: command.slice(1) };
  const args = ['--mount', 'sh', '-c', enter, 'sh', root, projectRoot, sourcesFolder()];
  return { program: 'unshare', args: [...args, ...command] };
}
