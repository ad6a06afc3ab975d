// Settings of generation as the package takes them; their effects are compared with Python in the
// tests of the core.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pipeline } from 'dragoman';
import { golden } from './support.js';
import type { Text2TextPipeline, TranslationPipeline, Variant } from 'dragoman';

const sentence = 'where is the old boat!';

let generate: Text2TextPipeline;
beforeAll(async () => {
  generate = await pipeline('text2text-generation', golden('marian'), { dtype: 'fp32' });
});
afterAll(() => generate.dispose());

type Output = Awaited<ReturnType<Text2TextPipeline>>[number];
const first = (outputs: Awaited<ReturnType<Text2TextPipeline>>) =>
  outputs.flat()[0] as Output & {
    generated_text: string;
    score: number;
    tokens?: { token: number; token_str: string; score: number }[];
    truncated?: true;
  };

it('lists the tokens of an output with their log-probabilities', async () => {
  const options = { num_beams: 3, max_new_tokens: 8 };
  const plain = first(await generate(sentence, options));
  expect(plain.tokens).toBeUndefined();
  const {
    tokens = [],
    score,
    generated_text,
  } = first(await generate(sentence, { ...options, output_scores: true }));
  expect(generated_text).toBe(plain.generated_text);
  expect(tokens.length).toBeGreaterThan(2);
  const sum = tokens.reduce((total, token) => total + token.score, 0);
  expect(sum / tokens.length).toBeCloseTo(score, 5);
  const joined = tokens.map(({ token_str }) => token_str).join('');
  expect(joined.replace('</s>', '').trim()).toBe(generated_text);
});

it('ends with a stop string, which the output includes', async () => {
  const whole = first(await generate(sentence, { num_beams: 1, max_new_tokens: 30 }));
  const text = whole.generated_text;
  const stop = text.slice(2, 4);
  const cut = first(
    await generate(sentence, { num_beams: 1, max_new_tokens: 30, stop_strings: [stop] }),
  );
  expect(cut.generated_text).toContain(stop);
  expect(cut.generated_text.length).toBeLessThan(text.length);
  expect(text.startsWith(cut.generated_text)).toBe(true);
  expect(cut.truncated).toBeUndefined();
});

it('ends in time', async () => {
  const [cut] = (await generate([sentence], {
    num_beams: 1,
    max_new_tokens: 30,
    min_new_tokens: 29,
    max_time: 0.001,
  })) as (typeof whole)[];
  const whole = first(
    await generate(sentence, { num_beams: 1, max_new_tokens: 30, min_new_tokens: 29 }),
  );
  expect(whole.generated_text.startsWith(cut?.generated_text ?? '-')).toBe(true);
});

it('guesses without changing anything', async () => {
  const options = { num_beams: 1, max_new_tokens: 30 };
  const plain = await generate(sentence, options);
  expect(await generate(sentence, { ...options, prompt_lookup_num_tokens: 5 })).toEqual(plain);
  await expect(
    generate(sentence, { num_beams: 2, prompt_lookup_num_tokens: 5 }),
  ).rejects.toMatchObject({ code: 'invalid-argument' });
});

it('refuses what it cannot honour by name', async () => {
  for (const option of ['penalty_alpha', 'guidance_scale', 'num_beam_groups', 'dola_layers']) {
    await expect(generate(sentence, { [option]: 3 } as object)).rejects.toMatchObject({
      code: 'unsupported-option',
      message: expect.stringContaining(`"${option}"`) as string,
    });
  }
});

// Relaxed SIMD rounds a product and a sum once, so between the two kinds last bits may differ.
describe('the same samples for a seed with and without threads', () => {
  const kinds: [alone: Variant, threaded: Variant][] = [
    ['simd', 'simd-mt'],
    ['relaxed', 'relaxed-mt'],
  ];
  const sentences = [
    'Where is the station?',
    'She said that she would come back tomorrow if the weather was fine.',
  ];
  const options = { do_sample: true, num_beams: 1, seed: 11, num_return_sequences: 3 };
  async function samples(dtype: 'int8' | 'fp32', variant: Variant, threads: number) {
    const translate: TranslationPipeline = await pipeline('translation', null, {
      dtype,
      variant,
      threads,
    });
    const results = await translate(sentences, options);
    await translate.dispose();
    return JSON.stringify(results, (key, value: unknown) => (key === 'score' ? undefined : value));
  }
  it.each(['int8', 'fp32'] as const)('in %s', async (dtype) => {
    for (const [alone, threaded] of kinds) {
      expect(await samples(dtype, threaded, 2)).toBe(await samples(dtype, alone, 1));
    }
  });
});
