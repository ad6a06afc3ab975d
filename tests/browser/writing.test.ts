// The panel of the demo page that writes: a chat and a summary, with models that were given. Needs
// build/demo: node tools/test.mjs build-demo
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openUrl, startSite, useBrowser } from './support/setup.js';
import { root } from './support/site.js';
import type { Tab } from './support/browsers.js';

useBrowser();

const task = (name: string) => join(root, 'tests/golden/tasks', name);
const folders = {
  '': join(root, 'build/demo'),
  models: join(root, 'models'),
  qwen2: task('qwen2'),
  summary: task('t5-summary'),
};

/** Waits until an element with this text, or part of it, is there and shown. */
async function shows(tab: Tab, selector: string, text: string): Promise<void> {
  const end = performance.now() + 90_000;
  const argument = `${selector}\n${text}`;
  while (performance.now() < end) {
    const found = await tab.evaluate((argument) => {
      const [selector = '', text = ''] = argument.split('\n');
      const all = [...document.querySelectorAll<HTMLElement>(selector)];
      return all.some((node) => !node.hidden && node.textContent?.includes(text));
    }, argument);
    if (found) return;
    await delay(100);
  }
  throw new Error(`Waited in vain for ${JSON.stringify(text)} in ${selector}.`);
}

const click = (tab: Tab, selector: string) =>
  tab.evaluate((it) => document.querySelector<HTMLElement>(it)?.click(), selector);

async function bring(tab: Tab, address: string): Promise<void> {
  await click(tab, '#writing-ask');
  await tab.evaluate((address) => {
    const field = document.activeElement as HTMLInputElement;
    field.value = address;
    field.form?.requestSubmit();
  }, address);
}

const fill = (tab: Tab, selector: string, text: string) =>
  tab.evaluate((argument) => {
    const [selector = '', text = ''] = argument.split('\n');
    const field = document.querySelector(selector) as HTMLTextAreaElement;
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }, `${selector}\n${text}`);

const press = (tab: Tab, selector: string, key: string) =>
  tab.evaluate((argument) => {
    const [selector = '', key = ''] = argument.split('\n');
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
    document.querySelector(selector)?.dispatchEvent(event);
  }, `${selector}\n${key}`);

async function openDemo(): Promise<Tab> {
  const site = await startSite({ folders, isolated: true });
  const tab = await openUrl(site.url('/'));
  await shows(tab, '#stored', 'dragoman-sentiment');
  return tab;
}

it('chats with a model that was given, and begins anew', async () => {
  const tab = await openDemo();
  await shows(tab, '#chat-empty', 'Give one');
  await bring(tab, '/qwen2');
  await shows(tab, '#chat-empty', 'Say something');
  await fill(tab, '#chat-text', 'Where is the boat?');
  await press(tab, '#chat-text', 'Enter');
  await shows(tab, '#chat-log .bubble.user', 'Where is the boat?');
  await shows(tab, '#chat-log .bubble.assistant:not(.growing)', 'Near the');
  await shows(tab, '#announcer', 'The model says: Near the');
  const turns = await tab.evaluate(() => document.querySelectorAll('.bubble').length, null);
  expect(turns).toBe(2);
  await click(tab, '#chat-clear');
  await shows(tab, '#chat-empty', 'Say something');
  expect(tab.errors).toEqual([]);
});

it('summarises, and says why a model is not one for it', async () => {
  const tab = await openDemo();
  await click(tab, '#writing-summary');
  await bring(tab, '/qwen2');
  await shows(tab, '#writing-failure', 'unsupported-model');
  await bring(tab, '/summary');
  await shows(tab, '#summary-empty', 'The summary appears here');
  await fill(tab, '#summary-text', 'the station is behind the old market and the river');
  await shows(tab, '#summary-count', '10 words');
  await click(tab, '#summary-go');
  await shows(tab, '#summary-output:not(.growing)', 'l');
  await shows(tab, '#announcer', 'Summary: ');
  expect(tab.errors).toEqual([]);
});
