// Every WebAssembly module, with one thread and with several, computes the same.
import { describe, expect, it } from 'vitest';
import { pipeline } from 'dragoman';
import { golden } from './support.js';
import type { PipelineOptions, Variant } from 'dragoman';

const executions: [Variant, number][] = [
  ['simd', 1],
  ['relaxed', 1],
  ['simd-mt', 1],
  ['simd-mt', 2],
  ['relaxed-mt', 2],
  ['relaxed-mt', 3],
];

const sentences = [
  'Where is the station?',
  'She said that she would come back tomorrow if the weather was fine.',
  'A man in a blue shirt is standing on a ladder and cleaning a window.',
];

async function translations(options: PipelineOptions) {
  const translate = await pipeline('translation', null, options);
  const results = await translate(sentences);
  expect([translate.variant, translate.threads]).toEqual([options.variant, options.threads]);
  await translate.dispose();
  return results.map(({ translation_text }) => translation_text);
}

describe.each(['int8', 'fp32'] as const)('in %s', (dtype) => {
  it.each(executions.slice(1))('%s with %i threads agrees with simd', async (variant, threads) => {
    const plain = await translations({ dtype, variant: 'simd', threads: 1 });
    expect(await translations({ dtype, variant, threads })).toEqual(plain);
  });
});

describe('classification', () => {
  it.each(executions)('runs on %s with %i threads', async (variant, threads) => {
    const classify = await pipeline('text-classification', golden('bert'), {
      dtype: 'fp32',
      variant,
      threads,
    });
    const [best] = await classify('I loved this film.');
    expect(best?.label).toBe('POSITIVE');
    expect(best?.score).toBeCloseTo(0.573_946, 4);
    await classify.dispose();
  });
});

it('pipelines on different modules run at once', async () => {
  const pipelines = await Promise.all(
    executions.map(([variant, threads]) =>
      pipeline('translation', golden('marian'), { dtype: 'fp32', variant, threads }),
    ),
  );
  const results = await Promise.all(pipelines.map((translate) => translate('home')));
  for (const result of results) expect(result[0]?.translation_text).toBe('C');
  await Promise.all(pipelines.map((translate) => translate.dispose()));
});
