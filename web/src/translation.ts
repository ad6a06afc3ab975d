// Translation: a call from its arguments to its output, sentence by sentence between.
import { DragomanError } from './common/errors.js';
import { joinSentences, splitSentences } from './sentences.js';
import { splitCallOptions } from './options.js';
import { readTexts } from './texts.js';
import type { LoadedModel } from './engine.js';
import type { TranslationCallOptions } from './options.js';
import type { SplitText } from './sentences.js';

export interface Translation {
  translation_text: string;
  /**
   * What the search ranked it by: the mean log-probability of its tokens where `length_penalty`
   * is 1. Over several sentences their mean, weighted by length; 0 where nothing was translated.
   */
  score: number;
  /** Something was cut: the translation reached its greatest length, or a word its limit. */
  truncated?: true;
}

/** One translation as the engine gives it. */
interface EngineTranslation extends Translation {
  token_count: number;
}

interface Plan {
  texts: SplitText[];
  /** Index of the text that each sentence belongs to. */
  owners: number[];
  sentences: string[];
}

function makePlan(texts: string[], split: boolean, locale: string): Plan {
  const plan: Plan = { texts: [], owners: [], sentences: [] };
  texts.forEach((text, index) => {
    const parts = split ? splitSentences(text, locale) : { sentences: [text], gaps: ['', ''] };
    plan.texts.push(parts);
    plan.sentences.push(...parts.sentences);
    plan.owners.push(...parts.sentences.map(() => index));
  });
  return plan;
}

/** The i-th best translation of a text: the i-th best of each sentence. */
function combine(text: SplitText, ranked: EngineTranslation[]): Translation {
  const translation: Translation = {
    translation_text: joinSentences(
      text.gaps,
      ranked.map((sentence) => sentence.translation_text),
    ),
    score: 0,
  };
  const tokens = ranked.reduce((sum, { token_count }) => sum + token_count, 0);
  const weighted = ranked.reduce((sum, { score, token_count }) => sum + score * token_count, 0);
  const [only] = ranked;
  if (ranked.length === 1 && only) translation.score = only.score;
  else if (tokens > 0) translation.score = weighted / tokens;
  if (ranked.some(({ truncated }) => truncated)) translation.truncated = true;
  return translation;
}

// The engine speaks of its own inputs, which are sentences; callers know their texts.
function renameInput(error: unknown, owners: number[], isArray: boolean): unknown {
  if (!(error instanceof DragomanError)) return error;
  const message = error.message.replace(/\binputs\[(\d+)\]/, (_, index: string) => {
    return isArray ? `inputs[${owners[Number(index)]}]` : 'The text';
  });
  return message === error.message ? error : new DragomanError(error.code, message);
}

function assemble(plan: Plan, results: EngineTranslation[][], count: number): Translation[][] {
  let next = 0;
  return plan.texts.map((text) => {
    const own = results.slice(next, (next += text.sentences.length));
    const ranks = own[0]?.length ?? count;
    return Array.from({ length: ranks }, (_, rank) => {
      return combine(
        text,
        own.map((sentence) => sentence[rank] as EngineTranslation),
      );
    });
  });
}

/** @returns for one text its translations; for an array one each, or more where asked for */
export async function translate(
  model: LoadedModel,
  locale: string,
  input: unknown,
  options: TranslationCallOptions | undefined,
): Promise<Translation[] | Translation[][]> {
  const texts = readTexts(input);
  const { signal, splitSentences, taskOptions } = splitCallOptions(options, ['split_sentences']);
  const plan = makePlan(texts, splitSentences, locale);
  // The request goes out even where there is nothing to translate: its options are checked there.
  const request = JSON.stringify({ inputs: plan.sentences, options: taskOptions });
  let results: EngineTranslation[][];
  try {
    results = JSON.parse(await model.run(request, signal)) as EngineTranslation[][];
  } catch (error) {
    throw renameInput(error, plan.owners, Array.isArray(input));
  }
  const count = (taskOptions['num_return_sequences'] as number | undefined) ?? 1;
  const translations = assemble(plan, results, count);
  if (!Array.isArray(input)) return translations[0] as Translation[];
  // As in Python: a list of texts with one translation each gives a flat list.
  const flat = translations.every((ranked) => ranked.length === 1);
  return flat ? translations.map(([best]) => best as Translation) : translations;
}
