// Bad texts, bad options, bad files: a typed error that names the culprit or a sensible answer,
// and then the same engine answers the next request correctly.
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DragomanError, pipeline } from 'dragoman';
import { copyOf, editJson, golden, readSafetensors, writeSafetensors } from './support.js';
import type { TextClassificationPipeline, TranslationPipeline } from 'dragoman';

// One engine for everything here: one thread, one module.
const options = { dtype: 'fp32', variant: 'simd' } as const;
let translate: TranslationPipeline;
let classify: TextClassificationPipeline;

beforeAll(async () => {
  translate = await pipeline('translation', golden('marian'), options);
  classify = await pipeline('text-classification', golden('bert'), options);
});
afterEach(async () => {
  const [translation] = await translate('home');
  expect(translation?.translation_text).toBe('C');
  const [label] = await classify('I loved this film.');
  expect(label?.label).toBe('POSITIVE');
});
afterAll(() => Promise.all([translate.dispose(), classify.dispose()]));

async function failure(promise: Promise<unknown>): Promise<DragomanError> {
  const error: unknown = await promise.then(
    (value) => value,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DragomanError);
  return error as DragomanError;
}

describe('texts', () => {
  it.each(['', ' ', '\n\t \u00a0\n', '…', '***', '😀'])(
    '%j is its own translation',
    async (text) => {
      expect(await translate(text)).toEqual([{ translation_text: text, score: 0 }]);
    },
  );

  it.each(['', '   ', '\ud800', 'a\u0000b', '\u0000', '😀', '\u202e\u0301\u200d'])(
    '%j is given a label',
    async (text) => {
      const [label] = await classify(text);
      expect(['POSITIVE', 'NEUTRAL', 'NEGATIVE']).toContain(label?.label);
      expect(Number.isFinite(label?.score)).toBe(true);
    },
  );

  it.each(['a\ud800b home', 'home\u0000boats', '\udc00\ud800x'])(
    '%j is translated',
    async (text) => {
      const [result] = await translate(text);
      expect(typeof result?.translation_text).toBe('string');
    },
  );

  it('100,000 characters without a space are refused, or cut where allowed', async () => {
    const text = 'x'.repeat(100_000);
    const refused = await failure(translate(`home.\n${text}`));
    expect(refused.code).toBe('input-too-long');
    expect(refused.message).toContain('The text');
    const named = await failure(translate(['home', text]));
    expect(named.message).toContain('inputs[1]');
    const [cut] = await translate(text, { truncation: true });
    expect(cut?.truncated).toBe(true);
    // A word of that length is one unknown token to WordPiece.
    expect(await classify(text)).toHaveLength(1);
    const long = await failure(classify('x '.repeat(50_000)));
    expect(long).toMatchObject({ code: 'input-too-long' });
    const [label] = await classify('x '.repeat(50_000), { truncation: true });
    expect(label?.truncated).toBe(true);
  });

  it('100,000 characters with spaces are translated, all of them', async () => {
    const [result] = await translate('boats wait '.repeat(9_100), { num_beams: 1 });
    expect(result?.translation_text.length).toBeGreaterThan(10);
  });

  it.each([[undefined], [null], [7], [{}], [['home', 7]], [() => 'home']])(
    '%o is no text',
    async (input) => {
      const first = await failure(translate(input as string));
      expect(first.code).toBe('invalid-argument');
      const second = await failure(classify(input as string));
      expect(second.code).toBe('invalid-argument');
    },
  );
});

