// Text classification: a call from its arguments to its output.
import { readTextsOrPairs } from './texts.js';
import { splitCallOptions } from './options.js';
import type { LoadedModel } from './engine.js';
import type { ClassificationCallOptions } from './options.js';
import type { TextPair } from './texts.js';

export interface Classification {
  label: string;
  score: number;
  /** The text was cut, as `truncation` allowed. */
  truncated?: true;
}

/** A text, or a pair of texts. */
export type ClassificationInput = string | TextPair;

/** @returns for one text its labels; for an array the best label each, or with top_k the labels */
export async function classify(
  model: LoadedModel,
  input: unknown,
  options: ClassificationCallOptions | undefined,
): Promise<Classification[] | Classification[][]> {
  const inputs = readTextsOrPairs(input);
  const { signal, taskOptions } = splitCallOptions(options, []);
  const request = JSON.stringify({ inputs, options: taskOptions });
  const results = JSON.parse(await model.run(request, signal)) as Classification[][];
  if (!Array.isArray(input)) return results[0] as Classification[];
  // As in transformers.js: without top_k, or with 1, an array gives an array of labels.
  const { top_k: topK = 1 } = taskOptions;
  return topK === 1 ? results.map(([best]) => best as Classification) : results;
}
