// From the words of the command line to what is to be done.
import { parseArgs } from 'node:util';
import { commands } from './commands/table.js';
import { commonFlags, helpOf, loadFlags, packFlags } from './flags.js';
import type { PackOptions } from 'dragoman';
import type { Command, CommandName } from './command.js';
import type { Flag, Flags } from './flags.js';

/** Wrong usage: told in one line, with exit status 2. */
export class UsageError extends Error {}

export interface PackCommand {
  source: string;
  folder: string;
  force: boolean;
  options: PackOptions;
}

export type Parsed = { print: string } | { command: Command } | { pack: PackCommand };

const usage = `Usage: ${Object.keys(commands)
  .map((name) => `dragoman ${name} [OPTION]... [FILE]...`)
  .join('\n       ')}
       dragoman pack SOURCE -o DIR [--dtype int8] [--revision R] [--force]
       dragoman COMMAND --help
       dragoman --version

Reads lines from the files, or from standard input where there is none or a file is -, and prints
a line for each. Exit status: 0, 1 when something failed, 2 for wrong usage.
`;

function helpText(name: CommandName): string {
  const { flags, about } = commands[name];
  return `Usage: dragoman ${name} [OPTION]... [FILE]...

${about} Without FILE, or where it is -, reads standard input.

${helpOf(flags)}

${helpOf({ ...commonFlags, ...loadFlags })}
`;
}

const packHelp = `Usage: dragoman pack SOURCE -o DIR [OPTION]...

Writes a model with its weights quantised beforehand, as a folder to be hosted or loaded. SOURCE is
a folder, a URL or a hub id.

${helpOf(packFlags)}
`;

function readValue(name: string, flag: Flag, given: string | boolean): unknown {
  if (typeof given === 'boolean') return flag.kind !== 'off-switch';
  if (flag.kind === 'text') return given;
  if (flag.kind === 'list') return given.split(',').map((word) => word.trim());
  if (flag.kind === 'integer-or-all' && given === 'all') return null;
  const value = given.trim() === '' ? Number.NaN : Number(given);
  const isInteger = flag.kind !== 'number';
  if (Number.isFinite(value) && (!isInteger || Number.isInteger(value))) return value;
  throw new UsageError(`--${name} takes ${isInteger ? 'an integer' : 'a number'}, not "${given}"`);
}

type Values = Record<string, string | boolean | undefined>;

function readOptions(flags: Flags, values: Values): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(flags)) {
    const given = values[name];
    if (given === undefined && flag.required) {
      throw new UsageError(`--${name} ${flag.value} is needed, the ${flag.help}`);
    }
    if (given === undefined || flag.option === undefined) continue;
    options[flag.option] = readValue(name, flag, given);
  }
  return options;
}

function parseWords(flags: Flags, args: string[]): { values: Values; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values: values as Values, positionals };
  } catch (error) {
    // Node explains at length how to pass such a word as a file; the first sentence will do.
    const [first] = (error as Error).message.split(/[.\n] ?/);
    throw new UsageError(first);
  }
}

function parsePack(args: string[]): Parsed {
  const words = args.map((word) => (word === '-o' ? '--output' : word));
  const { values, positionals } = parseWords(packFlags, words);
  if (values['help']) return { print: packHelp };
  const [source, ...others] = positionals;
  const folder = values['output'];
  if (source === undefined || others.length > 0) throw new UsageError('pack takes one SOURCE');
  if (typeof folder !== 'string' || folder === '') {
    throw new UsageError('pack needs -o DIR, where to write');
  }
  const options = readOptions(packFlags, values) as PackOptions;
  return { pack: { source, folder, force: values['force'] === true, options } };
}

/** Throws UsageError. */
export function parseCommandLine(args: string[], version: string): Parsed {
  const [name, ...rest] = args;
  if (name === undefined) throw new UsageError('no command; try dragoman --help');
  if (name === '--help' || name === '-h' || name === 'help') return { print: usage };
  if (name === '--version' || name === '-V') return { print: `${version}\n` };
  if (name === 'pack') return parsePack(rest);
  if (!Object.hasOwn(commands, name)) {
    throw new UsageError(
      `unknown command "${name}"; there are ${Object.keys(commands).join(', ')}, pack`,
    );
  }
  const command = name as CommandName;
  const { flags } = commands[command];
  const { values, positionals } = parseWords({ ...commonFlags, ...loadFlags, ...flags }, rest);
  if (values['help']) return { print: helpText(command) };
  return {
    command: {
      name: command,
      model: values['model'] as string | undefined,
      json: values['json'] === true,
      loadOptions: readOptions(loadFlags, values),
      callOptions: readOptions(flags, values),
      values,
      files: positionals.length > 0 ? positionals : ['-'],
    },
  };
}
