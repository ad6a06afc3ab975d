// The models under models/: each loads as it lies there and knows a clear case.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { env, pipeline } from 'dragoman';
import { resolveModel } from '../../web/src/models.js';
import { shippedModels } from '../../web/src/tasks/table.js';
import { root } from './support.js';
import type { Classification } from 'dragoman';

const texts: Record<string, [text: string, label: string][]> = {
  'dragoman-sentiment': [
    ['A warm and funny film, splendidly played.', 'POSITIVE'],
    ['Dull, far too long, and badly acted.', 'NEGATIVE'],
  ],
  'dragoman-topics': [
    ['The striker scored twice as United won the cup final.', 'Sports'],
    ['Shares fell after the bank reported lower quarterly profits.', 'Business'],
    ['Troops and rebels fought near the capital, the foreign ministry said.', 'World'],
    ['The new browser fixes several security holes, says the software maker.', 'Sci/Tech'],
  ],
  'dragoman-intents': [
    ['My card was stolen, please block it!', 'lost_or_stolen_card'],
    ['What is the exchange rate you use?', 'exchange_rate'],
    ['I forgot my passcode.', 'passcode_forgotten'],
  ],
};

describe('models that ship', () => {
  it.each(Object.keys(texts))('%s labels clear texts', async (name) => {
    const classify = await pipeline('text-classification', name);
    onTestFinished(() => classify.dispose());
    const cases = texts[name] ?? [];
    const results = await classify(cases.map(([text]) => text));
    const labels = results.map((result) => (result as Classification).label);
    expect(labels).toEqual(cases.map(([, label]) => label));
  });

  it('dragoman-entities marks a person and a place, with offsets', async () => {
    const ner = await pipeline('ner');
    onTestFinished(() => ner.dispose());
    const text = 'Barack Obama flew to London on Monday.';
    const found = await ner(text, { aggregation_strategy: 'first' });
    expect(ner.info.name).toBe('dragoman-entities');
    expect(
      found.map(({ entity_group: label, start, end }) => [label, text.slice(start, end)]),
    ).toEqual([
      ['person', 'Barack Obama'],
      ['location', 'London'],
    ]);
  });

  it('are the folders that lie there, each with a card', () => {
    const folders = readdirSync(join(root, 'models'));
    expect([...shippedModels].sort()).toEqual(folders.sort());
    for (const folder of folders) {
      const card = readFileSync(join(root, 'models', folder, 'README.md'), 'utf8');
      expect(card).toMatch(/\*\*Licence:\*\*/);
      expect(existsSync(join(root, 'models', folder, 'model.safetensors'))).toBe(true);
    }
  });

  it('are looked for beside the package before the hub', () => {
    const { sources } = resolveModel('text-classification', 'dragoman-topics', {});
    expect(sources[0]).toMatchObject({ kind: 'folder' });
    expect(env.allowRemoteModels).toBe(true);
    expect(sources).toHaveLength(2);
  });
});
