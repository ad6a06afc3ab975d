// Models of one GGUF file: how they are named, what they answer, and that they come from the store.
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { env, pipeline } from 'dragoman';
import { root, serve, temporaryFolder } from './support.js';
import type { PipelineOptions, TextGenerationPipeline } from 'dragoman';

const folder = join(root, 'tests/golden/gguf');
const file = (name: string) => join(folder, `${name}.gguf`);
const settings = { max_new_tokens: 6, do_sample: false } as const;

/** A prompt, and the tokens that Python's model of the same weights adds to it. */
interface Golden {
  prompt: string;
  tokens: number[];
}
function golden(name: string): Golden {
  const text = readFileSync(join(folder, `${name}.json`), 'utf8');
  return (JSON.parse(text) as { generated: Golden }).generated;
}

async function tokensOf(generate: TextGenerationPipeline, { prompt, tokens }: Golden) {
  const options = { max_new_tokens: tokens.length, do_sample: false, output_scores: true } as const;
  const [output] = await generate(prompt, options);
  expect(output?.generated_text.startsWith(prompt)).toBe(true);
  return output?.tokens?.map(({ token }) => token);
}

async function load<Result>(
  model: string,
  options: PipelineOptions,
  use: (generate: TextGenerationPipeline) => Promise<Result>,
): Promise<Result> {
  const generate = await pipeline('text-generation', model, options);
  try {
    return await use(generate);
  } finally {
    await generate.dispose();
  }
}

/** A server of the folder; its address and the paths that were asked for. */
async function serveFolder() {
  const asked: string[] = [];
  const address = await serve(({ url = '' }, response) => {
    asked.push(url);
    const path = join(folder, url.split('/').at(-1) ?? '');
    const found = existsSync(path);
    response.writeHead(found ? 200 : 404);
    response.end(found ? readFileSync(path) : '');
  });
  return { address, asked };
}

describe('a GGUF file', () => {
  const names = [
    'gpt2-q8_0',
    'gpt2-q4_0',
    'llama-f16',
    'llama-q4_0',
    'llama-k',
    'qwen2-q8_0',
    'qwen3-f16',
    'gemma-f16',
  ];

  it.each(names)('%s gives the tokens of Python, by its path', async (name) => {
    const expected = golden(name);
    await load(file(name), { dtype: 'fp32' }, async (generate) => {
      expect(await tokensOf(generate, expected)).toEqual(expected.tokens);
    });
  });

  it('gives the same by its URL, fetched once, then packed from the store', async () => {
    env.cacheDir = temporaryFolder();
    onTestFinished(() => void (env.cacheDir = undefined));
    const { address, asked } = await serveFolder();
    for (const name of ['gpt2-q8_0', 'gpt2-q4_0', 'llama-f16', 'llama-k']) {
      const expected = golden(name);
      asked.length = 0;
      for (const _ of ['cold', 'warm']) {
        const tokens = await load(
          `${address}/m/${name}.gguf`,
          { dtype: 'fp32' },
          async (generate) => tokensOf(generate, expected),
        );
        expect(tokens, name).toEqual(expected.tokens);
      }
      expect(asked).toEqual([`/m/${name}.gguf`]);
    }
  });

  it('is packed in every dtype, and goes on the same way from the store', async () => {
    env.cacheDir = temporaryFolder();
    onTestFinished(() => void (env.cacheDir = undefined));
    const { address } = await serveFolder();
    for (const dtype of ['int8', 'int4'] as const) {
      const answer = (model: string) =>
        load(model, { dtype }, async (generate) => {
          expect(generate.info).toMatchObject({ model_type: 'llama', dtype, vocab_size: 300 });
          return generate('the rain', settings);
        });
      const expected = await answer(file('llama-q4_0'));
      expect(expected[0]?.generated_text).toMatch(/^the rain/);
      const url = `${address}/llama-q4_0.gguf`;
      expect(await answer(url)).toEqual(expected);
      expect(await answer(url)).toEqual(expected);
    }
  });

  it('writes chats by its own template', async () => {
    await load(file('llama-f16'), { dtype: 'fp32' }, async (generate) => {
      const chat = [{ role: 'user', content: 'the sea' }];
      const [output] = await generate(chat, settings);
      const plain = { ...settings, add_special_tokens: false, return_full_text: false } as const;
      const [expected] = await generate('the sea', plain);
      const content = expected?.generated_text;
      expect(output?.generated_text.at(-1)).toEqual({ role: 'assistant', content });
    });
  });

  it('is found in a folder, as its only one or by its name', async () => {
    const own = temporaryFolder();
    copyFileSync(file('gpt2-q8_0'), join(own, 'only.gguf'));
    const answer = (options: PipelineOptions) =>
      load(own, { dtype: 'fp32', ...options }, (generate) => generate('the wind', settings));
    const expected = await answer({});
    copyFileSync(file('qwen2-q8_0'), join(own, 'other.gguf'));
    await expect(pipeline('text-generation', own)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('model_file_name') as string,
    });
    expect(await answer({ model_file_name: 'only.gguf' })).toEqual(expected);
  });

  it('that is none, or not for the task, is refused', async () => {
    const missing = pipeline('text-generation', folder, { model_file_name: 'none.gguf' });
    await expect(missing).rejects.toMatchObject({ code: 'model-incomplete' });
    const odd = pipeline('text-generation', folder, { model_file_name: 'model' });
    await expect(odd).rejects.toMatchObject({ code: 'unsupported-option' });
    const twice = pipeline('text-generation', file('llama-k'), { model_file_name: 'a.gguf' });
    await expect(twice).rejects.toMatchObject({ code: 'invalid-argument' });
    const other = pipeline('translation', file('llama-k'));
    await expect(other).rejects.toMatchObject({ code: 'unsupported-model' });
  });
});

describe('kv_dtype', () => {
  it('int8 is an option of decoders', async () => {
    const given = { dtype: 'fp32', kv_dtype: 'int8' } as const;
    await load(file('gemma-f16'), given, async (generate) => {
      const own = { ...settings, reuse_cache: false, output_scores: true };
      const expected = await generate('the sea', own);
      expect(await generate('the sea', own)).toEqual(expected);
      expect(expected[0]?.tokens).toHaveLength(6);
    });
    const wrong = pipeline('text-generation', file('gemma-f16'), { kv_dtype: 'int4' as 'int8' });
    await expect(wrong).rejects.toMatchObject({ code: 'unsupported-option' });
  });
});
