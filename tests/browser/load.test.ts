// From a fresh page to a result: what is fetched, which module runs, under which policies.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pipeline } from 'dragoman';
import { openSite, startSite, useBrowser } from './support/setup.js';
import { isModelPath, root } from './support/site.js';
import type { Tab } from './support/browsers.js';
import type { Variant } from 'dragoman';

useBrowser();

const sentences = [
  'Where is the station?',
  'She said that she would come back tomorrow if the weather was fine.',
];

interface Wish {
  variant?: Variant;
  threads?: number;
}

/** Translates with the default model in the page. */
function translateIn(tab: Tab, wish: Wish = {}) {
  return tab.evaluate(
    async ({ sentences, wish }) => {
      const translate = await dragoman.pipeline('translation', null, wish);
      const results = await translate(sentences);
      const { variant, threads } = translate;
      await translate.dispose();
      return { texts: results.map((result) => result.translation_text), variant, threads };
    },
    { sentences, wish },
  );
}

async function translateInNode(): Promise<string[]> {
  const translate = await pipeline('translation', null, { variant: 'simd' });
  const results = await translate(sentences);
  await translate.dispose();
  return results.map(({ translation_text }) => translation_text);
}

// Each test needs it, and none changes it.
const expected = translateInNode();

/** The code of the error with which a pipeline does not start. */
function failureIn(tab: Tab, wish: Wish) {
  return tab.evaluate(async (wish) => {
    try {
      await dragoman.pipeline('translation', '/golden/marian', wish);
      return { code: 'none', message: '' };
    } catch (error) {
      const { code, message } = error as InstanceType<typeof dragoman.DragomanError>;
      return { code, message, typed: error instanceof dragoman.DragomanError };
    }
  }, wish);
}

describe('a cold load', () => {
  it('translates as in Node, and fetches each file once', async () => {
    const { site, tab } = await openSite({ isolated: true });
    expect((await translateIn(tab)).texts).toEqual(await expected);
    const paths = site.requests.map(({ path }) => path);
    // worker.js is also the file that threads of the engine start from.
    const once = paths.filter((path) => path !== '/dist/worker.js');
    expect(once.toSorted()).toEqual([...new Set(once)].toSorted());
    expect(once.filter((path) => path.endsWith('.wasm'))).toHaveLength(1);
    expect(site.requestsFor('model.safetensors')[0]?.bytes).toBe(9_151_288);
    expect(tab.errors).toEqual([]);
  });

  it('is followed by translations that grow token by token', async () => {
    const { tab } = await openSite({ isolated: true });
    const { joined, steps } = await tab.evaluate(async (sentences) => {
      const translate = await dragoman.pipeline('translation');
      const joined = sentences.map(() => '');
      let steps = 0;
      for await (const { index, delta } of translate.stream(sentences)) {
        joined[index] += delta;
        steps++;
      }
      await translate.dispose();
      return { joined, steps };
    }, sentences);
    expect(joined).toEqual(await expected);
    expect(steps).toBeGreaterThan(10);
  });

  it('is the last time that anything is asked of the network', async () => {
    const { site, tab } = await openSite({ isolated: true });
    const load = () =>
      tab.evaluate(async () => {
        translate = await dragoman.pipeline('translation');
        classify = await dragoman.pipeline('text-classification', '/golden/bert');
      }, null);
    await load();
    const { length } = site.requests;
    site.cut = () => true;
    const result = await tab.evaluate(async (sentences) => {
      const plain = await translate(sentences, { num_beams: 4, num_return_sequences: 2 });
      let parts = 0;
      for await (const part of translate.stream(sentences)) parts += part.index >= 0 ? 1 : 0;
      const labels = await classify(sentences, { truncation: true });
      return { plain: plain.length, labels: labels.length, parts };
    }, sentences);
    expect(result).toMatchObject({ plain: 2, labels: 2 });
    expect(result.parts).toBeGreaterThan(5);
    expect(site.requests.slice(length)).toEqual([]);
  });
});

