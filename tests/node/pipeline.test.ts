// Pipelines from text to text: what Python computes, in the shapes of transformers.js.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pipeline } from 'dragoman';
import { golden, goldenCases } from './support.js';
import type {
  Classification,
  ClassificationCallOptions,
  ClassificationInput,
  TextClassificationPipeline,
  TranslationCallOptions,
  TranslationPipeline,
} from 'dragoman';

interface TranslationCase {
  text: string;
  options: TranslationCallOptions;
  translations: string[];
  scores: number[] | null;
}
interface ClassificationCase {
  input: ClassificationInput;
  options: ClassificationCallOptions;
  labels: Classification[];
}

describe('golden models in fp32', () => {
  let translate: TranslationPipeline;
  let classify: TextClassificationPipeline;
  beforeAll(async () => {
    const options = { dtype: 'fp32' } as const;
    [translate, classify] = await Promise.all([
      pipeline('translation', golden('marian'), options),
      pipeline('text-classification', golden('bert'), options),
    ]);
  });
  afterAll(() => Promise.all([translate.dispose(), classify.dispose()]));

  it.each(goldenCases<TranslationCase>('marian'))('translate %j', async (expected) => {
    const options = { ...expected.options, split_sentences: false };
    const results = await translate(expected.text, options);
    expect(results.map((result) => result.translation_text)).toEqual(expected.translations);
    expected.scores?.forEach((score, i) => expect(results[i]?.score).toBeCloseTo(score, 4));
  });

  it.each(goldenCases<ClassificationCase>('bert'))(
    'classify %j',
    async ({ input, options, labels }) => {
      const results = await classify(input, options);
      expect(results.map(({ label }) => label)).toEqual(labels.map(({ label }) => label));
      labels.forEach(({ score }, i) => expect(results[i]?.score).toBeCloseTo(score, 4));
    },
  );

  it('arrays give arrays', async () => {
    const texts = ['good', 'bad', 'story'];
    const alone = await Promise.all(texts.map((text) => classify(text)));
    expect(await classify(texts)).toEqual(alone.flat());
    expect(await classify(texts, { top_k: 1 })).toEqual(alone.flat());
    const two = await classify(texts, { top_k: 2 });
    expect(two).toEqual(await Promise.all(texts.map((text) => classify(text, { top_k: 2 }))));
    expect(two).toMatchObject([
      [{}, {}],
      [{}, {}],
      [{}, {}],
    ]);
    expect(await classify([])).toEqual([]);
    expect(await translate([])).toEqual([]);
    expect(await translate(['home'])).toEqual(await translate('home'));
  });

  it('several translations of each text', async () => {
    const options = { num_beams: 3, num_return_sequences: 2 };
    const [home, boats] = await Promise.all([
      translate('home', options),
      translate('42 boats', options),
    ]);
    expect(home).toHaveLength(2);
    expect(await translate(['home', '42 boats'], options)).toEqual([home, boats]);
    expect(await translate(['', 'home'], options)).toEqual([
      [
        { translation_text: '', score: 0 },
        { translation_text: '', score: 0 },
      ],
      home,
    ]);
  });

  it('the i-th best translation of a text is made of the i-th best of its sentences', async () => {
    const options = { num_beams: 3, num_return_sequences: 2, split_sentences: true };
    const sentences = ['The old market.', 'Where is it?', 'She waits!'];
    const parts = (await translate(sentences, options)) as { translation_text: string }[][];
    const whole = await translate(`${sentences[0]}  ${sentences[1]}\n\n${sentences[2]} `, options);
    const texts = [0, 1].map((rank) => parts.map((ranked) => ranked[rank]?.translation_text));
    expect(whole.map((result) => result.translation_text)).toEqual(
      texts.map(([a, b, c]) => `${a}  ${b}\n\n${c} `),
    );
    const scores = whole.map(({ score }) => score);
    expect(scores.every((score) => Number.isFinite(score) && score < 0)).toBe(true);
  });

  it('what was cut says so', async () => {
    const [cut] = await translate('the rain, the sea', { max_new_tokens: 3, num_beams: 1 });
    expect(cut).toMatchObject({ truncated: true });
    const [label] = await classify('good '.repeat(100), { truncation: true });
    expect(label).toMatchObject({ truncated: true });
    const [whole] = await classify('good');
    expect(whole).not.toHaveProperty('truncated');
  });

  it('a pipeline knows itself', () => {
    expect(translate.task).toBe('translation');
    expect(translate.info).toMatchObject({
      model_type: 'marian',
      dtype: 'fp32',
      task: 'translation',
    });
    expect(classify.info).toMatchObject({ labels: ['NEGATIVE', 'NEUTRAL', 'POSITIVE'] });
    expect(translate.info.packed_bytes).toBeGreaterThan(10_000);
    expect(translate.threads).toBeGreaterThanOrEqual(1);
  });
});

