// Beginnings and ends: abort, dispose, crashes, several pipelines, programs that end.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { env, pipeline } from 'dragoman';
import { golden, root, runNode } from './support.js';
import type { ProgressEvent, TranslationPipeline } from 'dragoman';

// Long enough that nothing finishes it before a test is done with it.
const long = 'The old man reads a long letter from his son who lives by the sea. '.repeat(3_000);
const options = { dtype: 'fp32', variant: 'simd' } as const;

async function load(): Promise<TranslationPipeline> {
  const translate = await pipeline('translation', golden('marian'), options);
  onTestFinished(() => translate.dispose());
  return translate;
}

const later = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

describe('an aborted call', () => {
  it('rejects with AbortError in the middle, and the next one is right', async () => {
    const translate = await load();
    const controller = new AbortController();
    const call = translate(long, { signal: controller.signal, num_beams: 4 });
    await later(100);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await expect(call).rejects.toBeInstanceOf(DOMException);
    expect(await translate('home')).toMatchObject([{ translation_text: 'C' }]);
  });

  it('rejects with the reason, where there is one', async () => {
    const translate = await load();
    const call = translate(long, { signal: AbortSignal.timeout(50) });
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    const controller = new AbortController();
    controller.abort('enough');
    await expect(translate('home', { signal: controller.signal })).rejects.toBe('enough');
  });

  it('does not disturb others that run at the same time', async () => {
    const translate = await load();
    const controller = new AbortController();
    const doomed = translate(long, { signal: controller.signal });
    const good = translate(['home', '42 boats']);
    await later(20);
    controller.abort();
    await expect(doomed).rejects.toMatchObject({ name: 'AbortError' });
    expect(await good).toMatchObject([{ translation_text: 'C' }, {}]);
  });

  it('leaves a short call its turn while a long one runs', async () => {
    const translate = await load();
    const controller = new AbortController();
    let finished = false;
    const busy = translate(long, { signal: controller.signal }).finally(() => (finished = true));
    expect(await translate('home')).toMatchObject([{ translation_text: 'C' }]);
    expect(finished).toBe(false);
    controller.abort();
    await expect(busy).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('loading', () => {
  it('can be aborted', async () => {
    const controller = new AbortController();
    const loading = pipeline('translation', null, {
      signal: controller.signal,
      progress_callback: () => controller.abort(),
    });
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
    const early = pipeline('translation', null, { signal: controller.signal });
    await expect(early).rejects.toMatchObject({ name: 'AbortError' });
    const translate = await load();
    expect(await translate('home')).toMatchObject([{ translation_text: 'C' }]);
  });

  it('tells how far it is', async () => {
    const events: ProgressEvent[] = [];
    const translate = await pipeline('translation', golden('marian'), {
      ...options,
      progress_callback: (event) => events.push(event),
    });
    await translate.dispose();
    expect(events.at(-1)).toEqual({
      status: 'ready',
      task: 'translation',
      model: golden('marian'),
    });
    const weights = events.filter((event) => 'file' in event && event.file === 'model.safetensors');
    const kinds = [...new Set(weights.map(({ status }) => status))];
    expect(kinds).toEqual(['initiate', 'download', 'progress', 'done']);
    const size = 110_068;
    expect(weights.at(-2)).toMatchObject({ progress: 100, loaded: size, total: size });
    const files = events.flatMap((event) => (event.status === 'done' ? [event.file] : []));
    expect(files).toEqual(expect.arrayContaining(['config.json', 'source.spm', 'vocab.json']));
  });
});

describe('dispose()', () => {
  it('rejects what runs and what comes, and may be repeated', async () => {
    const translate = await load();
    const running = translate(long);
    await later(30);
    await translate.dispose();
    await expect(running).rejects.toMatchObject({ code: 'disposed' });
    await expect(translate('home')).rejects.toMatchObject({ code: 'disposed' });
    await expect(translate.memoryUse()).rejects.toMatchObject({ code: 'disposed' });
    await translate.dispose();
  });

  it('leaves other pipelines alone', async () => {
    const [one, two] = await Promise.all([load(), load()]);
    const call = two('home');
    await one.dispose();
    expect(await call).toMatchObject([{ translation_text: 'C' }]);
    expect(await two('home')).toMatchObject([{ translation_text: 'C' }]);
  });

  it('gives the memory back', async () => {
    const [one, two] = await Promise.all([load(), load()]);
    const before = await two.memoryUse();
    await one.dispose();
    const after = await two.memoryUse();
    expect(after.packed_bytes).toBe(before.packed_bytes / 2);
  });

  it('happens at the end of a block', async () => {
    const translate = await pipeline('translation', golden('marian'), options);
    await translate[Symbol.asyncDispose]();
    await expect(translate('home')).rejects.toMatchObject({ code: 'disposed' });
  });
});

describe('a worker that dies', () => {
  it('rejects what it was doing, and another takes its place', async () => {
    env.workerUrl = pathToFileURL(join(root, 'tests/node/dying-worker.mjs'));
    onTestFinished(() => void (env.workerUrl = undefined));
    // An engine of its own: no other test may get this worker.
    const own = { dtype: 'fp32', variant: 'simd-mt', threads: 7 } as const;
    const translate = await pipeline('translation', golden('marian'), own);
    onTestFinished(() => translate.dispose());
    expect(await translate('home')).toMatchObject([{ translation_text: 'C' }]);
    const bystander = translate(long);
    const deadly = translate('die now');
    await expect(deadly).rejects.toMatchObject({ code: 'worker-crashed' });
    await expect(bystander).rejects.toMatchObject({ code: 'worker-crashed' });
    expect(await Promise.all([translate('home'), translate('home')])).toMatchObject([
      [{ translation_text: 'C' }],
      [{ translation_text: 'C' }],
    ]);
  });
});

describe('programs', () => {
  const run = (source: string) => {
    const code = `
      import { pipeline } from 'dragoman';
      const model = ${JSON.stringify(golden('marian'))};`;
    return runNode(['--input-type=module', '--eval', code + source]);
  };

  it('end by themselves, without dispose, and say nothing', async () => {
    const source = `
      const translate = await pipeline('translation', model, { dtype: 'fp32' });
      console.log((await translate('home'))[0].translation_text);`;
    expect(await run(source)).toEqual({ status: 0, stdout: 'C\n', stderr: '' });
  });

  it('wait for calls that run', async () => {
    const source = `
      pipeline('translation', model, { dtype: 'fp32', variant: 'simd-mt', threads: 2 })
        .then((translate) => translate('home'))
        .then(([{ translation_text }]) => console.log(translation_text));`;
    expect(await run(source)).toEqual({ status: 0, stdout: 'C\n', stderr: '' });
  });

  it('that render pages on a server may import the package', async () => {
    const names = ['Worker', 'window', 'self', 'document', 'location', 'navigator', 'indexedDB'];
    const source = `
      const touched = [];
      for (const name of ${JSON.stringify(names)}) {
        const get = () => void touched.push(name);
        Object.defineProperty(globalThis, name, { get, configurable: true });
      }
      WebAssembly.validate = () => touched.push('WebAssembly.validate');
      const { pipeline, env, DragomanError } = await import('dragoman');
      console.log(typeof pipeline, typeof env, typeof DragomanError, touched.join());`;
    const ended = await runNode(['--input-type=module', '--eval', source]);
    expect(ended).toEqual({ status: 0, stdout: 'function object function \n', stderr: '' });
  });
});