describe('options of a call', () => {
  it.each([
    [{ num_beams: 0 }, 'invalid-argument'],
    [{ num_beams: -1 }, 'invalid-argument'],
    [{ num_beams: 1.5 }, 'invalid-argument'],
    [{ num_beams: '4' }, 'invalid-argument'],
    [{ num_beams: 1e9 }, 'invalid-argument'],
    [{ num_beams: Number.NaN }, 'invalid-argument'],
    [{ num_beams: 2, num_return_sequences: 3 }, 'invalid-argument'],
    [{ max_new_tokens: 0 }, 'invalid-argument'],
    [{ bad_words_ids: [[]] }, 'invalid-argument'],
    [{ forced_bos_token_id: 1e6 }, 'invalid-argument'],
    [{ early_stopping: 'sometimes' }, 'invalid-argument'],
    [{ num_beans: 4 }, 'unsupported-option'],
    [{ num_beam_groups: 2 }, 'unsupported-option'],
    [{ stream: true }, 'unsupported-option'],
    [{ src_lang: 'de' }, 'invalid-argument'],
  ])('%o: %s', async (bad, code) => {
    const error = await failure(translate('home', bad as object));
    expect(error.code).toBe(code);
    expect(error.message).toContain(Object.keys(bad).at(-1));
    // Also where there is nothing to translate.
    expect(await failure(translate('', bad as object))).toMatchObject({ code });
  });

  it.each([
    [{ top_k: 0 }, 'invalid-argument'],
    [{ top_k: 'all' }, 'invalid-argument'],
    [{ function_to_apply: 'relu' }, 'invalid-argument'],
    [{ topk: 1 }, 'unsupported-option'],
    [{ split_sentences: true }, 'unsupported-option'],
  ])('%o: %s', async (bad, code) => {
    expect(await failure(classify('good', bad as object))).toMatchObject({ code });
  });
});

describe('options of pipeline()', () => {
  it.each([
    [{ dtype: 'fp16' }, 'unsupported-option'],
    [{ device: 'webgpu' }, 'unsupported-option'],
    [{ dtypes: 'int8' }, 'unsupported-option'],
    [{ threads: -1 }, 'invalid-argument'],
    [{ variant: 'scalar' }, 'unsupported-option'],
  ])('%o: %s', async (bad, code) => {
    const error = await failure(pipeline('translation', golden('marian'), bad as object));
    expect(error.code).toBe(code);
  });

  it.each([['image-classification'], ['translation_en'], [''], [null], [3]])(
    'no task %o',
    async (task) => {
      const error = await failure(pipeline(task as 'translation'));
      expect(error.code).toBe('unsupported-option');
    },
  );
});

describe('a model folder', () => {
  const load = (folder: string) => failure(pipeline('translation', folder, options));

  it('that is not there', async () => {
    const error = await load('./no/such/folder');
    expect(error.code).toBe('model-incomplete');
    expect(error.message).toContain(join('no', 'such', 'folder', 'config.json'));
  });

  it.each([
    ['config.json', 'model-incomplete'],
    ['model.safetensors', 'model-incomplete'],
    ['source.spm', 'model-incomplete'],
    ['vocab.json', 'model-incomplete'],
  ])('without its %s', async (name, code) => {
    const folder = copyOf(golden('marian'));
    rmSync(join(folder, name));
    const error = await load(folder);
    expect(error.message).toContain(name);
    expect(error.code).toBe(code);
  });

  it.each([
    ['config.json', 'model-format'],
    ['generation_config.json', 'model-format'],
    ['model.safetensors', 'model-format'],
    ['source.spm', 'tokenizer-format'],
    ['vocab.json', 'tokenizer-format'],
  ])('in which %s is empty, or something else', async (name, code) => {
    for (const content of ['', '<!doctype html>', '[1, 2', '\u0000\u0001\u0002'.repeat(1000)]) {
      const folder = copyOf(golden('marian'));
      writeFileSync(join(folder, name), content);
      const error = await load(folder);
      expect(error.message).toContain(name);
      expect(error.code).toBe(code);
    }
  });

  it('of an unknown model_type, or none', async () => {
    const folder = copyOf(golden('marian'));
    editJson(join(folder, 'config.json'), (config) => (config['model_type'] = 'whisper'));
    const error = await load(folder);
    expect(error.code).toBe('unsupported-model');
    expect(error.message).toContain('whisper');
    editJson(join(folder, 'config.json'), (config) => delete config['model_type']);
    expect(['unsupported-model', 'model-format']).toContain((await load(folder)).code);
  });

  it('whose numbers make no sense', async () => {
    for (const change of [{ d_model: -1 }, { d_model: 1e9 }, { decoder_attention_heads: 5 }]) {
      const folder = copyOf(golden('marian'));
      editJson(join(folder, 'config.json'), (config) => void Object.assign(config, change));
      expect((await load(folder)).code).toMatch(/^(model-format|unsupported-model|out-of-memory)$/);
    }
  });
});

