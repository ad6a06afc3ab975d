// What Python's str does with texts, where JavaScript's strings do otherwise; for chat templates.

const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(letter: string): string {
  const code = letter.codePointAt(0) as number;
  const [mark, length] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8];
  return `\\${mark}${code.toString(16).padStart(length as number, '0')}`;
}

/** As Python's repr() shows a text. */
export function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/[\\\n\r\t'"]|(?! )[\p{C}\p{Z}]/gu, (letter) => {
    if (letter === '"' || letter === "'") return letter === quote ? `\\${quote}` : letter;
    return escapes[letter] ?? escaped(letter);
  });
  return quote + inner + quote;
}

// What Python takes for white space; JavaScript's trim() knows another set.
const white =
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007' +
  '\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

/** As Python's strip(), lstrip() and rstrip(). */
export function stripped(text: string, method: string, letters = white): string {
  const all = Array.from(text);
  let [begin, end] = [0, all.length];
  while (method !== 'rstrip' && begin < end && letters.includes(all[begin] as string)) begin++;
  while (method !== 'lstrip' && begin < end && letters.includes(all[end - 1] as string)) end--;
  return all.slice(begin, end).join('');
}

export function capitalized(text: string): string {
  const [first = '', ...others] = text;
  return first.toUpperCase() + others.join('').toLowerCase();
}
