// The commands: lines in, lines out, in order, some at a time.
import { once } from 'node:events';
import { DragomanError, pipeline } from 'dragoman';
import { readLines, totalSize } from './lines.js';
import type { Classification, Translation } from 'dragoman';
import type { Command } from './arguments.js';
import type { ProgressBar } from './progress.js';

// The engine fills its own batches; this many lines keep them full, and what is held is small.
const batchLines = 128;

/** Turns lines into lines of output. */
type Worker = (lines: string[]) => Promise<string[]>;

interface Prepared {
  work: Worker;
  dispose(): Promise<void>;
}

const oneLine = (text: string) => text.replace(/[\r\n]+/g, ' ');

function printTranslations(ranked: Translation[], json: boolean): string {
  if (json) return JSON.stringify(ranked.length === 1 ? ranked[0] : ranked);
  return ranked.map(({ translation_text: text }) => oneLine(text)).join('\t');
}

async function prepareTranslate(command: Command, bar: ProgressBar): Promise<Prepared> {
  const translate = await pipeline('translation', command.model ?? null, {
    ...command.loadOptions,
    progress_callback: (event) => bar.loading(event),
  });
  const work: Worker = async (lines) => {
    const results = await translate(lines, command.callOptions);
    return results.map((result) => {
      return printTranslations(Array.isArray(result) ? result : [result], command.json);
    });
  };
  return { work, dispose: () => translate.dispose() };
}

function printLabels(labels: Classification[], json: boolean, single: boolean): string {
  if (json) return JSON.stringify(single ? labels[0] : labels);
  return labels.flatMap(({ label, score }) => [oneLine(label), score]).join('\t');
}

async function prepareClassify(command: Command, bar: ProgressBar): Promise<Prepared> {
  const classify = await pipeline('text-classification', command.model ?? null, {
    ...command.loadOptions,
    progress_callback: (event) => bar.loading(event),
  });
  const { top_k: topK = 1 } = command.callOptions;
  const work: Worker = async (lines) => {
    const filled = lines.filter((line) => line.trim() !== '');
    const results = await classify(filled, command.callOptions);
    // A blank line has nothing to be judged; it stays one, so that lines keep their numbers.
    const printed = results.map((result) => {
      return printLabels(Array.isArray(result) ? result : [result], command.json, topK === 1);
    });
    const blank = command.json ? 'null' : '';
    return lines.map((line) => (line.trim() === '' ? blank : (printed.shift() as string)));
  };
  return { work, dispose: () => classify.dispose() };
}

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
      throw new DragomanError(error.code, error.message.replace(/\binputs\[0\]/, name));
    }
  }
  throw new DragomanError('internal', 'A batch failed of which every line is good.');
}

/** Runs a command to its end. Throws what stops it. */
export async function runCommand(command: Command, bar: ProgressBar): Promise<void> {
  const total = await totalSize(command.files);
  const prepare = command.name === 'translate' ? prepareTranslate : prepareClassify;
  const { work, dispose } = await prepare(command, bar);
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
        const isOfLine = error instanceof DragomanError && /\binputs\[/.test(error.message);
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
  await dispose();
}
