// The demo page as people meet it. Needs build/demo: node tools/test.mjs build-demo
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openUrl, startSite, useBrowser } from './support/setup.js';
import { root } from './support/site.js';
import type { Tab } from './support/browsers.js';
import type { Site } from './support/site.js';

useBrowser();

const folders = {
  '': join(root, 'build/demo'),
  models: join(root, 'models'),
  bert: join(root, 'tests/golden/tasks/bert'),
  'zero-shot': join(root, 'tests/golden/tasks/zero-shot'),
  'fill-mask': join(root, 'tests/golden/tasks/fill-mask'),
  features: join(root, 'tests/golden/tasks/features'),
};
const patience = 90_000;

/** Waits until the page says so. The page may reload meanwhile, and then cannot answer. */
async function until(tab: Tab, what: string, body: (argument: string) => boolean, argument = '') {
  const end = performance.now() + patience;
  let last: unknown;
  while (performance.now() < end) {
    try {
      if (await tab.evaluate(body, argument)) return;
    } catch (error) {
      last = error;
    }
    await delay(100);
  }
  const seen = await tab.evaluate(() => document.body.innerText, null);
  throw new Error(`Waited in vain for ${what}; the page says:\n${seen}`, { cause: last });
}

const shows = (tab: Tab, selector: string, text: string) =>
  until(
    tab,
    `${selector} to be ${text}`,
    (argument) => {
      const [selector = '', text] = argument.split('\n');
      return document.querySelector(selector)?.textContent === text;
    },
    `${selector}\n${text}`,
  );

const has = (tab: Tab, selector: string) =>
  until(tab, selector, (it) => document.querySelector(it) !== null, selector);

const textOf = (tab: Tab, selector: string) =>
  tab.evaluate((it) => document.querySelector(it)?.textContent ?? '', selector);

const click = (tab: Tab, selector: string) =>
  tab.evaluate((it) => document.querySelector<HTMLElement>(it)?.click(), selector);

const type = (tab: Tab, text: string) =>
  tab.evaluate((text) => {
    const field = document.querySelector('textarea') as HTMLTextAreaElement;
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }, text);

/** The page with both models loaded. */
async function openDemo(isolated = true): Promise<{ site: Site; tab: Tab }> {
  const site = await startSite({ folders, isolated });
  const tab = await openUrl(site.url('/'));
  await loaded(tab);
  return { site, tab };
}

async function loaded(tab: Tab): Promise<void> {
  await shows(tab, '#fact-requests', '0');
  await until(tab, 'two stored models', () => {
    return document.querySelectorAll('#stored li').length === 2;
  });
}

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
    expect(await textOf(tab, '#fact-speed')).toMatch(/^\d+ words\/s$/);
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
    expect(site.requests.slice(length).map(({ path }) => path)).toEqual([]);
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

const choose = (tab: Tab, selector: string, value: string) =>
  tab.evaluate((argument) => {
    const [selector = '', value = ''] = argument.split('\n');
    const field = document.querySelector(selector) as HTMLSelectElement;
    field.value = value;
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }, `${selector}\n${value}`);

/** Chooses a task of the panel that reads, and brings a model for it. */
async function bringFor(tab: Tab, task: string, address: string): Promise<void> {
  await click(tab, `#reading-tasks input[value=${task}]`);
  await click(tab, '#reading-ask');
  await tab.evaluate((address) => {
    const field = document.activeElement as HTMLInputElement;
    field.value = address;
    field.form?.requestSubmit();
  }, address);
}

/** Words and figures of the answer's bars. */
const bars = (tab: Tab) =>
  tab.evaluate(() => {
    const rows = [...document.querySelectorAll('#reading-result li')];
    return rows.map((row) => [...row.children].map(({ textContent }) => textContent ?? ''));
  }, null);

const sumOf = (found: string[][]) =>
  found.reduce((sum, [, figure = '']) => sum + Number.parseFloat(figure), 0);