describe('a GGUF file', () => {
  interface Golden {
    generated: { prompt: string; tokens: number[] };
  }
  const read = (name: string) => readFileSync(join(root, `tests/golden/gguf/${name}.json`), 'utf8');

  /** The tokens that a model adds to its prompt; the turns of a chat where it has a template. */
  const answerIn = (tab: Tab, name: string) =>
    tab.evaluate(
      async ({ url, prompt, count }) => {
        const generate = await dragoman.pipeline('text-generation', url, { dtype: 'fp32' });
        const options = { do_sample: false, max_new_tokens: count, output_scores: true };
        const [output] = await generate(prompt, options);
        const chat = [{ role: 'user', content: 'the sea' }];
        const chats = generate.info.tokenizer?.chat_template !== undefined;
        const [reply] = chats ? await generate(chat, options) : [];
        await generate.dispose();
        const { length } = reply?.generated_text ?? [];
        return { tokens: output?.tokens?.map(({ token }) => token), turns: length };
      },
      {
        url: `/gguf/${name}.gguf`,
        prompt: (JSON.parse(read(name)) as Golden).generated.prompt,
        count: (JSON.parse(read(name)) as Golden).generated.tokens.length,
      },
    );

  it.each([
    ['gpt2-q4_0', 0],
    ['llama-k', 0],
    ['llama-f16', 2],
  ] as const)('%s gives the tokens of Python, then without the network', async (name, turns) => {
    const { site, tab } = await openSite();
    const { tokens } = (JSON.parse(read(name)) as Golden).generated;
    expect(await answerIn(tab, name)).toEqual({ tokens, turns });
    expect(site.modelRequests().map(({ path }) => path)).toEqual([`/gguf/${name}.gguf`]);
    site.cut = isModelPath;
    await tab.reload();
    await tab.evaluate(() => pageReady, null);
    expect(await answerIn(tab, name)).toEqual({ tokens, turns });
    expect(site.modelRequests()).toHaveLength(1);
    expect(tab.errors).toEqual([]);
  });
});

describe('the module that runs', () => {
  it('has threads in an isolated page', async () => {
    const { tab } = await openSite({ isolated: true });
    const { variant, threads } = await translateIn(tab);
    expect(variant).toBe('relaxed-mt');
    expect(threads).toBeGreaterThan(1);
  });

  it('has one thread in any other', async () => {
    const { tab } = await openSite();
    const { variant, threads, texts } = await translateIn(tab);
    expect([variant, threads]).toEqual(['relaxed', 1]);
    expect(texts).toEqual(await expected);
  });

  it.each(['simd', 'relaxed', 'simd-mt', 'relaxed-mt'] as const)('may be %s', async (variant) => {
    const { site, tab } = await openSite({ isolated: true });
    const result = await translateIn(tab, { variant });
    expect(result.variant).toBe(variant);
    expect(result.texts).toEqual(await expected);
    const modules = site.requests.map(({ path }) => path).filter((path) => path.endsWith('.wasm'));
    expect(modules).toEqual([`/dist/wasm/${variant}.wasm`]);
  });

  it('is refused by name where the page lacks what it needs', async () => {
    const { tab } = await openSite();
    const failure = await failureIn(tab, { variant: 'simd-mt' });
    expect(failure).toMatchObject({ code: 'unsupported-browser', typed: true });
    expect(failure.message).toContain('Cross-Origin-Opener-Policy');
  });
});

describe('a strict Content-Security-Policy', () => {
  const strict = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:";

  it.each([false, true])('is kept, isolated: %s', async (isolated) => {
    const { tab } = await openSite({ csp: strict, isolated });
    const { texts, variant } = await translateIn(tab);
    expect(texts).toEqual(await expected);
    expect(variant).toBe(isolated ? 'relaxed-mt' : 'relaxed');
    expect(await tab.evaluate(() => violations, null)).toEqual([]);
    expect(tab.errors).toEqual([]);
  });

  it('that forbids WebAssembly is an error that says so', async () => {
    const { tab } = await openSite({ csp: "default-src 'self'; img-src data:" });
    const failure = await failureIn(tab, {});
    expect(failure.typed).toBe(true);
    expect(failure.message).toMatch(/wasm|WebAssembly/);
  });
});

describe('a package on another origin', () => {
  it.each([false, true])('serves a page, isolated: %s', async (isolated) => {
    const cdn = await startSite();
    const { site, tab } = await openSite({ isolated });
    const result = await tab.evaluate(async (url) => {
      const { pipeline } = await importPackage(url);
      const translate = await pipeline('translation', '/golden/marian', { dtype: 'fp32' });
      const [result] = await translate('home');
      return { text: result?.translation_text, variant: translate.variant };
    }, cdn.url('/dist/index.js'));
    expect(result).toEqual({ text: 'C', variant: isolated ? 'relaxed-mt' : 'relaxed' });
    expect(cdn.requestsFor('worker.js').length).toBeGreaterThan(0);
    expect(site.requestsFor('worker.js')).toEqual([]);
  });
});
