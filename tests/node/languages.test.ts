// Translators of several languages, whose tokenizers have no tokenizer.json, through the package
// and the command line. All cases are compared with Python in the tests of the core.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AutoTokenizer, pipeline } from 'dragoman';
import { golden, goldenCases, root, runNode } from './support.js';
import type { TranslationCallOptions } from 'dragoman';

interface LanguageCase {
  text: string;
  options: TranslationCallOptions;
  translations: string[];
  ids: number[];
}

const first = (folder: string): LanguageCase => {
  const found = goldenCases<LanguageCase>(folder).find(({ translations: [text] }) => text !== '');
  if (found === undefined) throw new Error(`${folder} has no case with a text.`);
  return found;
};

it.each(['m2m100', 'nllb', 'mbart50', 't5'])('%s translates as in Python', async (folder) => {
  const { text, options, translations } = first(folder);
  const translate = await pipeline('translation', golden(folder), { dtype: 'fp32' });
  const results = await translate(text, { ...options, split_sentences: false });
  expect(results.map((result) => result.translation_text)).toEqual(translations);
  await translate.dispose();
});

it('tells languages, and refuses others', async () => {
  const translate = await pipeline('translation', golden('m2m100'));
  expect(translate.languages).toHaveLength(100);
  expect(translate.languages).toContain('fr');
  const refused = translate('home', { tgt_lang: 'fra_Latn' });
  await expect(refused).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(refused).rejects.toThrow(/tgt_lang.*fra_Latn.*100 languages/);
  await translate.dispose();
});

it('a tokenizer alone finds the files of its class', async () => {
  for (const folder of ['m2m100', 'nllb', 't5']) {
    const tokenizer = await AutoTokenizer.from_pretrained(golden(folder));
    const { text, options, ids } = first(folder);
    const { input_ids: own } = await tokenizer(text, { add_special_tokens: false });
    // T5's golden has a prefix before the text.
    expect(options.tgt_lang === undefined || ids.join().includes(own.slice(1).join())).toBe(true);
    await tokenizer.dispose();
  }
});

it('the command line takes languages', async () => {
  const { text, options, translations } = first('m2m100');
  const languages = [
    '--src-lang',
    options.src_lang ?? 'en',
    '--tgt-lang',
    options.tgt_lang ?? 'fr',
  ];
  const model = ['--model', golden('m2m100'), '--dtype', 'fp32', '--no-split-sentences'];
  const program = join(root, 'dist/cli.js');
  const { stdout } = await runNode([program, 'translate', ...model, ...languages], `${text}\n`);
  expect(stdout).toBe(`${translations[0]}\n`);
  const refused = await runNode([program, 'translate', ...model, '--tgt-lang', 'xx'], 'home\n');
  expect(refused.stderr).toMatch(/^dragoman: .*tgt_lang is "xx"/);
});