describe('the panel that reads', () => {
  it('shows the attention of a layer and head, and what the focused cell holds', async () => {
    const { site, tab } = await openDemo();
    await has(tab, '.heat td[data-row]');
    const { length } = site.requests;
    const state = () =>
      tab.evaluate(() => {
        const all = (selector: string) => [...document.querySelectorAll(selector)];
        return {
          columns: all('.heat thead th').map(({ textContent }) => textContent),
          rows: all('.heat tbody th').map(({ textContent }) => textContent),
          weights: all('.heat td[data-row]').map((cell) => cell.getAttribute('aria-label') ?? ''),
          layers: all('.choosers select')[0]?.children.length,
          heads: all('.choosers select')[1]?.children.length,
        };
      }, null);
    const mean = await state();
    expect(mean.columns.slice(0, 4)).toEqual(['[CLS]', 'the', 'room', 'was']);
    expect(mean.rows).toEqual(mean.columns);
    expect(mean).toMatchObject({ layers: 6, heads: 13 });
    const width = mean.columns.length;
    const row = mean.weights.slice(width, 2 * width).map((weight) => Number.parseFloat(weight));
    expect(Math.abs(row.reduce((sum, weight) => sum + weight, 0) - 100)).toBeLessThan(width / 2);
    await choose(tab, '.choosers label:first-child select', '1');
    await choose(tab, '.choosers label:last-child select', '2');
    expect(await textOf(tab, '#attention-caption')).toMatch(/^Layer 2, head 3: /);
    expect((await state()).weights).not.toEqual(mean.weights);
    await tab.evaluate(() => {
      document.querySelector<HTMLElement>('.heat td[tabindex="0"]')?.focus();
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight']) {
        document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      }
    }, null);
    const weight = await tab.evaluate(
      () => document.activeElement?.getAttribute('aria-label'),
      null,
    );
    expect(await textOf(tab, '.readout')).toBe(`the takes ${weight} from room`);
    expect(site.requests.length).toBe(length);
    expect(tab.errors).toEqual([]);
  });

  it('labels with another model of the box, and goes back to the one the page has', async () => {
    const { tab } = await openDemo();
    await click(tab, '#reading-tasks input[value=labels]');
    await has(tab, '#reading-result li:nth-child(2)');
    expect((await bars(tab)).map(([label]) => label).sort()).toEqual(['Negative', 'Positive']);
    await choose(tab, '#reading-model', 'dragoman-topics');
    await has(tab, '#reading-result li:nth-child(4)');
    const found = await bars(tab);
    expect(found[0]?.[0]).toBe('Sports');
    expect(Math.abs(sumOf(found) - 100)).toBeLessThanOrEqual(2);
    // The sentences of the text keep the classifier they had.
    await type(tab, 'We had a wonderful time.');
    await has(tab, '#labels [data-hue=good]');
    await shows(tab, '#fact-requests', '0');
    await choose(tab, '#reading-model', 'dragoman-sentiment');
    await until(tab, 'two labels', () => {
      return document.querySelectorAll('#reading-result li').length === 2;
    });
    expect(tab.errors).toEqual([]);
  });

  it('judges by labels of one’s own with a model that was given', async () => {
    const { tab } = await openDemo();
    await click(tab, '#reading-tasks input[value=zero-shot]');
    expect(await textOf(tab, '#reading-placeholder')).toMatch(/Give one/);
    await bringFor(tab, 'zero-shot', '/zero-shot');
    await has(tab, '#reading-result li');
    const found = await bars(tab);
    expect(found.map(([label]) => label).sort()).toEqual([
      'cooking',
      'politics',
      'sports',
      'travel',
    ]);
    expect(Math.abs(sumOf(found) - 100)).toBeLessThanOrEqual(2);
    const figures = found.map(([, figure = '']) => Number.parseFloat(figure));
    expect(figures).toEqual(figures.toSorted((a, b) => b - a));
    await shows(tab, '#fact-requests', '0');
  });

  it('offers words for a mask, and says where one is missing', async () => {
    const { tab } = await openDemo();
    await bringFor(tab, 'fill-mask', '/fill-mask');
    await has(tab, '#reading-result li:nth-child(5)');
    await tab.evaluate(() => {
      const field = document.querySelector('#reading-text') as HTMLTextAreaElement;
      field.value = 'No gap.';
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }, null);
    await shows(tab, '#reading-result', 'Write [MASK] where a word is missing.');
    expect(await textOf(tab, '#reading-failure')).toBe('');
  });

  it('finds the sentences that are most like a query', async () => {
    const { tab } = await openDemo();
    await bringFor(tab, 'similarity', '/features');
    await has(tab, '#reading-result li:nth-child(4)');
    const sentence = (await bars(tab)).at(-1)?.[0] ?? '';
    await tab.evaluate((text) => {
      const field = document.querySelector('#reading-text') as HTMLTextAreaElement;
      field.value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }, sentence);
    await until(
      tab,
      'that sentence first',
      (it) => document.querySelector('#reading-result .words')?.textContent === it,
      sentence,
    );
    // This model's likeness is no cosine: the bar of the best is full all the same.
    const figures = (await bars(tab)).map(([, figure = '']) => Number.parseFloat(figure));
    expect(figures).toEqual(figures.toSorted((a, b) => b - a));
    const share = await tab.evaluate(() => {
      const row = document.querySelector<HTMLElement>('#reading-result li');
      return row?.style.getPropertyValue('--share');
    }, null);
    expect(share).toBe('1');
  });

  it('says why a model is not one for the task', async () => {
    const { tab } = await openDemo();
    await bringFor(tab, 'fill-mask', '/models/dragoman-sentiment');
    await has(tab, '#reading-failure .detail');
    expect(await textOf(tab, '#reading-failure code')).toBe('unsupported-model');
  });
});

// Of axe-core's results, what a reader of a failed test needs.
interface Axe {
  run(): Promise<{
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  }>;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

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
  const found = await tab.evaluate(async (source) => {
    const script = document.createElement('script');
    script.textContent = source;
    document.head.append(script);
    const { axe } = globalThis as unknown as { axe: Axe };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
    );
  }, axe);
  expect(found).toEqual([]);
});
