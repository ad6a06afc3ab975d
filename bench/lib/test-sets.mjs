// The files of labelled test sets.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export function readText(path) {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

export function readLines(path) {
  return readText(path).replace(/\n$/, '').split('\n');
}

/**
 * Sentences of word<TAB>tag lines, empty ones between them, with their words joined by spaces.
 *
 * @returns {{text: string, spans: string[]}[]} spans as `KIND START END`, of BIO tags
 */
export function readEntities(path) {
  const sentences = readText(path)
    .trim()
    .split(/\r?\n(?:[ \t]*\r?\n)+/);
  return sentences.map((lines) => {
    const sentence = { text: '', spans: [] };
    let open;
    for (const line of lines.split(/\r?\n/)) {
      const [word, tag] = line.split('\t');
      const start = sentence.text === '' ? 0 : sentence.text.length + 1;
      sentence.text += sentence.text === '' ? word : ` ${word}`;
      const [prefix, ...kind] = tag.split('-');
      if (prefix === 'B' || (prefix === 'I' && open?.kind !== kind.join('-'))) {
        open = { kind: kind.join('-'), start, end: 0 };
        sentence.spans.push(open);
      }
      if (prefix === 'O') open = undefined;
      if (open) open.end = sentence.text.length;
    }
    return { ...sentence, spans: sentence.spans.map((span) => Object.values(span).join(' ')) };
  });
}

/** The rows of a CSV file, whose quoted fields may hold commas, line ends and doubled quotes. */
function csvRows(content) {
  const rows = [[]];
  for (const [, quoted, plain, end] of content.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g,
  )) {
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ',') rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}

/**
 * Rows [text, label] of a .csv or .tsv file; a head line is dropped. A number stands for the label
 * at its place in `names`. Line ends within a text become spaces: the command line reads lines.
 */
export function readLabelled(path, names = []) {
  const rows = /\.csv(\.gz)?$/.test(path)
    ? csvRows(readText(path))
    : readLines(path).map((line) => line.split('\t'));
  const known = new Map(names.map((name, at) => [String(at), name]));
  if (['label', 'category'].includes(rows[0][1])) rows.shift();
  return rows.map(([text, label]) => [text.replace(/\s+/g, ' ').trim(), known.get(label) ?? label]);
}
