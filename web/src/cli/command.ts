// What a command is: its flags, and lines of text turned into lines of output.
import type { PipelineOptions } from 'dragoman';
import type { commands } from './commands/table.js';
import type { Flags } from './flags.js';

export type CommandName = keyof typeof commands;

/** What the user asks of a command. */
export interface Command {
  name: CommandName;
  model: string | undefined;
  json: boolean;
  loadOptions: PipelineOptions;
  callOptions: Record<string, unknown>;
  /** Flags by their names, for those that the command itself looks at. */
  values: Record<string, string | boolean | undefined>;
  /** `-` is standard input. */
  files: string[];
}

/** Turns lines into lines of output. */
export type Worker = (lines: string[]) => Promise<string[]>;

export interface Prepared {
  work: Worker;
  /** Of a command that needs all lines before it can print any: what it prints then. */
  finish?(): string[] | Promise<string[]>;
  dispose(): Promise<void>;
}

export interface CommandDefinition {
  /** A sentence for the help. */
  about: string;
  /** Its own, besides those of flags.ts. */
  flags: Flags;
  /** Loads the model. */
  prepare(command: Omit<Command, 'name'>): Promise<Prepared>;
}

/** A text as part of a line. */
export const oneLine = (text: string) => text.replace(/[\r\n]+/g, ' ');

/**
 * A blank line has nothing to be judged; it stays one, so that lines keep their numbers.
 *
 * @param work gets the other lines
 */
export function exceptBlank(json: boolean, work: Worker): Worker {
  return async (lines) => {
    const isBlank = (line: string) => line.trim() === '';
    const printed = await work(lines.filter((line) => !isBlank(line)));
    const blank = json ? 'null' : '';
    return lines.map((line) => (isBlank(line) ? blank : (printed.shift() as string)));
  };
}
