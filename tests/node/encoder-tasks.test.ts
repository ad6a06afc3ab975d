// Tasks of encoders through the package: what Python computes, in the shapes of transformers.js.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cos_sim, dot, pipeline, semantic_search, Tensor } from 'dragoman';
import { copyOf, golden, goldenCases } from './support.js';
import type {
  FeatureCallOptions,
  FilledMask,
  FilledMasks,
  FillMaskCallOptions,
  Inspected,
  NestedNumbers,
  PipelineFor,
  RankedText,
  Task,
  ZeroShotCallOptions,
  ZeroShotClassification,
} from 'dragoman';

async function load<Name extends Task>(task: Name, folder: string): Promise<PipelineFor<Name>> {
  const loaded = await pipeline(task, folder, { dtype: 'fp32' });
  onTestFinished(() => loaded.dispose());
  return loaded;
}

/** A golden folder in which some files are others. */
function folderWith(name: string, files: Record<string, string>): string {
  if (Object.keys(files).length === 0) return golden(name);
  const folder = copyOf(golden(name));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  return folder;
}

/** The same with another config.json that lies in it. */
function configured(name: string, config: string | null): string {
  if (config === null) return golden(name);
  const folder = copyOf(golden(name));
  cpSync(join(folder, config), join(folder, 'config.json'));
  return folder;
}

const flat = (numbers: NestedNumbers): number[] =>
  Array.isArray(numbers) ? numbers.flatMap(flat) : [numbers];

function expectClose(actual: NestedNumbers, expected: NestedNumbers): void {
  const [a, b] = [flat(actual), flat(expected)];
  expect(a).toHaveLength(b.length);
  b.forEach((value, i) => expect(a[i]).toBeCloseTo(value, 4));
}

describe('zero-shot classification', () => {
  interface Case {
    text: string;
    labels: string[] | string;
    options: ZeroShotCallOptions;
    config: string | null;
    result: ZeroShotClassification;
    truncated: boolean;
  }
  const cases = goldenCases<Case>('zero-shot');

  it.each([null, 'config-first.json'])('gives what Python gives (%s)', async (config) => {
    const classify = await load('zero-shot-classification', configured('zero-shot', config));
    for (const { text, labels, options, result, truncated } of cases.filter(
      (each) => each.config === config,
    )) {
      const { scores, ...rest } = await classify(text, labels, options);
      const { scores: expected, ...others } = result;
      expect(rest).toEqual(truncated ? { ...others, truncated } : others);
      expectClose(scores, expected);
    }
  });

  it('takes arrays, and refuses what is no label', async () => {
    const classify = await load('zero-shot-classification', golden('zero-shot'));
    const both = await classify(['a good film', 'boring'], ['film', '$& book']);
    expect(both).toEqual([
      await classify('a good film', ['film', '$& book']),
      await classify('boring', ['film', '$& book']),
    ]);
    expect(await classify([], 'film')).toEqual([]);
    const code = 'invalid-argument';
    await expect(classify('a', [])).rejects.toMatchObject({ code });
    await expect(classify('a', ' , ')).rejects.toMatchObject({ code });
    const wrong = classify('a', ['b', 3] as never);
    await expect(wrong).rejects.toMatchObject({
      code,
      message: expect.stringContaining('labels[1]'),
    });
    const template = classify('a', ['b'], { hypothesis_template: 'It is.' });
    await expect(template).rejects.toMatchObject({ code });
    const twice = classify('a', ['b'], { candidate_labels: ['c'] } as never);
    await expect(twice).rejects.toMatchObject({ code: 'unsupported-option' });
  });
});

