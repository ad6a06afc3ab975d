// Tokens, answers and roles through the package: what Python computes, in its shapes.
import { describe, expect, it, onTestFinished } from 'vitest';
import { pipeline } from 'dragoman';
import { golden, goldenCases } from './support.js';
import type {
  Answer,
  Entity,
  LabelledToken,
  PipelineFor,
  PredicateRoles,
  QuestionAnsweringCallOptions,
  SemanticRoleInput,
  Task,
} from 'dragoman';

async function load<Name extends Task>(task: Name, folder: string): Promise<PipelineFor<Name>> {
  const loaded = await pipeline(task, golden(folder), { dtype: 'fp32' });
  onTestFinished(() => loaded.dispose());
  return loaded;
}

/** As toEqual, but scores within 1e-4. */
function expectAlike(actual: unknown, expected: unknown): void {
  const numbers: number[][] = [[], []];
  const without = (value: unknown, scores: number[] | undefined): unknown =>
    JSON.parse(
      JSON.stringify(value, (key, entry: unknown) => {
        if (key !== 'score') return entry;
        scores?.push(entry as number);
        return 'score';
      }),
    );
  expect(without(actual, numbers[0])).toEqual(without(expected, numbers[1]));
  numbers[1]?.forEach((score, i) => expect(numbers[0]?.[i]).toBeCloseTo(score, 4));
}

// Longer than any window, with characters outside the basic plane.
const sentence = 'Angela met \u{1F6A3} Sarah in Café Paris; the market was sold to Wolfgang. ';
const long = sentence.repeat(Math.ceil(100_000 / sentence.length));

