// The demo page as people meet it. Needs build/demo: node tools/test.mjs build-demo
import { describe, expect, it } from 'vitest';
import {
  click,
  has,
  loaded,
  objections,
  openDemo,
  shows,
  textOf,
  type,
  until,
} from './support/demo.js';
import { useBrowser } from './support/setup.js';

useBrowser();

describe('the demo page', () => {
  it('translates and labels what is typed, without a request', async () => {
    const { site, tab } = await openDemo();
    const { length } = site.requests;
    await type(tab, 'Where is the station? We had a wonderful time.');
    await until(tab, 'two translations', () => {
      return document.querySelectorAll('#target [data-state=done]').length === 2;
    });
    expect(await textOf(tab, '#target')).toMatch(/gare.*\? \S/);
    await has(tab, '#labels [data-hue=good]');
    expect(await textOf(tab, '#fact-speed')).toMatch(/^\d{1,3}(,\d{3})* words\/s$/);
    // The same sentence again is known; a changed one is not.
    await type(tab, 'Where is the station? We had a bad time.');
    const state = () =>
      tab.evaluate(() => {
        const spans = document.querySelectorAll<HTMLElement>('#target .sentence');
        return [...spans].map((span) => span.dataset['state']);
      }, null);
    expect((await state())[0]).toBe('done');
    await until(tab, 'the changed sentence', () => {
      return document.querySelectorAll('#target [data-state=done]').length === 2;
    });
    expect(await textOf(tab, '#fact-requests')).toBe('0');
    expect(await textOf(tab, '#fact-requests-note')).toBe('by page and engine');
    // The browser itself fetches the service worker's script, some time after the page is there.
    const paths = site.requests.slice(length).map(({ path }) => path);
    expect(paths.filter((path) => path !== '/sw.js')).toEqual([]);
    expect(tab.errors).toEqual([]);
  });

  it('offers other translations and takes the one that is chosen', async () => {
    const { tab } = await openDemo();
    await type(tab, 'Thank you for your letter.');
    await has(tab, '#target [data-state=done]');
    const before = await textOf(tab, '#target');
    await click(tab, '#target .sentence');
    await has(tab, '#alternatives-list li:nth-child(2)');
    const score = await textOf(tab, '#alternatives-list .figure');
    expect(score).toMatch(/^\u2212?\d\.\d\d$/);
    await click(tab, '#alternatives-list [aria-pressed=false]');
    expect(await textOf(tab, '#target')).not.toBe(before);
    const hidden = await tab.evaluate(() => {
      const { hidden } = document.querySelector('#alternatives') as HTMLElement;
      return hidden && document.activeElement === document.querySelector('#target .sentence');
    }, null);
    expect(hidden).toBe(true);
  });

  it('counts what the engine fetches', async () => {
    const { site, tab } = await openDemo();
    await tab.evaluate(() => {
      const field = document.querySelector('#model-name') as HTMLInputElement;
      field.value = '/models/nowhere';
      field.form?.requestSubmit();
    }, null);
    await has(tab, '#translator-failure .detail');
    const { length } = site.requests.filter(({ path }) => path.startsWith('/models/nowhere/'));
    expect(length).toBeGreaterThan(0);
    await shows(tab, '#fact-requests', String(length));
    expect(await textOf(tab, '#translator-failure strong')).toMatch(/[a-z].*\./);
    expect(await textOf(tab, '#translator-failure code')).toMatch(/^[a-z-]+$/);
    await click(tab, '#translator-failure .quiet');
    // What was there before goes on working.
    await type(tab, 'Where is the station?');
    await has(tab, '#target [data-state=done]');
    expect(await textOf(tab, '#target')).toMatch(/gare/);
  });

  it('takes a folder of files, finds out what it is for, and goes back to the first', async () => {
    const { tab } = await openDemo();
    await tab.evaluate(async () => {
      const names = ['config.json', 'vocab.txt', 'tokenizer_config.json', 'model.safetensors'];
      const list = new DataTransfer();
      for (const name of names) {
        const response = await fetch(`/bert/${name}`);
        list.items.add(new File([await response.blob()], name));
      }
      const input = document.querySelector('#folder') as HTMLInputElement;
      input.files = list.files;
      input.dispatchEvent(new Event('change'));
    }, null);
    await until(tab, 'a third stored model', () => {
      return document.querySelectorAll('#stored li').length === 3;
    });
    // No translator, so that it took the place of the classifier.
    expect(await textOf(tab, '#model-chip')).toBe('dragoman-en-fr');
    await click(tab, '#stored button[aria-label="Use dragoman-sentiment"]');
    await until(tab, 'the first classifier in use', () => {
      return document.querySelector('#stored button[aria-label="Use dragoman-sentiment"]') === null;
    });
    expect(await textOf(tab, '#translator-failure')).toBe('');
    expect(tab.errors).toEqual([]);
  });

  it('deletes stored models', async () => {
    const { tab } = await openDemo();
    await click(tab, '#stored li:first-child .quiet');
    await until(tab, 'one model', () => document.querySelectorAll('#stored li').length === 1);
    expect(await textOf(tab, '#stored-total')).toMatch(/^1 model, \d+ MB$/);
    await click(tab, '#stored-clear');
    await shows(tab, '#stored-total', 'No model is stored.');
  });

  it('isolates itself where the host sends no headers, and then opens offline', async () => {
    const { site, tab } = await openDemo(false);
    expect(await tab.evaluate(() => crossOriginIsolated, null)).toBe(true);
    expect(await textOf(tab, '#fact-engine')).toMatch(/-mt$/);
    site.cut = () => true;
    await tab.reload();
    await loaded(tab);
    expect(await tab.evaluate(() => crossOriginIsolated, null)).toBe(true);
    await type(tab, 'Where is the station?');
    await has(tab, '#target [data-state=done]');
    expect(await textOf(tab, '#target')).toMatch(/gare/);
    expect(tab.errors).toEqual([]);
  });
});

it.each(['light', 'dark'])('axe finds nothing to object to: %s', async (theme) => {
  const { tab } = await openDemo();
  await tab.evaluate((theme) => {
    document.documentElement.dataset['theme'] = theme;
  }, theme);
  await type(tab, 'The hotel was very good. The room was too small.');
  await has(tab, '#labels li:nth-child(2):not([data-hue=none])');
  await until(tab, 'two translations', () => {
    return document.querySelectorAll('#target [data-state=done]').length === 2;
  });
  await click(tab, '#target .sentence');
  await has(tab, '#alternatives-list li');
  await has(tab, '.heat td[data-row]');
  expect(await objections(tab)).toEqual([]);
});
