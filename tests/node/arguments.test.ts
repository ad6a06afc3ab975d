// The command line's words, and lines of input.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCommandLine, UsageError } from '../../web/src/cli/arguments.js';
import { readLines, totalSize } from '../../web/src/cli/lines.js';

const parse = (...args: string[]) => parseCommandLine(args, '1.2.3');

describe('arguments', () => {
  it('become options of the pipeline and of the call', () => {
    const words = 'translate --model m --num-beams 2 --length-penalty=-0.5 --dtype fp32 --json';
    expect(
      parse(...words.split(' '), '--no-split-sentences', '--early-stopping', 'a', '-'),
    ).toMatchObject({
      command: {
        name: 'translate',
        model: 'm',
        json: true,
        loadOptions: { dtype: 'fp32' },
        callOptions: {
          num_beams: 2,
          length_penalty: -0.5,
          split_sentences: false,
          early_stopping: true,
        },
        files: ['a', '-'],
      },
    });
    expect(parse('classify', '--top-k', 'all')).toMatchObject({
      command: { callOptions: { top_k: null }, files: ['-'], json: false },
    });
    expect(parse('zero-shot', '--labels', 'a, b c,d', '--multi-label')).toMatchObject({
      command: { callOptions: { labels: ['a', 'b c', 'd'], multi_label: true } },
    });
    expect(parse('classify', '--', '--json')).toMatchObject({ command: { files: ['--json'] } });
  });

  it('may ask for help or version', () => {
    expect(parse('--version')).toEqual({ print: '1.2.3\n' });
    expect(parse('--help')).toMatchObject({ print: expect.stringContaining('Usage:') });
    expect(parse('translate', '--help')).toMatchObject({
      print: expect.stringMatching(/--num-beams N .*\n[^]*--model M/),
    });
  });

  it.each([
    [[], 'no command; try dragoman --help'],
    [
      ['trnslate'],
      'unknown command "trnslate"; ' +
        'there are translate, summarize, generate, classify, token-classification, ner, ' +
        'question-answering, semantic-role-labelling, roles, zero-shot, fill-mask, embed, ' +
        'rerank, pack',
    ],
    [['translate', '--beams', '2'], "Unknown option '--beams'"],
    [['translate', '--num-beams', 'two'], '--num-beams takes an integer, not "two"'],
    [['translate', '--num-beams', '1.5'], '--num-beams takes an integer, not "1.5"'],
    [['translate', '--num-beams', ''], '--num-beams takes an integer, not ""'],
    [
      ['translate', '--length-penalty', 'Infinity'],
      '--length-penalty takes a number, not "Infinity"',
    ],
    [['translate', '--json=yes'], "Option '--json' does not take an argument"],
    [['translate', '--model'], "Option '--model <value>' argument missing"],
    [['classify', '--num-beams', '2'], "Unknown option '--num-beams'"],
    [['zero-shot'], '--labels A,B is needed, the labels'],
    [['rerank', 'file'], '--query Q is needed, the query'],
  ])('%j: %s', (args, message) => {
    expect(() => parse(...args)).toThrow(new UsageError(message));
  });
});

describe('lines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const read = async (...files: string[]) => {
    const lines: string[] = [];
    for await (const arrived of readLines(files)) lines.push(...arrived.lines);
    return lines;
  };

  it('end in \\n or \\r\\n, the last one in nothing if it likes', async () => {
    const one = file('one', 'a\r\n\n b \nc');
    const two = file('two', '\ufeffd\n\n');
    expect(await read(one, two)).toEqual(['a', '', ' b ', 'c', 'd', '']);
    expect(await read(file('empty', ''))).toEqual([]);
  });

  it('may be longer than what is read at once, cut inside a character', async () => {
    const text = 'ü€😀'.repeat(50_000);
    expect(await read(file('long', `${text}\n${text}`))).toEqual([text, text]);
  });

  it('have U+FFFD in place of bytes that are no UTF-8', async () => {
    expect(await read(file('latin', new Uint8Array([0x61, 0xe9, 0x62, 0x0a])))).toEqual([
      'a\ufffdb',
    ]);
  });

  it('of files that cannot be read are missed before the work begins', async () => {
    const one = file('one', 'abc\n');
    expect(await totalSize([one, one])).toBe(8);
    expect(await totalSize([one, '-'])).toBeUndefined();
    await expect(totalSize([one, '/no/such'])).rejects.toThrow('/no/such: no such file');
    await expect(totalSize([folder])).rejects.toThrow(`${folder}: is a directory`);
  });
});
