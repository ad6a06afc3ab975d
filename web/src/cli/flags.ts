// The flags of each command: one table from which they are parsed and explained.
import type { ClassificationCallOptions, PipelineOptions, TranslationCallOptions } from 'dragoman';

export interface Flag {
  /** What the value is, in the help; none for a flag without value. */
  value?: string;
  kind: 'integer' | 'number' | 'text' | 'switch' | 'off-switch' | 'integer-or-all';
  /** The option it sets; none where the command itself looks at it. */
  option?: string;
  help: string;
}

export type Flags = Record<string, Flag>;

/** A table whose options are those of the call. */
type FlagsOf<Options> = Record<string, Flag & { option?: keyof Options & string }>;

/** Flags that concern the model. */
export const loadFlags: FlagsOf<PipelineOptions> = {
  dtype: { value: 'D', kind: 'text', option: 'dtype', help: 'int8 (default) or fp32' },
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

export const translateFlags: FlagsOf<TranslationCallOptions> = {
  'num-beams': { value: 'N', kind: 'integer', option: 'num_beams', help: 'beams; 1 is greedy' },
  'num-return-sequences': {
    value: 'N',
    kind: 'integer',
    option: 'num_return_sequences',
    help: 'translations a line, separated by tabs, best first',
  },
  'max-new-tokens': {
    value: 'N',
    kind: 'integer',
    option: 'max_new_tokens',
    help: 'most tokens generated a sentence',
  },
  'max-length': {
    value: 'N',
    kind: 'integer',
    option: 'max_length',
    help: 'the same, with the start token counted',
  },
  'min-length': {
    value: 'N',
    kind: 'integer',
    option: 'min_length',
    help: 'fewest tokens, the start token counted',
  },
  'length-penalty': {
    value: 'X',
    kind: 'number',
    option: 'length_penalty',
    help: 'above 0 favours longer translations',
  },
  'repetition-penalty': {
    value: 'X',
    kind: 'number',
    option: 'repetition_penalty',
    help: 'above 1 avoids repetition',
  },
  'no-repeat-ngram-size': {
    value: 'N',
    kind: 'integer',
    option: 'no_repeat_ngram_size',
    help: 'sequences of N tokens occur once only',
  },
  'early-stopping': {
    kind: 'switch',
    option: 'early_stopping',
    help: 'stop as soon as there are as many candidates as beams',
  },
  truncation: {
    kind: 'switch',
    option: 'truncation',
    help: 'cut a word that is too long instead of failing',
  },
  'no-split-sentences': {
    kind: 'off-switch',
    option: 'split_sentences',
    help: 'hand lines over whole',
  },
};

export const classifyFlags: FlagsOf<ClassificationCallOptions> = {
  'top-k': {
    value: 'N',
    kind: 'integer-or-all',
    option: 'top_k',
    help: 'labels a line, best first; "all" for all (default 1)',
  },
  'function-to-apply': {
    value: 'F',
    kind: 'text',
    option: 'function_to_apply',
    help: 'softmax, sigmoid or none, instead of what the model says',
  },
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
};

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
