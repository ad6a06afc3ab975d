// What calls may show of the inside of an encoder.
import type { Tensor } from '../tensor.js';

/** One of these is asked for, or both. */
export type InspectionOptions =
  | { output_attentions: true; output_hidden_states?: boolean | undefined }
  | { output_attentions?: boolean | undefined; output_hidden_states: true };

export type InspectionOption = 'output_attentions' | 'output_hidden_states';

/** Neither is asked for. */
export type NoInspection = { [Option in InspectionOption]?: false | undefined };

/** The options of a call that asks for them. */
export type Inspecting<Options> = Omit<Options, InspectionOption> & InspectionOptions;

/** Of one whose type does not tell, such as `{ output_attentions: boolean }`. */
export type PerhapsInspecting<Options> = Omit<Options, InspectionOption> & {
  [Option in InspectionOption]?: boolean | undefined;
};

/** What came along as `output_attentions` and `output_hidden_states` asked. */
export interface Inspected {
  tokens: InspectedToken[];
  /** A tensor [heads, tokens, tokens] for each layer. */
  attentions?: Tensor<'float32'>[];
  /** Tensors [tokens, hidden_size]: what enters the first layer, and what leaves each. */
  hidden_states?: Tensor<'float32'>[];
}

export interface InspectedToken {
  token: number;
  token_str: string;
  /** Its part of the text is `text.slice(start, end)`; nothing for special tokens. */
  start: number;
  end: number;
  /** It is of the second text. */
  pair?: true;
}
