// Runs a command: lines in, lines out, in order, some at a time.
import { once } from 'node:events';
import { DragomanError } from 'dragoman';
import { commands } from './commands/table.js';
import { readLines, totalSize } from './lines.js';
import type { Command, Worker } from './command.js';
import type { ProgressBar } from './progress.js';

// The engine fills its own batches; this many lines keep them full, and what is held is small.
const batchLines = 128;

// What pipelines call an input.
const inputName = /\b(inputs|documents)\[\d+\]/;

async function print(lines: string[]): Promise<void> {
  if (lines.length === 0) return;
  const text = lines.map((line) => `${line}\n`).join('');
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

// A batch fails whole when one of its lines does. Those before it are good, and the message is to
// name the line of the input, not of the batch.
async function finishUntilBad(work: Worker, lines: string[], before: number): Promise<never> {
  for (const [index, line] of lines.entries()) {
    try {
      await print(await work([line]));
    } catch (error) {
      if (!(error instanceof DragomanError)) throw error;
      const name = `line ${before + index + 1}`;
      throw new DragomanError(error.code, error.message.replace(inputName, name));
    }
  }
  throw new DragomanError('internal', 'A batch failed of which every line is good.');
}

/** Runs a command to its end. Throws what stops it. */
export async function runCommand(command: Command, bar: ProgressBar): Promise<void> {
  const total = await totalSize(command.files);
  const { work, finish, dispose } = await commands[command.name].prepare({
    ...command,
    loadOptions: { ...command.loadOptions, progress_callback: (event) => bar.loading(event) },
  });
  bar.clear();
  // Options are checked by a request, also where no line comes.
  await work([]);
  let count = 0;
  let bytes = 0;
  for await (const arrived of readLines(command.files)) {
    const share = arrived.bytes / Math.max(1, arrived.lines.length);
    for (let start = 0; start < arrived.lines.length; start += batchLines) {
      const lines = arrived.lines.slice(start, start + batchLines);
      bar.working(count, total === undefined ? undefined : bytes / Math.max(1, total));
      const output = await work(lines).catch((error: unknown) => {
        const isOfLine = error instanceof DragomanError && inputName.test(error.message);
        if (!isOfLine) throw error;
        bar.clear();
        return finishUntilBad(work, lines, count);
      });
      bar.clear();
      await print(output);
      count += lines.length;
      bytes += lines.length * share;
    }
  }
  bar.clear();
  if (finish) await print(await finish());
  await dispose();
}
