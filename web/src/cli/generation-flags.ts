// Flags of commands that generate text.
import type { FlagsOf } from './flags.js';

/** Options that those commands have in common. */
interface GenerationOptions {
  num_beams?: unknown;
  num_return_sequences?: unknown;
  max_new_tokens?: unknown;
  max_length?: unknown;
  min_length?: unknown;
  length_penalty?: unknown;
  repetition_penalty?: unknown;
  no_repeat_ngram_size?: unknown;
  early_stopping?: unknown;
  do_sample?: unknown;
  temperature?: unknown;
  top_k?: unknown;
  top_p?: unknown;
  min_p?: unknown;
  seed?: unknown;
}

/** @param outputs what a line gives: "translations" */
export const searchFlags = (outputs: string): FlagsOf<GenerationOptions> => ({
  'num-beams': { value: 'N', kind: 'integer', option: 'num_beams', help: 'beams; 1 is greedy' },
  'num-return-sequences': {
    value: 'N',
    kind: 'integer',
    option: 'num_return_sequences',
    help: `${outputs} a line, separated by tabs, best first`,
  },
  'max-new-tokens': {
    value: 'N',
    kind: 'integer',
    option: 'max_new_tokens',
    help: 'most tokens generated',
  },
  'max-length': {
    value: 'N',
    kind: 'integer',
    option: 'max_length',
    help: 'the same, with the start token, or the prompt, counted',
  },
  'min-length': {
    value: 'N',
    kind: 'integer',
    option: 'min_length',
    help: 'fewest tokens, counted like that',
  },
  'length-penalty': {
    value: 'X',
    kind: 'number',
    option: 'length_penalty',
    help: `above 0 favours longer ${outputs}`,
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
});

export const samplingFlags: FlagsOf<GenerationOptions> = {
  greedy: { kind: 'off-switch', option: 'do_sample', help: 'take the likeliest tokens' },
  sample: { kind: 'switch', option: 'do_sample', help: 'draw tokens at random' },
  temperature: {
    value: 'X',
    kind: 'number',
    option: 'temperature',
    help: 'below 1 likely tokens gain',
  },
  'top-k': { value: 'N', kind: 'integer', option: 'top_k', help: 'draw from the N likeliest' },
  'top-p': { value: 'X', kind: 'number', option: 'top_p', help: 'draw from the likeliest, to X' },
  'min-p': { value: 'X', kind: 'number', option: 'min_p', help: 'least share of the likeliest' },
  seed: { value: 'N', kind: 'integer', option: 'seed', help: 'the same output for the same seed' },
};

/** Whether all input is one text, and whether pieces are printed as they come. */
export const wholeFlags = {
  whole: { kind: 'switch', help: 'all input is one text, not one a line' },
  stream: { kind: 'switch', help: 'print text as it comes, as on a terminal' },
} as const;
