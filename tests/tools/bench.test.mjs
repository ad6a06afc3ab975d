// What the benchmarks make of their figures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barChart } from '../../bench/lib/chart.mjs';
import {
  byCase,
  merged,
  peerTable,
  ratio,
  replaceBetween,
  translatorTable,
} from '../../bench/lib/peer-report.mjs';

const key = { where: 'node', version: 'Node 24', model: 'minilm', dtype: 'int8', threads: 1 };
const row = (contender, ms, name = '16 tokens') => ({
  ...key,
  case: name,
  contender,
  first: 9,
  ms,
});

test('a new measurement takes the place of the old one of the same case', () => {
  const rows = merged(
    [row('dragoman', [4]), row('ort-pinned', [8])],
    [row('bergamot', [9]), row('dragoman', [2])],
  );
  assert.deepEqual(rows, [row('dragoman', [2]), row('ort-pinned', [8]), row('bergamot', [9])]);
});

test('the ratio is of medians, against the fastest peer', () => {
  const rows = [row('dragoman', [1, 2, 30]), row('ort-pinned', [9, 8]), row('ort-latest', [5, 5])];
  assert.equal(ratio(byCase(rows)[0]), 2.5);
});

test('a beam search without a peer of its own stands beside their greedy search', () => {
  const rows = [
    row('dragoman', [1], 'greedy, x'),
    row('ort-pinned', [6], 'greedy, x'),
    row('dragoman', [3], 'beam 4, x'),
  ];
  const groups = byCase(rows);
  assert.equal(ratio(groups[1], groups), 2);
  assert.match(peerTable(rows), /beam 4, x .* 2\.00 /);
});

test('words a second are those of the whole batch', () => {
  const rows = [{ ...row('dragoman', [500], 'batch of 8'), model: 'default' }];
  assert.match(translatorTable(rows), /\| 8 +\| 172 +\| 172 +\| 62\.50 /);
});

test('a page without marks is refused, and one with them keeps the rest', () => {
  assert.throws(() => replaceBetween('nothing', 'x'));
  const page = 'a\n<!-- measured: node bench/peers.mjs --write -->\nold\n<!-- end -->\nb';
  const written = replaceBetween(page, 'new');
  assert.ok(written.startsWith('a\n') && written.endsWith('\nb') && !written.includes('old'));
  assert.equal(replaceBetween(written, 'new'), written);
});

test('labels of the plot are escaped', () => {
  assert.ok(barChart('t', [{ label: 'a < b & c', value: 2 }]).includes('a &lt; b &amp; c'));
});
