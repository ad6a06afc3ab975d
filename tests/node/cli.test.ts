// The command line, as people and scripts use it.
import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { golden, root, runNode, temporaryFolder } from './support.js';

const program = join(root, 'dist/cli.js');
const run = (args: string[], input = '') => runNode([program, ...args], input);
const marian = ['--model', golden('marian'), '--dtype', 'fp32'];
const bert = ['--model', golden('bert'), '--dtype', 'fp32'];

describe('translate', () => {
  it('prints a line for a line, in order', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => (i % 3 ? 'home' : '42 boats'));
    const { status, stdout, stderr } = await run(['translate', ...marian], lines.join('\n'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const output = stdout.split('\n');
    expect(output.pop()).toBe('');
    expect(output).toHaveLength(300);
    expect(output.filter((_, i) => i % 3).every((line) => line === 'C')).toBe(true);
    expect(new Set(output.filter((_, i) => i % 3 === 0)).size).toBe(1);
  });

  it('keeps blank lines, takes \\r\\n and a missing end', async () => {
    const { stdout } = await run(['translate', ...marian], 'home\r\n\r\n\nhome');
    expect(stdout).toBe('C\n\n\nC\n');
  });

  it('reads files, with - for standard input among them', async () => {
    const file = join(temporaryFolder(), 'one.txt');
    writeFileSync(file, 'home\n');
    const { stdout } = await run(['translate', ...marian, file, '-', file], '\nhome\n');
    expect(stdout).toBe('C\n\nC\nC\n');
    expect(await run(['translate', ...marian, '-'])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('prints JSON, and several translations', async () => {
    const json = await run(['translate', ...marian, '--json'], 'home\n\n');
    const [first, second] = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(first).toEqual({ translation_text: 'C', score: expect.any(Number) });
    expect(second).toEqual({ translation_text: '', score: 0 });
    const several = ['--num-beams', '3', '--num-return-sequences', '2'];
    const tabs = await run(['translate', ...marian, ...several], 'home\n');
    expect(tabs.stdout.trimEnd().split('\t')).toHaveLength(2);
    const lists = await run(['translate', ...marian, ...several, '--json'], 'home\n');
    expect(JSON.parse(lists.stdout)).toHaveLength(2);
  });

  it('uses the default model', async () => {
    const { status, stdout, stderr } = await run(['translate'], 'Where is the station?\n');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Où .*gare.*\?\n$/);
  });

  it('prints what it has while input is still to come', async () => {
    const child = spawn(process.execPath, [program, 'translate', ...marian]);
    const first = new Promise<string>((done) =>
      child.stdout.once('data', (data) => done(`${data}`)),
    );
    child.stdin.write('home\n');
    expect(await first).toBe('C\n');
    child.stdin.end();
    expect(await new Promise((done) => child.once('close', done))).toBe(0);
  });

  it('ends quietly when its reader has enough', async () => {
    const words = [process.execPath, program, 'translate', ...marian].map((word) => `"${word}"`);
    const command = `yes home | ${words.join(' ')} | head -n 2`;
    const ended = await new Promise((done) => {
      execFile('sh', ['-c', command], (error, stdout, stderr) => done({ error, stdout, stderr }));
    });
    expect(ended).toEqual({ error: null, stdout: 'C\nC\n', stderr: '' });
  });
});

describe('summarize and generate', () => {
  const sea = 'where is the old boat!';
  const gpt2 = ['--model', golden('gpt2'), '--dtype', 'fp32', '--greedy'];
  const qwen2 = ['--model', golden('qwen2'), '--dtype', 'fp32', '--greedy'];

  it('summarises lines, or all of them as one text', async () => {
    const lines = await run(['summarize', ...marian], `${sea}\n\n${sea}\n`);
    expect(lines.stderr).toBe('');
    const [first, blank, last] = lines.stdout.split('\n');
    expect(blank).toBe('');
    expect(first).toBe(last);
    const whole = await run(['summarize', ...marian, '--whole', '--json'], `${sea}\n${sea}\n`);
    expect(JSON.parse(whole.stdout)).toMatchObject({ summary_text: expect.any(String) });
    expect(whole.stdout.trim().split('\n')).toHaveLength(1);
  });

  it('goes on from lines, with the prompt or without', async () => {
    const plain = await run(['generate', ...gpt2], 'the boat\nweather :\n');
    expect(plain).toEqual({
      status: 0,
      stdout: '  waits near the old bridge.\n: 🌤️ rain 🌧 and 👩‍👩‍👧 home\n',
      stderr: '',
    });
    const full = await run(['generate', ...gpt2, '--full-text', '--json'], 'the boat');
    const { generated_text: text } = JSON.parse(full.stdout) as { generated_text: string };
    expect(text).toBe('the boat  waits near the old bridge.');
    const streamed = await run(['generate', ...gpt2, '--stream'], 'the boat\nweather :\n');
    expect(streamed.stdout).toBe(plain.stdout);
    const whole = await run(['generate', ...gpt2, '--whole'], 'the\nboat\n');
    expect(whole.status).toBe(0);
  });

  it('chats, and knows what was said', async () => {
    const turns = 'Where is the boat?\n\nHello!\n';
    const plain = await run(['generate', ...qwen2, '--chat', '--max-new-tokens', '12'], turns);
    expect(plain.stderr).toBe('');
    const [first, blank, second] = plain.stdout.split('\n');
    expect(first).toMatch(/^Near the old bridge/);
    expect(blank).toBe('');
    expect(second).not.toBe('');
    const flags = ['--chat', '--system', 'Be brief.', '--json'];
    const json = await run(['generate', ...qwen2, ...flags], 'Hello!\n');
    expect(JSON.parse(json.stdout)).toEqual({ role: 'assistant', content: 'Hi, 你好 👋🏽!' });
    const streamed = await run(['generate', ...qwen2, '--chat', '--stream'], 'Where is the boat?');
    expect(streamed.stdout).toBe('Near the old bridge 🚤.\n');
  });

  it('says what is wrong', async () => {
    const long = await run(['generate', ...gpt2], `the\n${'~'.repeat(99)}\n`);
    expect(long.status).toBe(1);
    expect(long.stderr).toMatch(/line 2 has 99 tokens/);
    const none = await run(['generate']);
    expect(none.status).toBe(1);
    expect(none.stderr).toMatch(/text-generation/);
    const chat = await run(['generate', ...gpt2, '--chat'], 'a\n');
    expect(chat.stderr).toMatch(/has no chat template/);
  });
});

describe('classify', () => {
  it('prints label and score', async () => {
    const { status, stdout } = await run(['classify', ...bert], 'I loved this film.\n\nzebra 42\n');
    expect(status).toBe(0);
    const [first, second, third] = stdout.split('\n').map((line) => line.split('\t'));
    expect(first?.[0]).toBe('POSITIVE');
    expect(Number(first?.[1])).toBeCloseTo(0.5739, 3);
    expect(second).toEqual(['']);
    expect(third?.[0]).toBe('POSITIVE');
  });

  it('prints JSON, and all labels', async () => {
    const one = await run(['classify', ...bert, '--json'], 'zebra 42\n\n');
    const [label, blank] = one.stdout.trim().split('\n');
    expect(JSON.parse(label ?? '')).toMatchObject({ label: 'POSITIVE' });
    expect(blank).toBe('null');
    const all = await run(['classify', ...bert, '--top-k', 'all', '--json'], 'zebra 42\n');
    expect(JSON.parse(all.stdout)).toHaveLength(3);
    const plain = await run(['classify', ...bert, '--top-k', '2'], 'zebra 42\n');
    expect(plain.stdout.split('\t')).toHaveLength(4);
  });

  it('stops at a line it cannot take, after those before it', async () => {
    const input = `good\nbad\n${'x '.repeat(500)}\ngood\n`;
    const { status, stdout, stderr } = await run(['classify', ...bert], input);
    expect(status).toBe(1);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stderr).toMatch(/^dragoman: line 3 has \d+ tokens; .*\n$/);
    const cut = await run(['classify', ...bert, '--truncation'], input);
    expect(cut.stdout.trimEnd().split('\n')).toHaveLength(4);
  });
});

describe('commands of encoders', () => {
  const model = (name: string) => ['--model', golden(name), '--dtype', 'fp32'];
  const rows = (stdout: string) => stdout.split('\n').map((line) => line.split('\t'));

  it('zero-shot prints labels with scores', async () => {
    const words = ['zero-shot', ...model('zero-shot'), '--labels', 'film, book'];
    const { status, stdout } = await run(words, 'a good film\n\nboring\n');
    expect(status).toBe(0);
    const [first, second, third, end] = rows(stdout);
    expect([first?.[0], first?.[2]].sort()).toEqual(['book', 'film']);
    expect(Number(first?.[1]) + Number(first?.[3])).toBeCloseTo(1, 5);
    expect([second, end]).toEqual([[''], ['']]);
    expect(third).toHaveLength(4);
    const json = await run([...words, '--json', '--multi-label'], 'boring\n');
    expect(JSON.parse(json.stdout)).toMatchObject({ sequence: 'boring' });
  });

  it('ner prints labels and texts, of long lines too', async () => {
    const words = ['ner', ...model('entities'), '--ignore-labels', 'MISC'];
    const line = 'Angela met Sarah in Café Paris. '.repeat(20);
    const { status, stdout } = await run(words, `${line}\n\nrain\n`);
    expect(status).toBe(0);
    const [first = [], second, third] = rows(stdout);
    expect(first.length).toBeGreaterThan(20);
    for (const [i, text] of first.entries()) {
      if (i % 2 === 1) expect(line).toContain(text);
    }
    expect([second, third?.length]).toEqual([[''], expect.any(Number)]);
    const json = await run([...words, '--json', '--aggregation-strategy', 'none'], 'rain\n');
    expect(JSON.parse(json.stdout)).toMatchObject([{ word: 'rain', start: 0, end: 4 }]);
  });

  it('question-answering reads all lines as one context', async () => {
    const words = ['question-answering', ...model('answers'), '--question', 'Who met Sarah?'];
    const lines = 'Angela met Sarah.\nThe boat was sold.\n';
    const { status, stdout } = await run([...words, '--top-k', '3'], lines);
    expect(status).toBe(0);
    expect(rows(stdout)).toHaveLength(4);
    const json = await run([...words, '--json'], lines);
    const { answer, start, end } = JSON.parse(json.stdout) as Record<string, number>;
    expect(lines.slice(start, end)).toBe(answer);
    expect((await run(words, ' \n')).stdout).toBe('');
    expect(await run([...words, '--top-k', '0'], lines)).toMatchObject({ status: 2, stdout: '' });
    expect((await run(words.slice(0, -2), lines)).status).toBe(2);
  });

  it('roles prints the roles around each predicate that a line has', async () => {
    const words = ['roles', ...model('roles'), '--predicates', 'rain,gave'];
    const { status, stdout } = await run(words, 'the rain did rain\n\nthe train left\n');
    expect(status).toBe(0);
    const [first = [], second, third] = rows(stdout);
    // Two places, each with the roles that Python's search finds.
    expect(first.slice(0, 4)).toEqual(['ARG1', 'the', 'ARG1', 'rain did rain']);
    expect(first.length).toBeGreaterThan(4);
    expect([second, third]).toEqual([[''], ['']]);
    const json = await run([...words, '--json'], 'Wolfgang gave her the book\nnothing\n');
    const [found, none] = json.stdout.trimEnd().split('\n');
    expect(JSON.parse(found ?? '')).toMatchObject([{ predicate: 'gave', start: 9, end: 13 }]);
    expect(none).toBe('[]');
    expect((await run(words.slice(0, -2), 'a\n')).status).toBe(2);
  });

  it('fill-mask prints words with scores', async () => {
    const words = ['fill-mask', ...model('fill-mask'), '--top-k', '2'];
    const { stdout } = await run(words, 'I [MASK] this film.\na [MASK] and [MASK]\n');
    const [one, two] = rows(stdout);
    expect(one).toEqual(['##able', expect.any(String), 'v', expect.any(String)]);
    expect(Number(one?.[1])).toBeCloseTo(0.326534, 4);
    expect(two).toHaveLength(8);
    const targets = [...words, '--targets', 'good,bad', '--json'];
    const json = JSON.parse((await run(targets, '[MASK]\n')).stdout) as { token_str: string }[];
    expect(json.map((word) => word.token_str).sort()).toEqual(['bad', 'good']);
    const none = await run(words, '[MASK]\nno mask\n');
    expect(none).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/: line 2 has no mask/),
    });
    expect(rows(none.stdout)).toHaveLength(2);
  });

  it('embed prints a vector a line', async () => {
    const words = ['embed', ...model('features'), '--normalize'];
    const { stdout } = await run(words, 'boring\n\na film\n');
    const [first, second, third] = rows(stdout);
    expect([first, third].map((row) => row?.length)).toEqual([16, 16]);
    expect(second).toEqual(['']);
    const length = first?.reduce((sum, number) => sum + Number(number) ** 2, 0);
    expect(length).toBeCloseTo(1, 5);
    const bits = await run([...words, '--json', '--quantize', '--pooling', 'cls'], 'boring\n');
    expect(JSON.parse(bits.stdout)).toHaveLength(2);
  });

  it('rerank prints lines, best first', async () => {
    const documents = ['boring', '', 'a very good film', 'the actors, the story'];
    const words = ['rerank', ...model('ranking'), '--query', 'good actors'];
    const { stdout } = await run(words, documents.join('\n'));
    expect(rows(stdout).map(([, text]) => text)).toEqual([
      'a very good film',
      'boring',
      'the actors, the story',
      undefined,
    ]);
    const best = await run([...words, '--top-k', '1', '--json'], documents.join('\n'));
    expect(JSON.parse(best.stdout)).toMatchObject({ index: 2, text: 'a very good film' });
    const long = await run(words, `good\n${'boring '.repeat(60)}\n`);
    expect(long).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^dragoman: line 2 has \d+ tokens/),
    });
  });
});

