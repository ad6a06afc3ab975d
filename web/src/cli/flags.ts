// Flags: tables from which they are parsed and explained. Here those that commands share.
import type { PipelineOptions } from 'dragoman';

export interface Flag {
  /** What the value is, in the help; none for a flag without value. */
  value?: string;
  kind: 'integer' | 'number' | 'text' | 'list' | 'switch' | 'off-switch' | 'integer-or-all';
  /** The option it sets; none where the command itself looks at it. */
  option?: string;
  /** The command is of no use without it. */
  required?: true;
  help: string;
}

export type Flags = Record<string, Flag>;

/** A table whose options are those of the call. */
export type FlagsOf<Options> = Record<string, Flag & { option?: keyof Options & string }>;

/** Flags that concern the model. */
export const loadFlags: FlagsOf<PipelineOptions> = {
  dtype: { value: 'D', kind: 'text', option: 'dtype', help: 'int8 (default), int4 or fp32' },
  threads: { value: 'N', kind: 'integer', option: 'threads', help: 'most threads to use' },
  variant: {
    value: 'V',
    kind: 'text',
    option: 'variant',
    help: 'simd, relaxed, simd-mt or relaxed-mt, instead of the best one',
  },
  revision: { value: 'R', kind: 'text', option: 'revision', help: 'branch or tag on the hub' },
  'local-files-only': { kind: 'switch', option: 'local_files_only', help: 'never ask the hub' },
};

/** Flags of every command that the command itself looks at. */
export const commonFlags: Flags = {
  model: { value: 'M', kind: 'text', help: 'folder, URL or hub id; without it the default model' },
  json: { kind: 'switch', help: 'print a JSON value a line' },
  help: { kind: 'switch', help: 'print this text' },
};

/** Flags of `pack`, whose model is an argument. */
export const packFlags: Flags = {
  dtype: loadFlags['dtype'] as Flag,
  output: { value: 'DIR', kind: 'text', help: 'folder to write; made where there is none' },
  revision: loadFlags['revision'] as Flag,
  force: { kind: 'switch', help: 'write into a folder that is not empty' },
  help: { kind: 'switch', help: 'print this text' },
};

/** Of commands whose lines may be too long for the model. */
export const lengthFlags = {
  'max-length': {
    value: 'N',
    kind: 'integer',
    option: 'max_length',
    help: 'most tokens of a line',
  },
  truncation: {
    kind: 'switch',
    option: 'truncation',
    help: 'cut lines that are too long instead of failing',
  },
} as const satisfies Flags;

/** A line of help for each flag. */
export function helpOf(flags: Flags): string {
  const names = Object.entries(flags).map(
    ([name, { value }]) => `--${name}${value ? ` ${value}` : ''}`,
  );
  const width = Math.max(...names.map((name) => name.length));
  const lines = Object.values(flags).map(({ help }, index) => {
    return `  ${(names[index] as string).padEnd(width)}  ${help}`;
  });
  return lines.join('\n');
}
