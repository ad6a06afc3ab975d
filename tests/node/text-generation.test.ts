// Prompts and chats that go on, as the package gives them: the same as Python's pipeline, in pieces
// that never hold half a character.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AutoTokenizer, pipeline, TextStreamer } from 'dragoman';
import { copyOf, editJson, golden, goldenCases, root, serve } from './support.js';
import type {
  Chat,
  PartialContinuation,
  PreTrainedTokenizer,
  TemplateOptions,
  TextGenerationPipeline,
} from 'dragoman';

interface Case {
  input: string | string[] | Chat | Chat[];
  options: Record<string, unknown>;
  result: unknown;
  texts: string[][];
}

const folders = ['gpt2', 'llama', 'qwen2'] as const;
const loaded = new Map<string, TextGenerationPipeline>();
const generator = (folder: string) => loaded.get(folder) as TextGenerationPipeline;
beforeAll(async () => {
  for (const folder of folders) {
    loaded.set(folder, await pipeline('text-generation', golden(folder), { dtype: 'fp32' }));
  }
});
afterAll(() => Promise.all([...loaded.values()].map((one) => one.dispose())));

/** Results without what Python's have not. */
function bare(results: unknown): unknown {
  return JSON.parse(
    JSON.stringify(results, (key, value: unknown) => {
      return key === 'score' || key === 'truncated' ? undefined : value;
    }),
  );
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const characters = (text: string) => Array.from(graphemes.segment(text), (part) => part.segment);

describe.each(folders)('%s', (folder) => {
  const cases = goldenCases<Case>(folder);

  it('gives what the pipeline of Python gives', async () => {
    for (const { input, options, result } of cases) {
      const results = await generator(folder)(input as string, options as object);
      expect(bare(results), JSON.stringify([input, options])).toEqual(result);
    }
  });

  it('streams whole characters, which joined are the text', async () => {
    for (const { input, options, texts } of cases) {
      const own = { ...options, return_full_text: false } as object;
      const pieces: string[][] = texts.map(() => []);
      const done: PartialContinuation[] = [];
      for await (const news of generator(folder).stream(input as string, own)) {
        if (news.delta !== '') pieces[news.index]?.push(news.delta);
        if (news.done) done.push(news);
      }
      expect(done).toHaveLength(texts.length);
      texts.forEach(([text = ''], index) => {
        expect(pieces[index]?.join('')).toBe(text);
        expect(pieces[index]?.flatMap(characters)).toEqual(characters(text));
      });
    }
  });
});

describe('a stream', () => {
  const text = 'weather :';
  const options = { do_sample: false, max_new_tokens: 60 };

  it('begins with the prompt where the output does', async () => {
    const pieces: string[] = [];
    for await (const { delta } of generator('gpt2').stream(text, options)) pieces.push(delta);
    expect(pieces[0]).toMatch(/^weather :/);
    const [output] = await generator('gpt2')(text, options);
    expect(pieces.join('')).toBe(output?.generated_text);
    expect(pieces.length).toBeGreaterThan(10);
  });

  it('goes to a TextStreamer with the prompt or without', async () => {
    const heard = async (skip_prompt: boolean) => {
      let all = '';
      const streamer = new TextStreamer(null, {
        skip_prompt,
        callback_function: (piece) => (all += piece),
      });
      await generator('gpt2')(text, { ...options, streamer });
      return all;
    };
    const whole = await heard(false);
    expect(whole.startsWith(text)).toBe(true);
    expect(text + (await heard(true))).toBe(whole);
  });

  it('of a chat gives the reply, and the messages so far', async () => {
    const chat = [{ role: 'user', content: 'Where is the boat?' }];
    let reply = '';
    let last: PartialContinuation['generated_text'] = '';
    for await (const news of generator('qwen2').stream(chat, { do_sample: false })) {
      reply += news.delta;
      last = news.generated_text;
    }
    expect(last).toEqual([...chat, { role: 'assistant', content: reply }]);
    expect(reply).toMatch(/bridge 🚤\.$/u);
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const endless = { eos_token_id: null, do_sample: false, signal: controller.signal };
    const heard = async () => {
      for await (const { delta } of generator('gpt2').stream('京', endless)) {
        if (delta !== '') controller.abort();
      }
    };
    await expect(heard()).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('what cannot be honoured is refused', () => {
  const hello = [{ role: 'user', content: 'Hello!' }];
  const refusals: [string, string, unknown, object, string, RegExp][] = [
    ['chats without a template', 'gpt2', hello, {}, 'invalid-argument', /has no chat template/],
    ['options of chats without one', 'gpt2', 'a', { tools: [] }, 'unsupported-option', /tools/],
    ['options of others', 'gpt2', 'a', { truncation: true }, 'unsupported-option', /truncation/],
    ['a text too long', 'gpt2', '~'.repeat(99), {}, 'input-too-long', /The text has 99 tokens/],
    [
      'a long chat',
      'qwen2',
      [{ ...hello[0], content: '~'.repeat(99) }],
      {},
      'input-too-long',
      /The chat/,
    ],
    ['no messages', 'qwen2', [[]], {}, 'invalid-argument', /inputs\[0\]/],
    ['no role', 'qwen2', [{ content: 'a' }], {}, 'invalid-argument', /The chat\[0\]/],
    [
      'a role the template does not know',
      'llama',
      [{ role: 'judge', content: '' }],
      {},
      'invalid-argument',
      /chat template "default".*There is no role judge/,
    ],
    [
      'a broken template',
      'llama',
      hello,
      { chat_template: '{% if %}' },
      'tokenizer-format',
      /given/,
    ],
    [
      'variables that nothing reads',
      'qwen2',
      hello,
      { tokenizer_encode_kwargs: { enable_thinking: false } },
      'unsupported-option',
      /enable_thinking/,
    ],
  ];

  it.each(refusals)('%s', async (_name, folder, input, options, code, message) => {
    const call = generator(folder)(input as string, options);
    await expect(call).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('other models', async () => {
    const loading = pipeline('text-generation', golden('bert'));
    await expect(loading).rejects.toMatchObject({ code: 'unsupported-model' });
  });
});

describe('a template of chats', () => {
  const chat = [{ role: 'user', content: 'Where is the boat?' }];
  const ownFiles = ['chat_template.jinja', 'chat_template.json'];

  /** Serves a folder; its address, and the files that were asked for. */
  async function serveFolder(folder: string) {
    const asked: string[] = [];
    const address = await serve(({ url = '' }, response) => {
      const name = url.split('/').at(-1) ?? '';
      asked.push(name);
      const path = join(folder, name);
      response.writeHead(existsSync(path) ? 200 : 404);
      response.end(existsSync(path) ? readFileSync(path) : '');
    });
    return { address, asked };
  }

  it.each([
    ['qwen2', []],
    ['llama', ownFiles],
    ['gpt2', ownFiles],
  ])('is asked of a server where %s has none elsewhere', async (folder, files) => {
    const { address, asked } = await serveFolder(golden(folder));
    const generate = await pipeline('text-generation', address, { dtype: 'fp32' });
    expect(asked.filter((name) => name.startsWith('chat_template')).toSorted()).toEqual(files);
    asked.length = 0;
    if (folder !== 'gpt2') {
      const options = { do_sample: false, max_new_tokens: 8 };
      expect(await generate(chat, options)).toEqual(await generator(folder)(chat, options));
    }
    await generate.dispose();
    expect(asked).toEqual([]);
    const tokenizer = await AutoTokenizer.from_pretrained(address);
    expect(asked.filter((name) => name.startsWith('chat_template')).toSorted()).toEqual(files);
    expect(tokenizer.chat_template).toEqual(generator(folder).info.tokenizer?.chat_template);
    await tokenizer.dispose();
  });

  it('in a file of its own goes before the other, as in Python', async () => {
    const folder = copyOf(golden('qwen2'));
    writeFileSync(join(folder, 'chat_template.jinja'), '{{ messages[0].content }} it');
    const one = await AutoTokenizer.from_pretrained(folder);
    expect(await one.apply_chat_template(chat, { tokenize: false })).toBe('Where is the boat? it');
    await one.dispose();
  });
});

describe('apply_chat_template', () => {
  interface Goldens {
    templates: Record<string, string>;
    chats: { messages: Chat; options: TemplateOptions; variables: Record<string, unknown> }[];
    /** For each chat its text, or that it is refused; null where it is not asked for. */
    results: Record<string, (string | { error: true } | null)[]>;
  }
  const path = join(root, 'tests/golden/chat_templates.json');
  const { templates, chats, results } = JSON.parse(readFileSync(path, 'utf8')) as Goldens;
  let tokenizer: PreTrainedTokenizer;
  beforeAll(async () => {
    tokenizer = await AutoTokenizer.from_pretrained(golden('qwen2'));
  });
  afterAll(() => tokenizer.dispose());
  afterEach(() => void vi.useRealTimers());

  it.each(Object.entries(templates))('%s: as Python', async (name, template) => {
    vi.useFakeTimers({ now: new Date(2024, 2, 5, 14, 7, 9), toFake: ['Date'] });
    const folder = copyOf(golden('qwen2'));
    editJson(join(folder, 'tokenizer_config.json'), (config) => {
      Object.assign(config, { chat_template: template, bos_token: '<|im_start|>' });
    });
    const one = await AutoTokenizer.from_pretrained(folder);
    let asked = 0;
    for (const [index, { messages, options, variables }] of chats.entries()) {
      const result = results[name]?.[index];
      if (result === null || result === undefined) continue;
      asked++;
      const known = Object.entries(variables).filter(([key]) => template.includes(key));
      const given = { ...options, ...Object.fromEntries(known), tokenize: false } as const;
      const call = one.apply_chat_template(messages, given);
      if (typeof result !== 'string') {
        await expect(call).rejects.toMatchObject({ message: expect.stringMatching(/template/) });
        continue;
      }
      // The special tokens are those of this folder.
      const expected = result
        .replaceAll('<s>', '<|im_start|>')
        .replaceAll('</s>', '<|im_end|>')
        .replaceAll('<|im_end|>no pad', '<|im_end|><|endoftext|>');
      expect(await call).toBe(expected);
    }
    expect(asked).toBeGreaterThan(9);
    await one.dispose();
  });

  it('gives ids that stand for the text, of one chat and of several', async () => {
    const chat = [{ role: 'user', content: 'Where is the boat?' }];
    const options = { add_generation_prompt: true };
    const ids = await tokenizer.apply_chat_template(chat, options);
    const text = await tokenizer.apply_chat_template(chat, { ...options, tokenize: false });
    expect(await tokenizer.decode(ids)).toBe(text);
    expect(await tokenizer.apply_chat_template([chat, chat], options)).toEqual([ids, ids]);
    const dictionary = { ...options, return_dict: true } as const;
    expect(await tokenizer.apply_chat_template(chat, dictionary)).toMatchObject({ input_ids: ids });
  });

  it('takes a template by name, the one for tools, or a file of its own', async () => {
    const folder = copyOf(golden('qwen2'));
    editJson(join(folder, 'tokenizer_config.json'), (config) => {
      config['chat_template'] = [
        { name: 'default', template: 'default' },
        { name: 'tool_use', template: 'tools' },
        { name: 'rag', template: 'rag' },
      ];
    });
    const one = await AutoTokenizer.from_pretrained(folder);
    const chat = [{ role: 'user', content: 'a' }];
    const render = (options: TemplateOptions) =>
      one.apply_chat_template(chat, { ...options, tokenize: false });
    expect(await render({})).toBe('default');
    expect(await render({ tools: [{}] })).toBe('tools');
    expect(await render({ chat_template: 'rag' })).toBe('rag');
    expect(await render({ chat_template: '{{ messages[0].content }}!' })).toBe('a!');
    await one.dispose();
    const llama = await AutoTokenizer.from_pretrained(golden('llama'));
    expect(Object.keys(llama.chat_template ?? {})).toEqual(['default']);
    expect(await llama.apply_chat_template(chat, { tokenize: false })).toBe('<s>[INST] a [/INST]');
    await llama.dispose();
  });
});
