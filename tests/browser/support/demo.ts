// The demo page under test: opening it, reading it, using it. Needs build/demo.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openUrl, startSite } from './setup.js';
import { root } from './site.js';
import type { Tab } from './browsers.js';
import type { Site } from './site.js';

export const folders = {
  '': join(root, 'build/demo'),
  models: join(root, 'models'),
  bert: join(root, 'tests/golden/tasks/bert'),
  'zero-shot': join(root, 'tests/golden/tasks/zero-shot'),
  'fill-mask': join(root, 'tests/golden/tasks/fill-mask'),
  features: join(root, 'tests/golden/tasks/features'),
  entities: join(root, 'tests/golden/tasks/entities'),
  answers: join(root, 'tests/golden/tasks/answers'),
};
const patience = 90_000;

/** Waits until the page says so. The page may reload meanwhile, and then cannot answer. */
export async function until(
  tab: Tab,
  what: string,
  body: (argument: string) => boolean,
  argument = '',
) {
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

export const shows = (tab: Tab, selector: string, text: string) =>
  until(
    tab,
    `${selector} to be ${text}`,
    (argument) => {
      const [selector = '', text] = argument.split('\n');
      return document.querySelector(selector)?.textContent === text;
    },
    `${selector}\n${text}`,
  );

export const has = (tab: Tab, selector: string) =>
  until(tab, selector, (it) => document.querySelector(it) !== null, selector);

export const textOf = (tab: Tab, selector: string) =>
  tab.evaluate((it) => document.querySelector(it)?.textContent ?? '', selector);

export const click = (tab: Tab, selector: string) =>
  tab.evaluate((it) => document.querySelector<HTMLElement>(it)?.click(), selector);

export const type = (tab: Tab, text: string) =>
  tab.evaluate((text) => {
    const field = document.querySelector('textarea') as HTMLTextAreaElement;
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }, text);

/** The page with both models loaded. */
export async function openDemo(isolated = true): Promise<{ site: Site; tab: Tab }> {
  const site = await startSite({ folders, isolated });
  const tab = await openUrl(site.url('/'));
  await loaded(tab);
  return { site, tab };
}

export async function loaded(tab: Tab): Promise<void> {
  await shows(tab, '#fact-requests', '0');
  await until(tab, 'two stored models', () => {
    return document.querySelectorAll('#stored li').length === 2;
  });
}

// Of axe-core's results, what a reader of a failed test needs.
interface Axe {
  run(): Promise<{
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  }>;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core objects to on the page as it is. */
export function objections(tab: Tab): Promise<string[]> {
  return tab.evaluate(async (source) => {
    const script = document.createElement('script');
    script.textContent = source;
    document.head.append(script);
    const { axe } = globalThis as unknown as { axe: Axe };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
    );
  }, axe);
}
