// What the page's side checks by itself: options, texts, names of models, ways of execution.
import { afterEach, describe, expect, it } from 'vitest';
import { env } from '../../web/src/env.js';
import { resolveModel } from '../../web/src/models.js';
import { canonicalDtype, checkPipelineOptions, splitCallOptions } from '../../web/src/options.js';
import { readTexts, readTextsOrPairs, wellFormed } from '../../web/src/texts.js';
import { executions, variants } from '../../web/src/variant.js';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Variant } from '../../web/src/common/protocol.js';

const code = (body: () => unknown): unknown => {
  try {
    body();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
};

describe('options of pipeline()', () => {
  it.each([
    [{ dtpye: 'int8' }, 'unsupported-option'],
    [{ device: 'webgpu' }, 'unsupported-option'],
    [{ progress_callback: 'x' }, 'invalid-argument'],
    [{ revision: 3 }, 'invalid-argument'],
    [{ signal: {} }, 'invalid-argument'],
    [null, 'invalid-argument'],
    [[], 'invalid-argument'],
    ['int8', 'invalid-argument'],
    [{}, 'no error'],
    [{ device: 'wasm', dtype: 'fp32', threads: 2, signal: undefined }, 'no error'],
  ])('%j: %s', (options, expected) => {
    expect(code(() => checkPipelineOptions(options))).toBe(expected);
  });

  it('q8 is int8, and fp16 is not to be had', () => {
    expect(canonicalDtype(undefined)).toBe('int8');
    expect(canonicalDtype('q8')).toBe('int8');
    expect(canonicalDtype('fp32')).toBe('fp32');
    expect(code(() => canonicalDtype('fp16'))).toBe('unsupported-option');
    expect(code(() => canonicalDtype(8))).toBe('unsupported-option');
  });
});

describe('options of a call', () => {
  it('what is not for the page goes on as it is', () => {
    const { signal } = new AbortController();
    const options = {
      signal,
      num_beams: 2,
      anything: null,
      left: undefined,
      split_sentences: false,
    };
    expect(splitCallOptions(options, ['split_sentences'])).toEqual({
      signal,
      splitSentences: false,
      taskOptions: { num_beams: 2, anything: null },
    });
    expect(splitCallOptions(undefined, [])).toEqual({
      signal: undefined,
      splitSentences: true,
      taskOptions: {},
    });
  });

  it.each([
    [{ num_beams: Number.NaN }],
    [{ length_penalty: Number.POSITIVE_INFINITY }],
    [{ bad_words_ids: [[1, Number.NaN]] }],
    [{ num_beams: () => 1 }],
    [{ num_beams: 1n }],
    [{ signal: 'now' }],
    [{ split_sentences: 'no' }],
    ['num_beams=1'],
  ])('what JSON would lose is refused: %o', (options) => {
    expect(code(() => splitCallOptions(options, ['split_sentences']))).toBe('invalid-argument');
  });
});

describe('texts', () => {
  it('lone surrogates become U+FFFD, pairs stay', () => {
    expect(wellFormed('a\ud800b\udc00c\ud83d\ude00')).toBe('a\ufffdb\ufffdc😀');
    expect(wellFormed('\udc00\ud800')).toBe('\ufffd\ufffd');
    expect(readTexts('\ud800')).toEqual(['\ufffd']);
  });

  it.each([[1], [null], [undefined], [{}], [['a', 2]], [[['a']]]])('%j is refused', (input) => {
    expect(code(() => readTexts(input))).toBe('invalid-argument');
  });

  it('the culprit is named', () => {
    expect(() => readTexts(['a', null])).toThrow('inputs[1] must be a string; got null.');
    expect(() => readTextsOrPairs([{ text: 'a', pair: 'b' }])).toThrow('inputs[0] has "pair"');
    expect(() => readTextsOrPairs({ text_pair: 'b' })).toThrow('The input.text must be a string');
  });

  it('pairs are taken where they are welcome', () => {
    expect(readTextsOrPairs(['a', { text: 'b' }, { text: 'c', text_pair: '\udc00' }])).toEqual([
      'a',
      { text: 'b' },
      { text: 'c', text_pair: '\ufffd' },
    ]);
  });
});

describe('a model may be', () => {
  const original = { ...env };
  afterEach(() => void Object.assign(env, original));
  const sources = (model: string | URL | null, task = 'translation') =>
    resolveModel(task, model, {}).sources;

  it('none: the default one, beside the package', () => {
    const { name, sources: found } = resolveModel('sentiment-analysis', null, {});
    expect(name).toBe('dragoman-sentiment');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ kind: 'folder' });
  });

  it('none, but only for tasks that have one', () => {
    expect(code(() => sources(null, 'translation_de_to_fr'))).toBe('unsupported-model');
  });

  it('a folder', () => {
    for (const path of ['./nowhere', '../x/y', '/abs/olute', '.', 'models']) {
      expect(sources(path)).toEqual([{ kind: 'folder', path: resolve(path) }]);
    }
    const url = new URL('file:///a%20b/c');
    expect(sources(url)).toEqual([{ kind: 'folder', path: '/a b/c' }]);
  });

  it('a URL of a folder', () => {
    const url = 'https://a.example/m/x/';
    const expected = [{ kind: 'http', url, revision: undefined, relay: false, offline: false }];
    expect(sources('https://a.example/m/x')).toEqual(expected);
    expect(sources(new URL('https://a.example/m/x/'))).toEqual(expected);
    env.fetch = fetch;
    expect(sources('https://a.example/m/x')).toMatchObject([{ relay: true }]);
  });

  it('an id, looked for locally and then on the hub', () => {
    env.localModelPath = '/opt/models';
    expect(resolveModel('translation', 'a/b', { revision: 'pr/1' }).sources).toEqual([
      { kind: 'folder', path: resolve('/opt/models/a/b') },
      {
        kind: 'http',
        url: 'https://huggingface.co/a/b/resolve/pr%2F1/',
        revision: 'pr/1',
        relay: false,
        offline: false,
      },
    ]);
    env.allowRemoteModels = false;
    expect(sources('a/b')).toHaveLength(1);
    env.allowLocalModels = false;
    expect(code(() => sources('a/b'))).toBe('model-incomplete');
    env.allowRemoteModels = true;
    env.remoteHost = 'http://localhost:1/mirror';
    env.remotePathTemplate = 'm/{model}@{revision}/';
    expect(sources('a.b/c')).toMatchObject([{ url: 'http://localhost:1/mirror/m/a.b/c@main/' }]);
  });

  it.each([[''], ['  '], ['a b'], ['a/b/c'], [7], [{}]])('not %j', (model) => {
    expect(code(() => sources(model as string))).toBe('invalid-argument');
  });

  it('with a revision only where there are revisions', () => {
    for (const model of [null, './x', 'https://a.example/m']) {
      const find = () => resolveModel('translation', model, { revision: 'main' });
      expect(code(find)).toBe('unsupported-option');
    }
  });

  it('from what is stored only, where only local files are wanted', () => {
    const wanted = { local_files_only: true };
    for (const model of ['https://a.b/', 'a/b']) {
      const { sources: found } = resolveModel('translation', model, wanted);
      expect(found.at(-1)).toMatchObject({ kind: 'http', offline: true });
    }
  });
});

