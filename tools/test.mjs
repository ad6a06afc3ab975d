// Everything that must hold, from a fresh clone: npm test
//
//   node tools/test.mjs [STAGE…]      only the stages named, in the order below
//
// Each stage prints its name and how long it took; the first that fails ends the run.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from './check.mjs';
import { buildDemo, buildNative, buildPackage, buildWasm, runTests } from './lib/builds.mjs';
import { ensureBundlers } from './lib/bundlers.mjs';
import { asCommand, projectRoot, run, UserError } from './lib/run.mjs';
import { setupForTests } from './setup.mjs';

const bin = (name) => join(projectRoot, 'node_modules/.bin', name);

function testTools() {
  const names = readdirSync(join(projectRoot, 'tests/tools'));
  const files = names.filter((name) => name.endsWith('.test.mjs'));
  run(process.execPath, [
    '--test',
    '--test-reporter=dot',
    ...files.map((name) => join('tests/tools', name)),
  ]);
}

function testBundlers() {
  ensureBundlers();
  run(bin('vitest'), ['run', '--config', 'tests/bundlers/vitest.config.ts']);
  run(process.execPath, ['bench/size.mjs']);
}

const stages = {
  setup: setupForTests,
  check,
  tools: testTools,
  'build-dev': () => buildNative('dev'),
  'test-dev': () => runTests('dev'),
  'build-wasm': () => buildWasm('wasm', ['modules']),
  'test-wasm': () => {
    buildWasm('wasm');
    runTests('wasm', ['--label-regex', 'wasm']);
  },
  'build-package': buildPackage,
  types: () => {
    // A service worker has other globals than a page.
    const projects = ['tsconfig.json', 'web/demo/worker/tsconfig.json'];
    for (const project of projects) run(bin('tsc'), ['--noEmit', '--project', project]);
  },
  'test-package': () => run(bin('vitest'), ['run']),
  'build-demo': buildDemo,
  'test-browser': () => run(bin('vitest'), ['run', '--config', 'tests/browser/vitest.config.ts']),
  'test-bundlers': testBundlers,
  'build-asan': () => buildNative('asan'),
  'test-asan': () => runTests('asan', ['--label-regex', 'unit']),
  'build-tsan': () => buildNative('tsan'),
  'test-tsan': () => runTests('tsan', ['--label-regex', 'unit']),
};

// Browsers leave most of the processors idle: what later stages build is built meanwhile.
const besideBrowsers = ['build-asan', 'build-tsan'];

/**
 * Starts building ahead, at the lowest priority; resolves when that has ended. Its own output and
 * failure are dropped: the stages themselves come to the same files, and show what is wrong.
 */
function buildAhead(names) {
  if (names.length === 0) return Promise.resolve();
  const self = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [self, ...names], { cwd: projectRoot, stdio: 'ignore' });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  return new Promise((resolve) => {
    child.on('error', resolve).on('close', resolve);
  });
}

function chosenStages(names) {
  const unknown = names.filter((name) => !(name in stages));
  if (unknown.length > 0) {
    throw new UserError(
      `no stage ${unknown.join(', ')}; there are ${Object.keys(stages).join(', ')}.`,
    );
  }
  return Object.keys(stages).filter((name) => names.length === 0 || names.includes(name));
}

async function runStages(names) {
  const chosen = chosenStages(names);
  const times = [];
  let ahead = Promise.resolve();
  try {
    for (const name of chosen) {
      console.log(`\n== ${name}`);
      const start = performance.now();
      if (name === 'test-browser') {
        ahead = buildAhead(chosen.filter((other) => besideBrowsers.includes(other)));
      }
      if (besideBrowsers.includes(name)) await ahead;
      stages[name]();
      times.push(`${name} ${((performance.now() - start) / 1000).toFixed(1)} s`);
      console.log(`== ${times.at(-1)}`);
    }
  } finally {
    await ahead; // two builds in one folder, this one and the next command's, would clash
  }
  console.log(`\nAll stages passed: ${times.join(', ')}.`);
}

await asCommand(() => runStages(process.argv.slice(2)));