describe('errors are one line and a status', () => {
  it.each([
    [[], 2, /^dragoman: no command/],
    [['translate', '--beams'], 2, /^dragoman: Unknown option '--beams'/],
    [['translate', ...marian, '--num-beams', '0'], 2, /^dragoman: .*num_beams.*0/],
    [['translate', ...marian, '--dtype', 'int3'], 2, /^dragoman: .*int3/],
    [['translate', '--threads', '0'], 2, /^dragoman: threads is 0/],
    [['translate', '--model', './nowhere'], 1, /^dragoman: .*nowhere.*config\.json/],
    [['translate', ...bert], 1, /^dragoman: .*bert/],
    [['classify', ...bert, '/no/such/file'], 1, /^dragoman: \/no\/such\/file: no such file\n$/],
    [['classify', ...bert, '.'], 1, /^dragoman: \.: is a directory\n$/],
  ])('%j: %i', async (args, expected, message) => {
    const { status, stdout, stderr } = await run(args, 'home\n');
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  it('help and version go to standard output', async () => {
    for (const args of [
      ['--help'],
      ['translate', '--help'],
      ['--version'],
      ['classify', '--help'],
    ]) {
      const { status, stdout, stderr } = await run(args);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(args[0] === '--version' ? /^\d+\.\d+\.\d+\n$/ : /^Usage: dragoman/);
    }
  });
});
