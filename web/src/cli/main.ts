// The program `dragoman`.
import { setFlagsFromString } from 'node:v8';
import { DragomanError, env } from 'dragoman';
import { parseCommandLine, UsageError } from './arguments.js';
import { runCommand } from './run.js';
import { runPack } from './pack.js';
import { ProgressBar } from './progress.js';

const wrongUsage = ['invalid-argument', 'unsupported-option'];

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`dragoman: ${message.replace(/\s*\n\s*/g, ' ')}\n`);
  const isUsage =
    error instanceof UsageError ||
    (error instanceof DragomanError && wrongUsage.includes(error.code));
  process.exitCode = isUsage ? 2 : 1;
}

async function main(): Promise<void> {
  const parsed = parseCommandLine(process.argv.slice(2), env.version);
  if ('print' in parsed) {
    process.stdout.write(parsed.print);
    return;
  }
  const bar = new ProgressBar();
  try {
    if ('pack' in parsed) await runPack(parsed.pack, bar);
    else await runCommand(parsed.command, bar);
  } finally {
    bar.clear();
  }
}

// Who reads us may stop when they have enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') fail(error);
  process.exit();
});

// Node 20 has relaxed SIMD behind a flag. This process is ours, so the flag may be set.
if (process.versions.node.startsWith('20.')) {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}

try {
  await main();
} catch (error) {
  fail(error);
}
