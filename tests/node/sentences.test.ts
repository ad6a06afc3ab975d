// Sentence splitting: where texts are cut, where not, and that joining restores them.
import { afterEach, describe, expect, it } from 'vitest';
import { joinSentences, splitSentences } from '../../web/src/sentences.js';

const split = (text: string, locale = 'en') => splitSentences(text, locale).sentences;

/** A text in which each | marks an expected cut; the marks are not part of it. */
function expectCuts(marked: string, locale = 'en') {
  const parts = marked.split('|');
  expect(split(parts.join(''), locale)).toEqual(parts.map((part) => part.trim()));
}

describe('English sentences end', () => {
  it.each([
    'Hello.| Goodbye.',
    'Hello!| How are you?| Fine, thanks.',
    'Who?! |Me? |Yes.',
    'He came (at last). |She left.',
    'He said "Go." |She went.',
    'He said “Go.” |She went.',
    '“Stop!” |He did not listen.',
    'We met in 1999. |It was cold.',
    'It costs $3.50. |That is cheap.',
    'Version 2.0.1 is out. |Get it now.',
    'She was born in the U.S. |She lives in Rome.',
    'We meet at 5 p.m. |Then we eat.',
    'It happened in World War I. |Nobody won.',
    'It was him, not I. |She knew it.',
    'He works for Apple Inc. |He likes it.',
    'Bring apples, pears, etc. |We will cook.',
    'I said no. |You said yes.',
    'Come in! |😀 Nice to see you.',
  ])('%s', (marked) => expectCuts(marked));
});

describe('English sentences do not end', () => {
  it.each([
    'Dr. Smith is here.',
    'Mr. and Mrs. Jones met Prof. Brown and Gen. Lee.',
    'St. John lived on Mt. Athos.',
    'Many animals, e.g. Dogs, bark.',
    'The second one, i.e. The red one, is mine.',
    'J. R. R. Tolkien wrote it.',
    'George W. Bush and John F. Kennedy were presidents.',
    'I. Newton saw an apple.',
    'See No. 5 and pp. 12 to 14, cf. Miller et al. Berlin 1999.',
    'The U.S. Government and the U.K. Parliament agreed.',
    'Martin Luther King Jr. Day is in January.',
    'Pi is 3.14159 and e is 2.71828.',
    'Visit www.example.com/?q=Yes&r=No now.',
    '"Are you coming?" she asked.',
    '“Run!” he shouted.',
    'Yahoo! is a company.',
    'Well… maybe.',
    'It was late… Nobody came.',
    'He has a Ph.D. Degree in physics.',
    'It starts at 9 a.m. Eastern time.',
    'Great! 😀',
    'Really ?!',
    'He lives in Washington, D.C. Metropolitan area.',
    'Read ch. 3, fig. 2, vol. 7.',
  ])('%s', (text) => expect(split(text)).toEqual([text]));
});

describe('other languages', () => {
  it.each([
    ['fr', 'M. Dupont est là.| Mme Durand aussi.'],
    ['fr', '« Bonjour. » |Il entra. |« Oui. » |« Non. »'],
    ['fr', 'Voir p. 12, fig. 3 et cf. Martin.'],
    ['de', 'Am 3. Oktober wird gefeiert.| Es ist ein Feiertag.'],
    ['de', 'Das gilt z.B. Hunden und Dr. Müller.| Ja.'],
    ['de', '„Komm!“ rief er.| Sie kam.'],
    ['es', '¿Quién es el Sr. García?| ¡No lo sé!'],
    ['it', 'Il dott. Rossi è qui.| Bene.'],
    ['zh', '你好。|再见！|你是谁？'],
    ['ja', '猫がいる。|犬もいる。'],
    ['ja', '「猫だ。」と言った。|そうだ。'],
    ['hi', 'यह किताब है।| वह पढ़ता है।'],
    ['ru', 'Привет.| Как дела?'],
    ['el', 'Τι κάνεις;| Καλά.'],
    ['ar', 'مرحبا.| كيف حالك؟'],
  ])('%s: %s', (locale, marked) => expectCuts(marked, locale));
});

