// Texts in, generated texts out: line by line or all at once, in pieces where someone watches.
import { oneLine } from './command.js';
import type { Command, Prepared } from './command.js';

/** What a command does with texts. */
export interface TextCommand<Output> {
  /** Best first for each text. */
  all(texts: string[]): Promise<Output[][]>;
  textOf(output: Output): string;
  stream(text: string, print: (piece: string) => void): Promise<void>;
}

/** Pieces are for eyes; JSON is not. */
export function isStreamed({ json, values }: Pick<Command, 'json' | 'values'>): boolean {
  return !json && (values['stream'] === true || process.stdout.isTTY === true);
}

/** Prints one text as it comes, and ends its line. */
export async function printStream(
  stream: (print: (piece: string) => void) => Promise<void>,
): Promise<void> {
  await stream((piece) => void process.stdout.write(piece));
  process.stdout.write('\n');
}

export function textWorker<Output>(
  command: Omit<Command, 'name'>,
  { all, textOf, stream }: TextCommand<Output>,
): Omit<Prepared, 'dispose'> {
  const { json, values, callOptions } = command;
  // Of several outputs only the first would stream.
  const single = ((callOptions['num_return_sequences'] as number | undefined) ?? 1) === 1;
  const streamed = single && isStreamed(command);
  const printed = (ranked: Output[], join: (text: string) => string) => {
    if (json) return JSON.stringify(ranked.length === 1 ? ranked[0] : ranked);
    return ranked.map((output) => join(textOf(output))).join('\t');
  };
  const work = async (lines: string[]) => {
    if (!streamed || lines.length === 0) {
      return (await all(lines)).map((ranked) => printed(ranked, oneLine));
    }
    for (const line of lines) await printStream((print) => stream(line, print));
    return [];
  };
  if (values['whole'] !== true) return { work };
  const held: string[] = [];
  return {
    async work(lines) {
      if (lines.length === 0) await all([]);
      held.push(...lines);
      return [];
    },
    async finish() {
      const text = held.join('\n');
      if (!streamed) return (await all([text])).map((ranked) => printed(ranked, String));
      await printStream((print) => stream(text, print));
      return [];
    },
  };
}
