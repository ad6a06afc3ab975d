// AutoTokenizer against what Python's tokenizers give when they are called.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AutoTokenizer } from 'dragoman';
import { ownStore, serveFolder } from './model-server.js';
import { golden, root, temporaryFolder } from './support.js';
import type { PreTrainedTokenizer, PretrainedOptions, TokenizerCallOptions } from 'dragoman';

interface Golden {
  name: string;
  task: string | null;
  prefix: string | null;
  others: Record<string, object>;
  info: {
    model_max_length: number;
    special: Record<string, [string | null, number | null]>;
    all_special_tokens: string[];
    all_special_ids: number[];
    vocab_size: number;
  };
  calls: { text: never; options: TokenizerCallOptions; result: object | null }[];
  ids: number[];
  decoded: [string, string];
  tokens: string[];
  tokenized: string[];
  lookups: string[];
  found: (number | null)[];
}

ownStore();

const tokenizers = join(root, 'tests/golden/tokenizers');
const cases = JSON.parse(readFileSync(join(tokenizers, 'auto.json'), 'utf8')) as Golden[];

/** The folder of a golden tokenizer, without any weights. */
function folderOf({ task, prefix, others }: Golden): string {
  const folder = temporaryFolder();
  if (task !== null) {
    const filter = (path: string) => !/(model\.safetensors|cases\.json)$/.test(path);
    cpSync(golden(task), folder, { recursive: true, filter });
  } else {
    for (const file of readdirSync(tokenizers)) {
      if (!file.startsWith(`${prefix}.`) || file.endsWith('.enc')) continue;
      cpSync(join(tokenizers, file), join(folder, file.slice(`${prefix}.`.length)));
    }
  }
  for (const [name, content] of Object.entries(others)) {
    writeFileSync(join(folder, name), JSON.stringify(content));
  }
  return folder;
}

async function load(folder: string, options: PretrainedOptions = {}): Promise<PreTrainedTokenizer> {
  const tokenizer = await AutoTokenizer.from_pretrained(folder, options);
  onTestFinished(() => tokenizer.dispose());
  return tokenizer;
}

const bert = () => load(golden('bert'));

describe.each(cases.map((each) => [each.name, each] as const))('the tokenizer %s', (_, each) => {
  it('gives what Python gives', async () => {
    const tokenizer = await load(folderOf(each));
    for (const { text, options, result } of each.calls) {
      const call = tokenizer(text, options);
      const about = JSON.stringify([text, options]);
      if (result === null) await expect(call, about).rejects.toMatchObject({ code: /./ });
      else expect(await call, about).toEqual(result);
    }
  });

  it('names the special tokens that Python names', async () => {
    const tokenizer = await load(folderOf(each));
    const { special, ...info } = each.info;
    expect({ ...tokenizer }).toMatchObject(info);
    for (const [key, [token, id]] of Object.entries(special)) {
      const name = `${key}_token` as 'cls_token';
      expect([tokenizer[name] ?? null, tokenizer[`${name}_id`] ?? null]).toEqual([token, id]);
    }
  });

  it('decodes, and looks tokens up', async () => {
    const tokenizer = await load(folderOf(each));
    const { ids, decoded, tokens, lookups } = each;
    expect(await tokenizer.decode(ids)).toBe(decoded[0]);
    expect(await tokenizer.decode(Int32Array.from(ids), { skip_special_tokens: true })).toBe(
      decoded[1],
    );
    expect(await tokenizer.batch_decode([ids, []])).toEqual([decoded[0], '']);
    expect(await tokenizer.convert_ids_to_tokens(ids)).toEqual(tokens);
    expect(await tokenizer.tokenize('the old river')).toEqual(each.tokenized);
    expect(await tokenizer.convert_tokens_to_ids(lookups)).toEqual(each.found);
  });
});

