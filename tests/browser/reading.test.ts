// The demo page's panel that reads. Needs build/demo: node tools/test.mjs build-demo
import { describe, expect, it } from 'vitest';
import { click, has, objections, openDemo, shows, textOf, type, until } from './support/demo.js';
import { useBrowser } from './support/setup.js';
import type { Tab } from './support/browsers.js';

useBrowser();

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

/** What is marked in the answer, and its text without the labels. */
const marks = (tab: Tab) =>
  tab.evaluate(() => {
    const paragraph = document.querySelector('#reading-result .marked') as HTMLElement;
    const words = [...paragraph.querySelectorAll('.words')].map((it) => it.textContent ?? '');
    const copy = paragraph.cloneNode(true) as HTMLElement;
    for (const label of copy.querySelectorAll('.label')) {
      label.previousSibling?.remove();
      label.remove();
    }
    return { words, text: copy.textContent ?? '' };
  }, null);

const valueOf = (tab: Tab, selector: string) =>
  tab.evaluate((it) => (document.querySelector(it) as HTMLTextAreaElement).value, selector);

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

  it('marks names in the text where the model finds them', async () => {
    const { tab } = await openDemo();
    await bringFor(tab, 'entities', '/entities');
    await has(tab, '#reading-result mark');
    const found = await marks(tab);
    expect(found.text).toBe(await valueOf(tab, '#reading-text'));
    expect((await bars(tab)).map(([words]) => words)).toEqual(found.words);
    expect(await objections(tab)).toEqual([]);
    expect(tab.errors).toEqual([]);
  });

  it('marks names with the model in the box until another one is asked for', async () => {
    const { tab } = await openDemo();
    await click(tab, '#reading-tasks input[value=entities]');
    await has(tab, '#reading-result mark');
    expect(await valueOf(tab, '#reading-model')).toBe('dragoman-entities');
    expect((await marks(tab)).words).toContain('London');
    await shows(tab, '#fact-requests', '0');
    expect(tab.errors).toEqual([]);
  });

  it('marks the answer to a question, and lists the next ones below', async () => {
    const { tab } = await openDemo();
    await click(tab, '#reading-tasks input[value=answers]');
    expect(await textOf(tab, '#reading-placeholder')).toMatch(/Give one/);
    await bringFor(tab, 'answers', '/answers');
    await has(tab, '#reading-result mark');
    const { words } = await marks(tab);
    expect(words).toEqual([(await bars(tab))[0]?.[0]]);
    expect(await valueOf(tab, '#reading-second')).toContain(words[0]);
    await shows(tab, '#fact-requests', '0');
    expect(tab.errors).toEqual([]);
  });

  it('says why a model is not one for the task', async () => {
    const { tab } = await openDemo();
    await bringFor(tab, 'fill-mask', '/models/dragoman-sentiment');
    await has(tab, '#reading-failure .detail');
    expect(await textOf(tab, '#reading-failure code')).toBe('unsupported-model');
  });
});
