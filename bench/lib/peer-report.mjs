// Results into tables and a plot. The same results always give the same text.
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { barChart } from './chart.mjs';
import { median, root, table } from './report.mjs';

const identity = ['where', 'model', 'dtype', 'threads', 'case', 'contender'];
const keyOf = (row, names = identity) => names.map((name) => row[name]).join('|');

/** Old rows, new ones in place of those that measured the same, then what is new altogether. */
export function merged(before, after) {
  const fresh = new Map(after.map((row) => [keyOf(row), row]));
  const known = new Set(before.map((row) => keyOf(row)));
  return [
    ...before.map((row) => fresh.get(keyOf(row)) ?? row),
    ...after.filter((row) => !known.has(keyOf(row))),
  ];
}

// Of the eight sentences in bench/peers/make_models.py, which batches repeat.
const wordsPerSentence = 86 / 8;

const number = (ms) => (ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0));
const both = ({ ms }) => `${number(median(ms))} (${number(Math.min(...ms))})`;

/** Rows of one case, by contender. */
export function byCase(rows) {
  const cases = new Map();
  for (const row of rows) {
    const key = keyOf(row, identity.slice(0, 5));
    if (!cases.has(key)) cases.set(key, {});
    cases.get(key)[row.contender] = row;
  }
  return [...cases.values()];
}

// A beam search of ours stands beside their greedy search.
function rivalsOf(group, all) {
  if (!group.dragoman.case.startsWith('beam 4')) return group;
  const key = keyOf(
    { ...group.dragoman, case: group.dragoman.case.replace('beam 4', 'greedy') },
    identity.slice(0, 5),
  );
  return all.find((other) => keyOf(Object.values(other)[0], identity.slice(0, 5)) === key) ?? group;
}

const least = (values) => Math.min(...values);

/**
 * How many times faster than the fastest rival; undefined without one.
 *
 * @param of  what of a row's times counts: the median, or the best
 */
export function ratio(group, all = [group], of = median) {
  const rivals = Object.entries(rivalsOf(group, all)).filter(([name]) => name !== 'dragoman');
  if (rivals.length === 0) return undefined;
  const fastest = Math.min(...rivals.map(([, { ms }]) => of(ms)));
  return fastest / of(group.dragoman.ms);
}

/** A table of cases beside peers: medians, bests in brackets. */
export function peerTable(rows) {
  const all = byCase(rows).filter((group) => group.dragoman);
  const lines = all.map((group) => {
    const { where, version, model, dtype, threads, case: name, first, cores } = group.dragoman;
    const cell = (peer) => (group[peer] ? both(group[peer]) : '');
    const times = (of) => ratio(group, all, of)?.toFixed(2) ?? '';
    return [
      version ?? where,
      model,
      dtype,
      threads,
      name,
      both(group.dragoman),
      cell('ort-pinned'),
      cell('ort-latest'),
      cell('bergamot'),
      times(median),
      times(least),
      number(first),
      cores?.toFixed(2) ?? '',
    ];
  });
  const head = [
    'in',
    'model',
    'dtype',
    'threads',
    'case',
    'Dragoman ms',
    'ORT pinned',
    'ORT newest',
    'Bergamot',
  ];
  return table([...head, 'ratio', 'of bests', 'first ms', 'cores'], lines);
}

/** How much two threads gain over one. */
export function threadTable(rows) {
  const ours = rows.filter(({ contender }) => contender === 'dragoman');
  const lines = ours
    .filter(({ threads }) => threads === 1)
    .flatMap((one) => {
      const key = keyOf({ ...one, threads: 2 });
      const two = ours.find((row) => keyOf(row) === key);
      if (!two) return [];
      const gain = median(one.ms) / median(two.ms);
      return [[one.version, one.model, one.dtype, one.case, `${gain.toFixed(2)}x`]];
    });
  return table(['in', 'model', 'dtype', 'case', 'two threads'], lines);
}

/** Words a second of the default translator, and what a sentence of a batch costs. */
export function translatorTable(rows) {
  const lines = rows.flatMap(({ contender, model, case: name, version, threads, ms }) => {
    const size = Number(/^batch of (\d+)$/.exec(name)?.[1]);
    if (contender !== 'dragoman' || model !== 'default' || !size) return [];
    const words = (1000 * wordsPerSentence * size) / median(ms);
    const best = (1000 * wordsPerSentence * size) / least(ms);
    const cost = median(ms) / size;
    return [[version, threads, size, words.toFixed(0), best.toFixed(0), cost.toFixed(2)]];
  });
  const head = ['in', 'threads', 'sentences', 'words/s', 'at best', 'ms a sentence'];
  return table(head, lines);
}

function probeLine({ int8, 'int8-split': split, f32, read }) {
  const figures = `int8 ${int8.toFixed(1)} GMAC/s (split form ${split.toFixed(1)})`;
  const rest = `f32 ${f32.toFixed(1)} GMAC/s, memory ${read.toFixed(1)} GB/s`;
  return `One thread in Node 24, best of 15: ${figures}, ${rest}.`;
}

export function report({ machine, rows, probe }) {
  const parts = [machine];
  if (probe) parts.push(probeLine(probe));
  return [...parts, peerTable(rows), threadTable(rows), translatorTable(rows)].join('\n\n');
}

const marks = ['<!-- measured: node bench/peers.mjs --write -->', '<!-- end -->'];

/** Puts the report between the marks of a page. */
export function replaceBetween(page, text) {
  const [from, to] = [page.indexOf(marks[0]), page.indexOf(marks[1])];
  if (from < 0 || to < from) throw new Error('the page has no place for the results');
  return `${page.slice(0, from)}${marks[0]}\n\n${text}\n\n${page.slice(to)}`;
}

/** Writes docs/performance.md and its plot. @returns their paths */
export function writeDocs(results) {
  const page = join(root, 'docs/performance.md');
  const plot = join(root, 'docs/images/performance.svg');
  writeFileSync(page, replaceBetween(readFileSync(page, 'utf8'), report(results)));
  const all = byCase(results.rows).filter((group) => group.dragoman);
  const bars = all.flatMap((group) => {
    const value = ratio(group, all);
    const { version, model, dtype, threads, case: name } = group.dragoman;
    const label = `${version}, ${model} ${dtype}, ${threads} T: ${name}`;
    return value === undefined ? [] : [{ label, value }];
  });
  writeFileSync(plot, barChart('Times as fast as the fastest peer, same weights', bars));
  return [page, plot];
}