describe('a batch', () => {
  // Of many lengths, and more than one batch of the engine.
  const words = 'the old market by the sea where she reads a letter and 42 boats wait'.split(' ');
  const texts = Array.from({ length: 64 }, (_, i) => {
    const length = 1 + ((i * 7) % 23);
    return Array.from({ length }, (_, j) => words[(i * 5 + j * 3) % words.length]).join(' ');
  });

  it.each(['fp32', 'int8'] as const)(
    'of 64 texts gives what each gives alone (%s)',
    async (dtype) => {
      const translate = await pipeline('translation', golden('marian'), { dtype });
      const classify = await pipeline('text-classification', golden('bert'), { dtype });
      for (const num_beams of [1, 4]) {
        const alone = [];
        for (const text of texts) alone.push(...(await translate(text, { num_beams })));
        expect(await translate(texts, { num_beams })).toEqual(alone);
      }
      // The classifier's vocabulary takes most words letter by letter.
      const short = texts.map((text) => text.split(' ').slice(0, 8).join(' '));
      const labels = [];
      for (const text of short) labels.push(...(await classify(text)));
      expect(await classify(short)).toEqual(labels);
      await Promise.all([translate.dispose(), classify.dispose()]);
    },
  );

  it('of 64 texts gives the same tokens with the default model', async () => {
    const translate = await pipeline('translation');
    const english = texts.map((text) => `${text[0]?.toUpperCase()}${text.slice(1)}.`);
    const alone = [];
    for (const text of english) alone.push(...(await translate(text)));
    expect(await translate(english)).toEqual(alone);
    await translate.dispose();
  });
});

describe('default models', () => {
  it('translate English to French', async () => {
    const translate = await pipeline('translation_en_to_fr');
    const [result] = await translate('Where is the station?');
    expect(result?.translation_text).toMatch(/^Où .*\bgare\b.*\?$/);
    const [text] = await translate('  Thank you.\n\n - I am tired.  ');
    expect(text?.translation_text).toMatch(/^ {2}Merci[^\n]*\n\n - \S[^\n]*\S {2}$/);
    await translate.dispose();
  });

  it('tell good from bad', async () => {
    const classify = await pipeline('sentiment-analysis');
    const results = await classify(['A wonderful, moving film.', 'A dull and stupid mess.']);
    expect(results.map(({ label }) => label)).toEqual(['POSITIVE', 'NEGATIVE']);
    for (const { score } of results) expect(score).toBeGreaterThan(0.8);
    await classify.dispose();
  });

  it('refuse to be what they are not', async () => {
    const find = pipeline('translation_de_to_fr');
    await expect(find).rejects.toMatchObject({ code: 'unsupported-model' });
    for (const task of ['translation_de_to_fr', 'translation_en_to_de'] as const) {
      const load = pipeline(task, 'dragoman-en-fr');
      await expect(load).rejects.toMatchObject({ code: 'invalid-argument' });
    }
    const wrong = pipeline('text-classification', 'dragoman-en-fr');
    await expect(wrong).rejects.toMatchObject({ code: 'unsupported-model' });
  });
});