describe('ways of execution', () => {
  it('the table is that of the build', () => {
    const table = readFileSync('cmake/variants.cmake', 'utf8');
    const rows = [...table.matchAll(/"(\S+) +(simd|relaxed) +(st|mt)"/g)];
    const expected = rows.map(([, name, set, threads]) => [
      name,
      { relaxed: set === 'relaxed', threaded: threads === 'mt' },
    ]);
    expect(Object.entries(variants)).toEqual(expected);
  });

  it('a variant asked for is the only one', () => {
    for (const variant of Object.keys(variants) as Variant[]) {
      expect(executions({ variant })).toMatchObject([{ variant }]);
    }
    expect(executions({ variant: 'simd-mt', threads: 3 })).toEqual([
      { variant: 'simd-mt', threads: 3 },
    ]);
  });

  it('the plain one with one thread is always among the others', () => {
    expect(executions({}).at(-1)).toEqual({ variant: 'simd', threads: 1 });
    expect(executions({ threads: 1 }).every(({ threads }) => threads === 1)).toBe(true);
    expect(executions({ threads: 2 })[0]).toMatchObject({ threads: 2 });
  });

  it.each([
    [{ variant: 'avx512' as Variant }, 'unsupported-option'],
    [{ variant: 'toString' as Variant }, 'unsupported-option'],
    [{ threads: 0 }, 'invalid-argument'],
    [{ threads: 1.5 }, 'invalid-argument'],
    [{ threads: 65 }, 'invalid-argument'],
    [{ threads: '2' as unknown as number }, 'invalid-argument'],
    [{ variant: 'simd' as const, threads: 2 }, 'invalid-argument'],
  ])('%j: %s', (wish, expected) => {
    expect(code(() => executions(wish))).toBe(expected);
  });
});
