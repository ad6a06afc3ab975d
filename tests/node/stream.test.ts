// Translations as they grow: by callback, by TextStreamer, by iteration.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DragomanError, pipeline, TextStreamer } from 'dragoman';
import { golden } from './support.js';
import type { PartialTranslation, TranslationPipeline, TranslationStreamOptions } from 'dragoman';

const texts = [
  'the rain, the sea and the river',
  '',
  '42 boats wait. She reads!\n\n- home ',
  ' \n',
];

let translate: TranslationPipeline;
beforeAll(async () => {
  translate = await pipeline('translation', golden('marian'), { dtype: 'fp32' });
});
afterAll(() => translate.dispose());

async function collect(
  input: string | readonly string[],
  options?: TranslationStreamOptions,
): Promise<PartialTranslation[]> {
  const news: PartialTranslation[] = [];
  for await (const part of translate.stream(input, options)) news.push(part);
  return news;
}

describe.each([{ num_beams: 1 }, { num_beams: 4 }, { num_beams: 3, num_return_sequences: 2 }])(
  'a stream with %j',
  (options) => {
    it('ends with what the call gives', async () => {
      const expected = await translate(texts, options);
      const last = (await collect(texts, options)).filter(({ done }) => done);
      expect(last.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3]);
      for (const { index, translations, translation_text } of last) {
        expect(translations).toEqual([expected[index]].flat());
        expect(translation_text).toBe(translations?.[0]?.translation_text);
      }
    });

    it('never takes back a delta, and the deltas joined are the translation', async () => {
      const joined = texts.map(() => '');
      for (const { index, delta, translation_text, done } of await collect(texts, options)) {
        joined[index] += delta;
        if (done) expect(joined[index]).toBe(translation_text);
      }
      const whole = await translate(texts, options);
      expect(joined).toEqual(whole.map((one) => [one].flat()[0]?.translation_text));
    });

    it('comes in steps', async () => {
      const news = await collect(texts[0] as string, options);
      expect(news.length).toBeGreaterThan(2);
      expect(news.filter(({ done }) => done)).toHaveLength(1);
      expect(news.at(-1)?.done).toBe(true);
    });
  },
);

it('greedy text is certain at once', async () => {
  const text = '42 boats\twait';
  const news = await collect(text, { num_beams: 1 });
  const early = news.slice(0, -1);
  expect(early.some(({ delta }) => delta !== '')).toBe(true);
  let joined = '';
  for (const { delta, translation_text } of early) {
    joined += delta;
    expect(translation_text.startsWith(joined)).toBe(true);
  }
});

it('a callback is told of the same', async () => {
  const told: PartialTranslation[] = [];
  const options = { num_beams: 2 };
  const result = await translate(texts, {
    ...options,
    callback_function: (news) => told.push(news),
  });
  expect(told).toEqual(await collect(texts, options));
  expect(result).toEqual(await translate(texts, options));
});

it('a TextStreamer gets the pieces of every text of a batch', async () => {
  const pieces = texts.map(() => '');
  const streamer = new TextStreamer(undefined, {
    skip_prompt: true,
    callback_function: (text, index) => {
      expect(text).not.toBe('');
      pieces[index] += text;
    },
  });
  const result = await translate(texts, { streamer });
  expect(pieces).toEqual(result.map(({ translation_text }) => translation_text));
});

it('a TextStreamer can be derived from', async () => {
  const ends: number[] = [];
  class Ends extends TextStreamer {
    override on_finalized_text(_: string, end: boolean, index: number) {
      if (end) ends.push(index);
    }
  }
  await translate(texts, { streamer: new Ends() });
  expect(ends.sort()).toEqual([0, 1, 2, 3]);
});

describe('the end of a stream', () => {
  it('comes when its loop is left, and the engine is free for others', async () => {
    const long = Array.from({ length: 40 }, () => texts[0] as string);
    for await (const { index } of translate.stream(long)) {
      expect(index).toBeGreaterThanOrEqual(0);
      break;
    }
    const cacheBytes = async () => (await translate.memoryUse()).cache_bytes;
    await expect.poll(cacheBytes).toBe(0);
  });

  it('comes by its signal, as an AbortError', async () => {
    const controller = new AbortController();
    const seen: PartialTranslation[] = [];
    const run = async () => {
      for await (const news of translate.stream(texts, { signal: controller.signal })) {
        seen.push(news);
        controller.abort();
        // More arrives meanwhile, and is not wanted.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await expect(run()).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(1);
  });

  it('comes with the error of a listener, which the call rejects with', async () => {
    const error = new Error('enough');
    const callback_function = () => {
      throw error;
    };
    await expect(translate(texts, { callback_function })).rejects.toBe(error);
    expect(await translate('home')).toHaveLength(1);
  });

  it('comes at once where an option is wrong', async () => {
    const wrong = { num_beams: 0 };
    await expect(collect('home', wrong)).rejects.toMatchObject({ code: 'invalid-argument' });
    const unknown = { streamer: new TextStreamer() } as TranslationStreamOptions;
    await expect(collect('home', unknown)).rejects.toMatchObject({ code: 'unsupported-option' });
  });
});

it('what is no streamer is refused', async () => {
  const streamer = { put() {}, end() {} } as unknown as TextStreamer;
  await expect(translate('home', { streamer })).rejects.toThrow('streamer must be a TextStreamer');
  const callback_function = 1 as unknown as () => void;
  await expect(translate('home', { callback_function })).rejects.toThrow('must be a function');
  const options = { token_callback_function() {} } as object;
  expect(() => new TextStreamer(undefined, options)).toThrow(DragomanError);
  const special = { skip_special_tokens: false } as object;
  expect(() => new TextStreamer(undefined, special)).toThrow('skip_special_tokens');
});
