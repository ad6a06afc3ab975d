// What pages pay: memory over many models, and time on the main thread.
import { describe, expect, it } from 'vitest';
import { browserName, openSite, useBrowser } from './support/setup.js';
import { residentMegabytes } from './support/processes.js';

useBrowser();

const rounds = 200;

// Megabytes by which the whole browser may have grown after three quarters of these rounds. Firefox
// keeps 1.4 MB of each worker that compiled a module of this size, also of one without any of our
// code. A worker that is left behind takes 7 MB in Chromium and 8 in Firefox.
const growth = browserName === 'firefox' ? 450 : 100;

describe('many rounds of load and dispose', () => {
  it(`leave no worker and no memory behind: ${rounds} of them`, async () => {
    const { tab } = await openSite();
    const run = (rounds: number) =>
      tab.evaluate(async (rounds) => {
        const options = { dtype: 'fp32' } as const;
        const texts = new Set<string | undefined>();
        for (let round = 0; round < rounds; round++) {
          const translate = await dragoman.pipeline('translation', '/golden/marian', options);
          texts.add((await translate('home'))[0]?.translation_text);
          await translate.dispose();
        }
        const alive = workers.filter((worker) => worker.alive).length;
        const started = workers.length;
        // The list itself would keep them.
        workers.length = 0;
        globalThis.gc?.();
        const { memory } = performance as { memory?: { usedJSHeapSize: number } };
        return { texts: [...texts], alive, started, heap: memory?.usedJSHeapSize };
      }, rounds);
    // The first rounds fill caches of the browser's.
    const early = await run(rounds / 4);
    const before = residentMegabytes();
    const late = await run((rounds * 3) / 4);
    const after = residentMegabytes();
    expect(early).toMatchObject({ texts: ['C'], alive: 0, started: rounds / 4 });
    expect(late).toMatchObject({ texts: ['C'], alive: 0, started: (rounds * 3) / 4 });
    console.log(`${browserName}: page heap ${early.heap} -> ${late.heap} bytes,`);
    console.log(`browser ${before} -> ${after} MB`);
    if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(growth);
    if (early.heap === undefined || late.heap === undefined) return;
    expect(late.heap - early.heap).toBeLessThan(1_000_000);
  }, 600_000);

  it('leave the memory of a worker that goes on as it was', async () => {
    const { tab } = await openSite();
    const { early, late } = await tab.evaluate(async (rounds) => {
      const options = { dtype: 'fp32' } as const;
      const resident = await dragoman.pipeline('text-classification', '/golden/bert', options);
      const use = async () => {
        for (let round = 0; round < rounds / 8; round++) {
          const translate = await dragoman.pipeline('translation', '/golden/marian', options);
          await translate('home');
          await translate.dispose();
        }
        return resident.memoryUse();
      };
      return { early: await use(), late: await use() };
    }, rounds);
    expect(late).toEqual(early);
  });
});

describe('the main thread', () => {
  it('is never blocked for more than 50 ms while a translation runs', async () => {
    const { tab } = await openSite({ isolated: true });
    await tab.evaluate(async () => {
      translate = await dragoman.pipeline('translation');
      await translate('Where is the station?');
    }, null);
    const run = (streamed: boolean) =>
      tab.evaluate(async (streamed) => {
        const text = 'The old man reads a long letter from his son who lives by the sea. ';
        const texts = ['One', 'Two', 'Three'].map((word) => `${word}. ${text.repeat(4)}`);
        // Wall time between two turns of the page's loop, for the record: other programs add to it.
        let largest = 0;
        let last = performance.now();
        const timer = setInterval(() => {
          largest = Math.max(largest, performance.now() - last);
          last = performance.now();
        }, 10);
        const start = performance.now();
        if (streamed) for await (const part of translate.stream(texts)) void part;
        else await translate(texts);
        clearInterval(timer);
        return { gap: Math.round(largest), whole: Math.round(performance.now() - start) };
      }, streamed);
    for (const streamed of [false, true]) {
      let wall;
      const longest = await tab.longestTask(async () => (wall = await run(streamed)));
      console.log(`${browserName}: longest task ${longest?.toFixed(1)} ms of processor time`, wall);
      if (longest !== undefined) expect(longest).toBeLessThan(50);
    }
  });
});