describe('token classification', () => {
  interface Case {
    input: string | string[];
    options: { is_split_into_words?: boolean };
    result: (Entity | LabelledToken)[];
  }

  it('gives the tokens and entities of Python', async () => {
    const label = await load('ner', 'entities');
    const call = label as (input: unknown, options: unknown) => Promise<unknown>;
    const cases = goldenCases<Case>('entities');
    expect(cases.length).toBeGreaterThan(60);
    for (const { input, options, result } of cases) expectAlike(await call(input, options), result);
    const words = ['Wolfgang', 'lives'];
    const split = { is_split_into_words: true, ignore_labels: [] } as const;
    expect(await label([words, words], split)).toEqual([
      await label(words, split),
      await label(words, split),
    ]);
    expect(label.info).toMatchObject({ task: 'token-classification', max_length: 48 });
  });

  it('entities of a long text are where they say, and do not overlap', async () => {
    const label = await load('token-classification', 'entities');
    const options = { aggregation_strategy: 'simple', ignore_labels: [] } as const;
    const entities = await label(long, options);
    expect(entities.length).toBeGreaterThan(1000);
    let end = 0;
    for (const entity of entities) {
      expect(entity.start).toBeGreaterThanOrEqual(end);
      end = entity.end;
    }
    const letters = (text: string) => text.replace(/\P{L}/gu, '').toLowerCase();
    const words = entities.map(({ word }) => letters(word.replaceAll('##', ''))).join('');
    const texts = entities.map(({ start, end: last }) => letters(long.slice(start, last)));
    expect(words).toBe(texts.join('').replaceAll('é', 'e'));
    expect((await label.memoryUse()).heap_bytes).toBeLessThan(200_000_000);
  });

  it('wrong words and options are refused by name', async () => {
    const label = await load('ner', 'entities');
    const call = label as (input: unknown, options?: unknown) => Promise<unknown>;
    const split = { is_split_into_words: true };
    await expect(call(['a', 1], split)).rejects.toThrow('The words[1] must be a string');
    await expect(call([['a'], ['b', null]], split)).rejects.toThrow(
      'inputs[1][1] must be a string',
    );
    await expect(call('a', { stride: 40 })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(call('a', { grouped: true })).rejects.toMatchObject({
      code: 'unsupported-option',
    });
    await expect(pipeline('question-answering')).rejects.toMatchObject({
      code: 'unsupported-model',
    });
  });
});

describe('question answering', () => {
  interface Case {
    question: string;
    context: string;
    options: QuestionAnsweringCallOptions;
    result: Answer[];
  }

  it('gives the answers of Python', async () => {
    const ask = await load('question-answering', 'answers');
    const cases = goldenCases<Case>('answers');
    expect(cases.length).toBeGreaterThan(30);
    for (const { question, context, options, result } of cases) {
      const answers = await ask(question, context, options);
      expectAlike([answers].flat(), result);
      expect(Array.isArray(answers)).toBe((options.top_k ?? 1) !== 1);
      for (const { answer, start, end } of [answers].flat()) {
        expect(context.slice(start, end)).toBe(answer);
      }
    }
  });

  it('takes pairs, arrays and objects', async () => {
    const ask = await load('question-answering', 'answers');
    const [context, other] = ['Angela met Sarah in the rain.', 'The boat was by the river.'];
    const [first, second] = [await ask('Who?', context), await ask('Where?', other)];
    expect(await ask({ question: 'Who?', context })).toEqual(first);
    expect(await ask(['Who?', 'Where?'], [context, other])).toEqual([first, second]);
    const objects = [
      { question: 'Who?', context },
      { question: 'Where?', context: other },
    ];
    expect(await ask(objects)).toEqual([first, second]);
    expect(await ask(['Who?', 'Where?'], context)).toEqual([first, await ask('Where?', context)]);
    const two = await ask([{ question: 'Who?', context }], { top_k: 2 });
    expect(two).toEqual([await ask('Who?', context, { top_k: 2 })]);
    expect(await ask([], [])).toEqual([]);
  });

  it('a document of 100,000 characters is read in windows', async () => {
    const ask = await load('question-answering', 'answers');
    for (const answer of [await ask('Who met Sarah?', long, { top_k: 10 })].flat()) {
      expect(long.slice(answer.start, answer.end)).toBe(answer.answer);
    }
    expect((await ask.memoryUse()).heap_bytes).toBeLessThan(200_000_000);
  });

  it('what lacks is refused by name', async () => {
    const ask = await load('question-answering', 'answers');
    const call = ask as (...args: unknown[]) => Promise<unknown>;
    await expect(call('Who?')).rejects.toThrow('inputs[0].context must be a string');
    await expect(call(['a', 'b'], ['c'])).rejects.toThrow('2 questions and 1 contexts');
    await expect(call([{ question: 'a', context: 'b', id: 1 }])).rejects.toThrow('"id"');
    await expect(call(['a', 'b'], ['c', ''])).rejects.toThrow('inputs[1].context is empty');
    await expect(call('a', 'b', { top_k: 0 })).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('semantic role labelling', () => {
  it('gives the likeliest roles', async () => {
    const label = await load('semantic-role-labelling', 'roles');
    const cases = goldenCases<{ input: SemanticRoleInput; result: PredicateRoles[] }>('roles');
    const results = await label(cases.map(({ input }) => input));
    cases.forEach(({ input, result }, index) => {
      expectAlike(results[index], result);
      const text = 'text' in input ? input.text : input.words.join(' ');
      for (const role of result.flatMap(({ roles }) => roles)) {
        expect(text.slice(role.start, role.end)).toBe(role.text);
      }
    });
  });

  it('a sentence without predicates is refused', async () => {
    const label = await load('semantic-role-labelling', 'roles');
    const call = label as (input: unknown) => Promise<unknown>;
    await expect(call({ text: 'who met her' })).rejects.toThrow('inputs[0].predicates');
    await expect(call('who met her')).rejects.toThrow('an object of text (or words)');
    const wrong = pipeline('semantic-role-labelling', golden('bert'));
    await expect(wrong).rejects.toMatchObject({ code: 'unsupported-model' });
  });
});