describe('a large request', () => {
  it('ends within a step of its signal, and leaves the model usable', async () => {
    const classify = await load('zero-shot-classification', golden('zero-shot'));
    const labels = Array.from({ length: 50 }, (_, i) => `label ${i}`);
    const texts = Array.from({ length: 2000 }, () => 'a good film, but so boring');
    const controller = new AbortController();
    const waiting = classify(texts, labels, { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect((await classify('a', 'b')).labels).toEqual(['b']);
  });
});

describe('filling masks', () => {
  interface Case {
    text: string;
    options: FillMaskCallOptions;
    result: FilledMasks;
  }

  it('gives what Python gives', async () => {
    const fill = await load('fill-mask', golden('fill-mask'));
    expect(fill.info.mask_token).toBe('[MASK]');
    const cases = goldenCases<Case>('fill-mask');
    for (const { text, options, result } of cases) {
      const found = (await fill(text, options)).flat();
      result.flat().forEach(({ score, ...word }, i) => {
        expect(found[i]).toMatchObject(word);
        expect((found[i] as FilledMask).score).toBeCloseTo(score, 4);
      });
    }
    const texts = cases.slice(0, 3).map(({ text }) => text);
    expect(await fill(texts)).toEqual(await Promise.all(texts.map((text) => fill(text))));
  });
});

interface FeatureCase {
  kind: 'pipeline' | 'pooled' | 'model';
  texts: string[];
  options: FeatureCallOptions;
  features: NestedNumbers;
  files?: Record<string, string>;
}

describe('feature extraction', () => {
  const cases = goldenCases<FeatureCase>('features');

  it('gives what Python gives', async () => {
    const extract = await load('feature-extraction', golden('features'));
    for (const { texts, options, features, kind } of cases.filter(({ files = {} }) => {
      return Object.keys(files).length === 0;
    })) {
      const found = await extract(texts, options);
      const lists = Array.isArray(found) ? found.map((tensor) => tensor.tolist()) : found.tolist();
      expectClose(lists.flat(), kind === 'pipeline' ? [features].flat() : features);
    }
  });

  it('reads folders of sentence-transformers', async () => {
    const others = cases.filter(({ files = {} }) => Object.keys(files).length > 0);
    expect(others.length).toBeGreaterThan(20);
    for (const { texts, options, features, files = {} } of others) {
      const extract = await pipeline('embeddings', folderWith('features', files), {
        dtype: 'fp32',
      });
      const found = (await extract(texts, options)) as Tensor;
      expectClose(found.tolist(), features);
      expect(found.truncated).toEqual(options.truncation ? expect.any(Array) : undefined);
      await extract.dispose();
    }
  });

  it('gives tensors of the right shape', async () => {
    const extract = await load('feature-extraction', golden('features'));
    const one = await extract('boring');
    expect(one).toBeInstanceOf(Tensor);
    expect(one.data).toBeInstanceOf(Float32Array);
    expect(one.dims).toEqual([1, 3, 16]);
    const [, second] = await extract(['a', 'a good film']);
    expect(second?.dims).toEqual([1, 5, 16]);
    const pooled = await extract(['a', 'a good film'], { pooling: 'mean', normalize: true });
    expect(pooled.dims).toEqual([2, 16]);
    const alone = await extract('a good film', { pooling: 'mean', normalize: true });
    expect(alone.dims).toEqual([1, 16]);
    expect([...pooled.at(1).data]).toEqual([...alone.data]);
    expect(dot(alone.data, alone.data)).toBeCloseTo(1, 5);
    const bits = await extract('a', { pooling: 'cls', quantize: true });
    expect(bits.data).toBeInstanceOf(Int8Array);
    expect((await extract([], { pooling: 'mean' })).dims).toEqual([0, 16]);
    // The engine's memory may be shared; what a call gives is the caller's own.
    expect(one.data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('says what it cannot do', async () => {
    const extract = await load('feature-extraction', golden('features'));
    const long = extract(['a', 'good '.repeat(50)]);
    await expect(long).rejects.toMatchObject({
      code: 'input-too-long',
      message: expect.stringMatching(/^inputs\[1\] has 52 tokens; at most 48/),
    });
    const cut = await extract(['a', 'good '.repeat(50)], { pooling: 'mean', truncation: true });
    expect(cut.truncated).toEqual([1]);
    await expect(extract('a', { pooling: 'max' as never })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await expect(extract('a', { prompt_name: 'other' })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    expect(extract.info).toMatchObject({ similarity: 'dot', prompts: { query: 'the good ' } });
  });
});

describe('what passes keep', () => {
  interface Case extends Omit<Inspected, 'attentions' | 'hidden_states'> {
    model: 'features' | 'bert';
    text: string;
    pair: string | null;
    attentions: NestedNumbers[];
    hidden_states: NestedNumbers[];
  }
  const { cases } = JSON.parse(
    readFileSync(join(golden('features'), 'inspections.json'), 'utf8'),
  ) as { cases: Case[] };

  it('is what Python gives, with the tokens', async () => {
    const extract = await load('feature-extraction', golden('features'));
    const classify = await load('text-classification', golden('bert'));
    const both = { output_attentions: true, output_hidden_states: true } as const;
    for (const { model, text, pair, tokens, attentions, hidden_states: states } of cases) {
      const found =
        model === 'bert'
          ? await classify({ text, text_pair: pair ?? undefined }, both)
          : await extract(text, both);
      expect(found.tokens).toEqual(tokens);
      const lists = (tensors: Tensor[] = []) => tensors.map((tensor) => tensor.tolist());
      expectClose(lists(found.attentions), attentions);
      expectClose(lists(found.hidden_states), states);
      const [first] = found.attentions ?? [];
      expect(first?.dims).toEqual([model === 'bert' ? 3 : 2, tokens.length, tokens.length]);
    }
  });

  it('comes beside the usual results', async () => {
    const classify = await load('text-classification', golden('bert'));
    const texts = ['a good film', 'boring'];
    const found = await classify(texts, { output_attentions: true, top_k: null });
    expect(found.map(({ labels }) => labels)).toEqual(await classify(texts, { top_k: null }));
    expect(found[0]).not.toHaveProperty('hidden_states');
    const extract = await load('feature-extraction', golden('features'));
    const options = { pooling: 'mean' } as const;
    const inspected = await extract(texts, { ...options, output_hidden_states: true });
    const plain = await extract(texts, options);
    expect(inspected.map(({ features }) => features.tolist()[0])).toEqual(plain.tolist());
    expect(inspected[1]).not.toHaveProperty('attentions');
  });
});

describe('ranking and likeness', () => {
  interface Case {
    query: string;
    documents: string[];
    options: { top_k?: number };
    config: string | null;
    ranks: RankedText[];
  }

  it.each([null, 'config-identity.json'])('ranks as Python does (%s)', async (config) => {
    const rank = await load('text-ranking', configured('ranking', config));
    for (const { query, documents, options, ranks } of goldenCases<Case>('ranking').filter(
      (each) => each.config === config,
    )) {
      const found = await rank(query, documents, options);
      expect(found.map(({ index, text }) => [index, text])).toEqual(
        ranks.map(({ index, text }) => [index, text]),
      );
      expectClose(
        found.map(({ score }) => score),
        ranks.map(({ score }) => score),
      );
    }
  });

  it('ranking names the document at fault', async () => {
    const rank = await load('text-ranking', golden('ranking'));
    const long = rank('good', ['a', 'boring '.repeat(50)]);
    await expect(long).rejects.toMatchObject({
      code: 'input-too-long',
      message: expect.stringMatching(/^documents\[1\] has/),
    });
    const [, cut] = await rank('good', ['boring '.repeat(50), 'boring '.repeat(60)], {
      truncation: true,
    });
    expect(cut).toMatchObject({ truncated: true });
    const none = rank('good', 'a' as never);
    await expect(none).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(rank('good', ['a'], { top_k: 0 })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    expect(await rank('good', [])).toEqual([]);
  });

  it('sentences are compared by their vectors', async () => {
    const compare = await load('sentence-similarity', golden('features'));
    const extract = await load('feature-extraction', golden('features'));
    const texts = ['a good film', 'a great film', 'boring', 'a good film'];
    const vectors = await extract(texts, { pooling: 'model' });
    const row = (index: number) => vectors.at(index).data;
    const scores = await compare(texts[0] as string, texts.slice(1));
    expectClose(
      scores,
      [1, 2, 3].map((index) => dot(row(0), row(index))),
    );
    const cosines = await compare(texts[0] as string, texts.slice(1), { similarity: 'cosine' });
    expectClose(
      cosines,
      [1, 2, 3].map((index) => cos_sim(row(0), row(index))),
    );
    expect(cosines[2]).toBeCloseTo(1, 6);
    const far = await compare(texts[0] as string, texts.slice(1), { similarity: 'euclidean' });
    expect(far[0]).toBeLessThan(0);
    expect(far[2]).toBeCloseTo(0, 6);
    const [hits] = semantic_search(vectors.at(0), vectors, { top_k: 3 });
    expect(hits?.map(({ index }) => index).slice(0, 2)).toEqual([0, 3]);
    expect(hits).toHaveLength(3);
    expect(hits?.[2]?.score).toBeCloseTo(Math.max(cosines[0] ?? 0, cosines[1] ?? 0), 6);
    await expect(compare('a', ['good '.repeat(60)])).rejects.toMatchObject({
      message: expect.stringMatching(/^sentences\[0\] has/),
    });
  });
});