describe('AutoTokenizer', () => {
  it('takes one token as well as several', async () => {
    const tokenizer = await bert();
    const id = await tokenizer.convert_tokens_to_ids('the');
    expect(await tokenizer.convert_ids_to_tokens(id as number)).toBe('the');
    expect(await tokenizer.convert_ids_to_tokens([id as number, 90000])).toEqual(['the', null]);
    const { input_ids } = await tokenizer('the film');
    expect(await tokenizer.encode('the film')).toEqual(input_ids);
  });

  it('reads offsets that slice() understands', async () => {
    const tokenizer = await bert();
    const text = '😀 the film';
    const { offset_mapping: spans = [], input_ids } = await tokenizer(text, {
      add_special_tokens: false,
      return_offsets_mapping: true,
    });
    expect(spans.map(([begin, end]) => text.slice(begin, end))[1]).toBe('the');
    expect(spans).toHaveLength(input_ids.length);
  });

  it('loads no weights and needs no config.json', async () => {
    const each = cases.find(({ name }) => name === 'marian') as Golden;
    const folder = folderOf(each);
    rmSync(join(folder, 'config.json'));
    const files: string[] = [];
    const tokenizer = await load(folder, {
      progress_callback: (event) => {
        if (event.status === 'done') files.push(event.file);
      },
    });
    expect(await tokenizer.encode(each.calls[0]?.text ?? '')).toEqual(each.ids);
    expect(files.sort()).toEqual([
      'source.spm',
      'target.spm',
      'tokenizer_config.json',
      'vocab.json',
    ]);
  });

  it('fetches tokenizer files only, and finds them in the store the next time', async () => {
    const server = await serveFolder(golden('bert'));
    const first = await load(server.address);
    const ids = await first.encode('the film');
    expect(Object.keys(server.sent).sort()).toEqual([
      'config.json',
      'tokenizer_config.json',
      'vocab.txt',
    ]);
    expect(server.requests.map(({ name }) => name)).not.toContain('model.safetensors');
    server.offline = true;
    server.requests.length = 0;
    const second = await load(server.address, { local_files_only: true });
    expect(await second.encode('the film')).toEqual(ids);
    expect(server.requests).toEqual([]);
  });

  it('refuses what it cannot honour', async () => {
    const tokenizer = await bert();
    const call = (options: object, text: unknown = 'the film') =>
      tokenizer(text as string, options as TokenizerCallOptions);
    const unsupported = { code: 'unsupported-option' };
    const invalid = { code: 'invalid-argument' };
    await expect(call({ trunctation: true })).rejects.toMatchObject({
      ...unsupported,
      message: expect.stringContaining('truncation') as string,
    });
    await expect(call({ return_tensor: true })).rejects.toMatchObject(unsupported);
    await expect(call({ text_pair: 'a', is_split_into_words: true }, ['a'])).rejects.toMatchObject(
      unsupported,
    );
    await expect(call({ padding: 'left' })).rejects.toMatchObject(invalid);
    await expect(call({ pad_to_multiple_of: 8 })).rejects.toMatchObject(invalid);
    await expect(call({ text_pair: ['a'] }, ['a', 'b'])).rejects.toMatchObject(invalid);
    await expect(call({}, [1])).rejects.toMatchObject(invalid);
    await expect(tokenizer.decode([-1])).rejects.toMatchObject(invalid);
    await expect(tokenizer.decode('1' as never)).rejects.toMatchObject(invalid);
    const dtype = { dtype: 'fp32' } as PretrainedOptions;
    await expect(load(golden('bert'), dtype)).rejects.toMatchObject(unsupported);
    await expect(load(join(root, 'tests'))).rejects.toMatchObject({ code: 'model-incomplete' });
  });

  it('refuses to pad without a pad token', async () => {
    const tokenizer = await load(folderOf(cases.find(({ name }) => name === 'unpadded') as Golden));
    await expect(tokenizer(['a', 'the film'], { padding: true })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('pad token') as string,
    });
  });

  it('takes a signal, and no calls after dispose()', async () => {
    const tokenizer = await bert();
    const signal = AbortSignal.abort();
    await expect(tokenizer('the film', { signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(tokenizer.encode('the film')).resolves.not.toHaveLength(0);
    await tokenizer.dispose();
    await expect(tokenizer('the film')).rejects.toMatchObject({ code: 'disposed' });
  });
});
