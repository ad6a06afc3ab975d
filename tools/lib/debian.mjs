// What set-up knows about Debian: which one this is, its mirror, and how packages come from it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, run, UserError, which } from './run.mjs';

/** The release that has a recent enough Emscripten and Catch2. */
export const toolRelease = 'trixie';

/** {id, codename, version} of the system; version is a number, Infinity for testing and sid. */
export function system() {
  let text = '';
  try {
    text = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // no such file: not a Linux, or a very bare one
  }
  const field = (name) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return {
    id: field('ID'),
    codename: field('VERSION_CODENAME'),
    version: field('VERSION_ID') === '' ? Infinity : Number(field('VERSION_ID')),
  };
}

/** True on Debian, whose packages set-up may fetch. */
export const isDebian = () => system().id === 'debian' && which('apt-get') !== undefined;

/** True when set-up may also install packages. */
export const canInstall = () => isDebian() && process.getuid?.() === 0;

let listsAreFresh = false;

/** Installs packages of this system's own release. */
export function installPackages(packages) {
  console.log(`set-up: installing ${packages.join(', ')}`);
  // Errors still reach the terminal: apt and dpkg write them to standard error.
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  };
  if (!listsAreFresh) run('apt-get', ['-qq', 'update'], options);
  listsAreFresh = true;
  const install = ['install', '--yes', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0'];
  run('apt-get', ['-qq', ...install, ...packages], options);
}

/** The address of the Debian mirror this machine's own apt sources name. */
export function mirror() {
  const { codename } = system();
  const format = '$(RELEASE) $(COMPONENT) $(REPO_URI)';
  const lines = (capture('apt-get', ['indextargets', '--format', format]) ?? '').split('\n');
  const rows = lines.map((line) => line.split(' '));
  const own = rows.filter(([release, part]) => release === codename && part === 'main');
  // Other publishers use Debian's code names too, but not the name of its archive.
  const uri = own.map((row) => row[2]).find((text) => /\/debian\/?$|\/debian\/\d+T\d+Z/.test(text));
  return uri?.replace(/\/$/, '') ?? 'http://deb.debian.org/debian';
}

/** How this machine's apt reaches the network, as lines for another apt's configuration. */
export function networkSettings() {
  const wanted = /^Acquire::(http|https|Retries|Check-Valid-Until|Check-Date)\b.* "[^"]+";$/;
  const lines = (capture('apt-config', ['dump']) ?? '').split('\n');
  return lines.filter((line) => wanted.test(line)).join('\n');
}

/**
 * An apt with lists of its own, so that packages of `toolRelease` can be downloaded on any Debian,
 * by any user, without touching the system's configuration.
 *
 * @param folder an empty folder for its state
 * @returns a function that runs apt-get with the given arguments in the given folder
 */
export function privateApt(folder) {
  for (const name of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const sources = join(folder, 'sources.list');
  const line = `${mirror()} ${toolRelease} main\n`;
  writeFileSync(sources, `deb ${line}deb-src ${line}`);
  const settings = {
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const apt = (args, cwd) => run('apt-get', ['-qq', ...options, ...args], { cwd });
  apt(['update'], folder);
  return apt;
}

/** Throws unless this is Debian as root, saying what to install by hand instead. */
export function requireInstall(missing, advice) {
  if (canInstall()) return;
  throw new UserError(`${missing}; ${advice}, or run this as root on Debian 12 or 13.`);
}
