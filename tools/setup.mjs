// Makes a fresh clone ready to build and test: native tools, third-party sources, Emscripten,
// browsers, npm packages.
// Whatever is there already is left alone, so the second run is quick and needs no network.
//
//   node tools/setup.mjs
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureBrowsers } from './lib/browsers.mjs';
import * as debian from './lib/debian.mjs';
import { asCommand, isProgram, projectRoot, run, UserError, which } from './lib/run.mjs';
import { ensureSources } from './lib/sources.mjs';
import { ensureToolchain } from './lib/toolchain.mjs';

// Program to look for and the Debian package that has it.
const nativeTools = { cmake: 'cmake', ninja: 'ninja-build', 'c++': 'g++' };

function ensureNativeTools() {
  const missing = Object.keys(nativeTools).filter((program) => !which(program));
  if (missing.length === 0) return;
  debian.requireInstall(`${missing.join(', ')} not found`, `install ${missing.join(', ')}`);
  debian.installPackages(missing.map((program) => nativeTools[program]));
}

function ensureNodePackages() {
  const lock = join(projectRoot, 'package-lock.json');
  const stamp = join(projectRoot, 'node_modules/.dragoman-stamp');
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  run('npm', [
    'ci',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--no-update-notifier',
  ]);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

const steps = {
  'native tools': ensureNativeTools,
  'third-party sources': ensureSources,
  Emscripten: ensureToolchain,
  'npm packages': ensureNodePackages,
};

function runSteps(steps) {
  for (const [name, step] of Object.entries(steps)) {
    const start = performance.now();
    step();
    const seconds = (performance.now() - start) / 1000;
    if (seconds > 1) console.log(`set-up: ${name}, ${seconds.toFixed(0)} s`);
  }
}

/** Runs every step that building needs; prints a line for those that took a while. */
export function setup() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new UserError(`Node 20 or newer is needed, this is ${process.version}.`);
  runSteps(steps);
}

/** The same and the browsers, which only tests need. */
export function setupForTests() {
  setup();
  runSteps({ browsers: ensureBrowsers });
}

if (isProgram(import.meta.url)) await asCommand(setupForTests);