describe('what is around sentences', () => {
  it.each(
    [
      '',
      ' ',
      '\n\n\t ',
      'One.',
      '  One.  Two.\n\n\n Three?\r\n\r\nFour!  ',
      'Tabs\tinside. \u00a0No-break.\u3000Wide.',
      'Line one\nline two\u2028line three\u0085end',
      '---\n* * *\nTitle\n===\n',
      '😀😀😀',
      'No end mark',
      '...and then. ...or not.',
      'A.B.C. 1. 2. 3. ?!? ¿¡ «» „“',
      '\u0000 NUL. \u0000',
      '你好。再见。\nNext.',
      'x'.repeat(100_000),
      'word '.repeat(20_000),
      '. '.repeat(5_000),
    ].map((text) => [JSON.stringify(text).slice(0, 60), text] as const),
  )('is kept exactly: %s', (_, text) => {
    const { sentences, gaps } = splitSentences(text, 'en');
    expect(gaps).toHaveLength(sentences.length + 1);
    const again = gaps.map((gap, index) => gap + (sentences[index] ?? '')).join('');
    expect(again).toBe(text);
    for (const sentence of sentences) expect(sentence).toBe(sentence.trim());
  });

  it('lines are never joined', () => {
    expect(split('one two\nthree four')).toEqual(['one two', 'three four']);
  });

  it('parts without a letter or number are not sentences', () => {
    expect(split('***\nHello.\n---\n?!\n→ ✓')).toEqual(['Hello.']);
  });

  it('marks at the start of a line are not sentences, nor part of them', () => {
    const text = '1. Open it.\n  (2) Go.\na) Close it.\n - Yes?\n> > Quoted.\n## 3. Title\n— Oui.';
    expect(split(text)).toEqual([
      'Open it.',
      'Go.',
      'Close it.',
      'Yes?',
      'Quoted.',
      'Title',
      'Oui.',
    ]);
    expect(split('3. Mai 1990 war es kalt.', 'de')).toEqual(['3. Mai 1990 war es kalt.']);
    expect(split('-5 degrees. 3.14 is pi. A. Smith came.')).toEqual([
      '-5 degrees.',
      '3.14 is pi.',
      'A. Smith came.',
    ]);
  });

  it('an unknown locale counts as English', () => {
    expect(split('Dr. No. Yes.', 'not a locale')).toEqual(split('Dr. No. Yes.', 'en'));
    expect(split('Hi. You.', 'pt-BR')).toEqual(['Hi.', 'You.']);
  });

  it('the time it takes grows with the length, not faster', () => {
    const text = 'Dr. Smith (who is late) said "No." He left. '.repeat(20_000);
    const start = performance.now();
    expect(split(text)).toHaveLength(40_000);
    // A quadratic splitter takes minutes for this; the limit is no benchmark.
    expect(performance.now() - start).toBeLessThan(30_000);
  });
});

describe('without Intl.Segmenter', () => {
  const { Segmenter } = Intl;
  afterEach(() => void Object.assign(Intl, { Segmenter }));

  it('texts are split at end marks, with the same care', () => {
    Object.assign(Intl, { Segmenter: undefined });
    const text = 'Dr. No is here.  Is he?\n"Yes." Pi is 3.14. 你好。再见。X';
    const { sentences, gaps } = splitSentences(text, 'en');
    expect(sentences).toEqual([
      'Dr. No is here.',
      'Is he?',
      '"Yes."',
      'Pi is 3.14.',
      '你好。',
      '再见。',
      'X',
    ]);
    expect(joinSentences(gaps, sentences).replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });
});

describe('joining', () => {
  const join = (text: string, ...translations: string[]) =>
    joinSentences(splitSentences(text, 'en').gaps, translations);

  it('puts translations where the sentences were', () => {
    const text = ' One.  Two.\n\n- Three!\n';
    expect(join(text, 'Un.', 'Deux.', 'Trois !')).toBe(' Un.  Deux.\n\n- Trois !\n');
  });

  it('parts by a space what had none, where the script wants one', () => {
    expect(join('你好。再见。', 'Hello.', 'Goodbye.')).toBe('Hello. Goodbye.');
    expect(join('你好。再见。', 'こんにちは。', 'さようなら。')).toBe('こんにちは。さようなら。');
    expect(join('你好。再见。', '', 'Goodbye.')).toBe('Goodbye.');
  });
});
