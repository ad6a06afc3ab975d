// Beginnings and ends in pages: abort, workers that die, models that come and go.
import { describe, expect, it } from 'vitest';
import { openSite, useBrowser } from './support/setup.js';
import type { Tab } from './support/browsers.js';

useBrowser();

const weights = 'model.safetensors';

describe('an aborted download', () => {
  it('ends at once, its connection too, and the next one succeeds', async () => {
    const { site, tab } = await openSite({ isolated: true });
    site.manner = (path) => (path.endsWith(weights) ? { rate: 1_000_000 } : {});
    const aborted = await tab.evaluate(async () => {
      const controller = new AbortController();
      let abortedAt = 0;
      const options = {
        signal: controller.signal,
        progress_callback: (event: import('dragoman').ProgressEvent) => {
          if (event.status !== 'progress' || event.file !== 'model.safetensors') return;
          if (event.loaded < 1_000_000 || abortedAt > 0) return;
          abortedAt = performance.now();
          controller.abort();
        },
      };
      try {
        await dragoman.pipeline('translation', null, options);
      } catch (error) {
        return { name: (error as Error).name, wait: performance.now() - abortedAt };
      }
      return { name: 'none', wait: 0 };
    }, null);
    expect(aborted.name).toBe('AbortError');
    expect(aborted.wait).toBeLessThan(1000);
    const patience = { timeout: 10_000 };
    await expect.poll(() => site.requestsFor(weights)[0]?.broken, patience).toBe(true);
    expect(site.requestsFor(weights)[0]?.bytes).toBeLessThan(9_000_000);
    site.manner = () => ({});
    const text = await tab.evaluate(async () => {
      const translate = await dragoman.pipeline('translation');
      return (await translate('Where is the station?'))[0]?.translation_text;
    }, null);
    expect(text).toMatch(/gare/);
  });
});

describe('an aborted translation', () => {
  it('ends at once, and leaves the worker to others', async () => {
    const { tab } = await openSite({ isolated: true });
    const result = await tab.evaluate(async () => {
      const translate = await dragoman.pipeline('translation');
      const long = 'The old man reads a long letter from his son. '.repeat(300);
      const quick = () => translate('Where is the station?', { num_beams: 1 });
      const timed = async (body: () => Promise<unknown>) => {
        const start = performance.now();
        await body();
        return performance.now() - start;
      };
      await quick();
      const alone = await timed(quick);
      const controller = new AbortController();
      let name = 'none';
      const call = translate(long, { signal: controller.signal, num_beams: 4 }).catch(
        (error: Error) => (name = error.name),
      );
      await new Promise((done) => setTimeout(done, 300));
      controller.abort();
      const rejected = await timed(() => call);
      return { name, rejected, alone, next: await timed(quick) };
    }, null);
    console.log('after an abort', result);
    expect(result.name).toBe('AbortError');
    // The whole text takes many seconds; one step of it, far less than this.
    expect(result.rejected).toBeLessThan(500);
    expect(result.next).toBeLessThan(result.alone + 1000);
  });
});

/** Ends a worker of the page while it translates, then translates again. */
function endWorker(tab: Tab, index: number, threads?: number) {
  const body = async ({ index, threads }: { index: number; threads: number | undefined }) => {
    const options = { dtype: 'fp32', threads } as const;
    const translate = await dragoman.pipeline('translation', '/golden/marian', options);
    const long = 'the rain, the sea and the river '.repeat(2000);
    const call = translate(long).catch((error: { code?: string }) => error.code);
    await new Promise((done) => setTimeout(done, 100));
    // A browser that ends a worker, for want of memory say, tells the page by an error.
    workers[index]?.terminate();
    workers[index]?.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }));
    const code = await call;
    const [after] = await translate('home');
    return { code, after: after?.translation_text, alive: workers.map(({ alive }) => alive) };
  };
  return tab.evaluate(body, { index, threads });
}

describe('a worker that dies in the middle of a call', () => {
  it('of an error of its own: the call rejects and the next one works', async () => {
    const { tab } = await openSite();
    const result = await tab.evaluate(async () => {
      dragoman.env.workerUrl = '/page/dying-worker.js';
      const options = { dtype: 'fp32' } as const;
      const translate = await dragoman.pipeline('translation', '/golden/marian', options);
      const failed = async (call: Promise<unknown>) => {
        const error = await call.then(() => undefined).catch((error: unknown) => error);
        return (error as { code?: string } | undefined)?.code;
      };
      const bystander = failed(translate('the rain, the sea and the river '.repeat(2000)));
      const deadly = failed(translate('die now'));
      const codes = [await bystander, await deadly];
      const [after] = await translate('home');
      return { codes, after: after?.translation_text, alive: workers.map(({ alive }) => alive) };
    }, null);
    expect(result).toEqual({
      codes: ['worker-crashed', 'worker-crashed'],
      after: 'C',
      alive: [false, true],
    });
  });

  it('ended from outside: the same', async () => {
    const { tab } = await openSite();
    expect(await endWorker(tab, 0)).toEqual({
      code: 'worker-crashed',
      after: 'C',
      alive: [false, true],
    });
  });

  it.each([0, 1])('or one of its threads, which end together: worker %i', async (index) => {
    const { tab } = await openSite({ isolated: true });
    expect(await endWorker(tab, index, 2)).toEqual({
      code: 'worker-crashed',
      after: 'C',
      alive: [false, false, true, true],
    });
  });
});
