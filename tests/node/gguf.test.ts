// Models of one GGUF file: how they are named, what they answer, and that they come from the store.
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { env, pipeline } from '../../dist/index.js';
import { root, serve, temporaryFolder } from './support.js';

const folder = join(root, 'tests/golden/gguf');
const file = (name: string) => join(folder, `${name}.gguf`);
const settings = { max_new_tokens: 6, do_sample: false } as const;

describe('GGUF', () => {
  test('a path names a model, in every dtype', async () => {
    for (const dtype of ['fp32', 'int8', 'int4'] as const) {
      const generate = await pipeline('text-generation', file('llama-q4_0'), { dtype });
      const [first] = await generate('the rain', settings);
      expect(first?.generated_text).toMatch(/^the rain/);
      expect(generate.info).toMatchObject({ model_type: 'llama', dtype, vocab_size: 300 });
      await generate.dispose();
    }
  });

  test('a folder names its only file, or the option does', async () => {
    const own = temporaryFolder();
    copyFileSync(file('gpt2-q8_0'), join(own, 'only.gguf'));
    const only = await pipeline('text-generation', own, { dtype: 'fp32' });
    const expected = await only('the wind', settings);
    await only.dispose();
    copyFileSync(file('qwen2-q8_0'), join(own, 'other.gguf'));
    await expect(pipeline('text-generation', own)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('model_file_name') as string,
    });
    const named = { dtype: 'fp32', model_file_name: 'only.gguf' } as const;
    const again = await pipeline('text-generation', own, named);
    expect(await again('the wind', settings)).toEqual(expected);
    await again.dispose();
  });

  test('what names no such file is refused', async () => {
    const missing = pipeline('text-generation', folder, { model_file_name: 'none.gguf' });
    await expect(missing).rejects.toMatchObject({ code: 'model-incomplete' });
    const odd = pipeline('text-generation', folder, { model_file_name: 'model' });
    await expect(odd).rejects.toMatchObject({ code: 'unsupported-option' });
    const twice = pipeline('text-generation', file('llama-k'), { model_file_name: 'a.gguf' });
    await expect(twice).rejects.toMatchObject({ code: 'invalid-argument' });
    const other = pipeline('translation', file('llama-k'));
    await expect(other).rejects.toMatchObject({ code: 'unsupported-model' });
  });

  test('an int8 cache is an option of decoders', async () => {
    const given = { dtype: 'fp32', kv_dtype: 'int8' } as const;
    const generate = await pipeline('text-generation', file('gemma-f16'), given);
    const [one, two] = [await generate('the sea', settings), await generate('the sea', settings)];
    expect(one).toEqual(two);
    await generate.dispose();
    const wrong = pipeline('text-generation', file('gemma-f16'), { kv_dtype: 'int4' as 'int8' });
    await expect(wrong).rejects.toMatchObject({ code: 'unsupported-option' });
  });

  test('a URL is fetched once, then comes packed from the store', async () => {
    env.cacheDir = temporaryFolder();
    onTestFinished(() => void (env.cacheDir = undefined));
    const requests: string[] = [];
    const address = await serve(({ url = '' }, response) => {
      requests.push(url);
      const found = url.endsWith('/llama-k.gguf');
      response.writeHead(found ? 200 : 404);
      response.end(found ? readFileSync(file('llama-k')) : '');
    });
    const load = () => pipeline('text-generation', `${address}/m/llama-k.gguf`, { dtype: 'int4' });
    const cold = await load();
    const expected = await cold('the house by', settings);
    await cold.dispose();
    expect(requests).toEqual(['/m/llama-k.gguf']);
    const warm = await load();
    expect(await warm('the house by', settings)).toEqual(expected);
    expect(requests).toHaveLength(1);
    await warm.dispose();
  });
});
