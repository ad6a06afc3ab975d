// Summaries and texts from texts, as the package gives them. The random translation model serves
// for both: what the core does with it is compared with Python in the tests of the core.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pipeline } from 'dragoman';
import { golden } from './support.js';
import type { SummarizationPipeline, Text2TextPipeline, TranslationPipeline } from 'dragoman';

const sentence = 'where is the old boat!';
const long = Array.from({ length: 12 }, () => sentence).join(' ');

let translate: TranslationPipeline;
let summarise: SummarizationPipeline;
let generate: Text2TextPipeline;
beforeAll(async () => {
  const options = { dtype: 'fp32' } as const;
  translate = await pipeline('translation', golden('marian'), options);
  summarise = await pipeline('summarization', golden('marian'), options);
  generate = await pipeline('text2text-generation', golden('marian'), options);
});
afterAll(() => Promise.all([translate, summarise, generate].map((one) => one.dispose())));

it('names results as transformers.js does', async () => {
  const [translation] = await translate(sentence);
  const [summary] = await summarise(sentence);
  const [generated] = await generate([sentence]);
  expect(summary).toEqual({
    summary_text: translation?.translation_text,
    score: translation?.score,
  });
  expect([generated].flat()[0]?.generated_text).toBe(translation?.translation_text);
});

it('summarises a long text to one summary, and streams only that', async () => {
  const options = { max_new_tokens: 6 };
  const [whole] = (await summarise(long, options)) as { summary_text: string }[];
  let joined = '';
  for await (const { delta, done, summary_text, summaries } of summarise.stream(long, options)) {
    joined += delta;
    expect(summary_text.startsWith(joined)).toBe(true);
    if (done) expect(summaries).toEqual([whole]);
  }
  expect(joined).toBe(whole?.summary_text);
  const [parts] = (await summarise(long, { ...options, merge: false })) as (typeof whole)[];
  expect(parts?.summary_text.split(' ').length).toBeGreaterThanOrEqual(4);
});

it('refuses what is too long for text2text generation, and options of other tasks', async () => {
  await expect(generate(long)).rejects.toMatchObject({ code: 'input-too-long' });
  await expect(generate(sentence, { merge: false } as object)).rejects.toMatchObject({
    code: 'unsupported-option',
  });
  await expect(summarise(sentence, { split_sentences: false } as object)).rejects.toMatchObject({
    code: 'unsupported-option',
  });
  const [cut] = (await generate(long, { truncation: true })) as { truncated?: true }[];
  expect(cut?.truncated).toBe(true);
});

it('draws the same samples for a seed, others without', async () => {
  const options = { do_sample: true, num_beams: 1, num_return_sequences: 4, top_k: 0 };
  const first = await generate(sentence, { ...options, seed: 3 });
  expect(first).toHaveLength(4);
  expect(await generate(sentence, { ...options, seed: 3 })).toEqual(first);
  expect(await generate(sentence, options)).not.toEqual(await generate(sentence, options));
});
