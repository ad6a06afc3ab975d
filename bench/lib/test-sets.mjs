// The files of labelled test sets: texts with a label each, and texts with the entities in them.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export function readText(path) {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

export function readLines(path) {
  return readText(path).replace(/\n$/, '').split('\n');
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

/**
 * Sentences of a CoNLL file (`word<TAB>tag` lines, empty ones between sentences): the words joined
 * by spaces, and the entities as `type start end`. By the rules of conlleval one begins at B-, and
 * at I- behind another type or behind O.
 */
export function readConll(path) {
  const blocks = readText(path).split(/\r?\n[ \t]*\r?\n/);
  return blocks.filter((block) => block.trim() !== '').map(sentence);
}

function sentence(block) {
  let text = '';
  const entities = [];
  let open = null;
  for (const line of block.split(/\r?\n/).filter((content) => content.trim() !== '')) {
    const [word, tag] = line.split('\t');
    const start = text === '' ? 0 : text.length + 1;
    text = text === '' ? word : `${text} ${word}`;
    const type = tag === 'O' ? null : tag.slice(2);
    if (type === null) {
      open = null;
    } else if (open?.type === type && tag.startsWith('I-')) {
      open.end = text.length;
    } else {
      open = { type, start, end: text.length };
      entities.push(open);
    }
  }
  return { text, entities: entities.map(({ type, start: at, end }) => `${type} ${at} ${end}`) };
}