describe('weights', () => {
  const name = 'model.safetensors';
  const spoilt = (spoil: (path: string) => void) => {
    const folder = copyOf(golden('marian'));
    spoil(join(folder, name));
    return failure(pipeline('translation', folder, options));
  };
  const changed = (change: (parts: ReturnType<typeof readSafetensors>) => void) =>
    spoilt((path) => {
      const parts = readSafetensors(path);
      change(parts);
      writeSafetensors(path, parts.header, parts.data);
    });
  const tensors = (header: object) => Object.keys(header).filter((key) => key !== '__metadata__');

  it.each([4, 100, 4_000, 50_000, 110_067])('that end after %i bytes', async (length) => {
    const error = await spoilt((path) => truncateSync(path, length));
    expect(error.code).toBe('model-format');
    expect(error.message).toContain(name);
  });

  it('with a header of 2^60 bytes', async () => {
    const error = await spoilt((path) => {
      const { header, data } = readSafetensors(path);
      writeSafetensors(path, header, data, 1n << 60n);
    });
    expect(error.code).toBe('model-format');
    expect(error.message).toContain(name);
  });

  it('that overlap', async () => {
    const error = await changed(({ header }) => {
      const [first, second] = tensors(header).map((key) => header[key]);
      if (first === undefined || second === undefined) throw new Error('two tensors are needed');
      const [begin, end] = second.data_offsets;
      const length = end - begin;
      second.data_offsets = [first.data_offsets[0], first.data_offsets[0] + length];
    });
    expect(error.code).toBe('model-format');
  });

  it('of the wrong shape', async () => {
    let culprit = '';
    const error = await changed(({ header }) => {
      culprit = tensors(header).find((key) => key.endsWith('fc1.weight')) ?? '';
      header[culprit]?.shape.reverse();
    });
    expect(error.code).toBe('model-format');
    expect(error.message).toContain(culprit);
  });

  it('that are not numbers', async () => {
    let culprit = '';
    const error = await changed(({ header, data }) => {
      culprit = tensors(header).find((key) => key.endsWith('fc1.weight')) ?? '';
      data.writeFloatLE(Number.NaN, header[culprit]?.data_offsets[0] ?? 0);
    });
    expect(error.code).toBe('model-format');
    expect(error.message).toContain(culprit);
  });

  it('of which some are missing, or of no use', async () => {
    let culprit = '';
    const missing = await changed(({ header }) => {
      culprit = tensors(header).find((key) => key.endsWith('fc1.weight')) ?? '';
      const entry = header[culprit];
      if (entry !== undefined) header['model.unheard.of'] = entry;
      delete header[culprit];
    });
    expect(['model-incomplete', 'model-format']).toContain(missing.code);
    expect(missing.message).toMatch(/fc1\.weight|model\.unheard\.of/);
  });

  it('with entries that are none', async () => {
    for (const change of [
      { dtype: 'F99' },
      { shape: [-1, 24] },
      { shape: [2 ** 31, 2 ** 31] },
      { data_offsets: [-4, 0] },
      { data_offsets: [8, 4] },
      { data_offsets: [0, 2 ** 53] },
    ]) {
      const error = await changed(({ header }) => {
        const [first = ''] = tensors(header);
        Object.assign(header[first] ?? {}, change);
      });
      expect(error.code).toBe('model-format');
    }
  });
});
