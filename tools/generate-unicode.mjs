// Writes src/base/unicode_tables.hpp from the Unicode character database (Debian: unicode-data).
//
//   node tools/generate-unicode.mjs [FOLDER]            writes the file
//   node tools/generate-unicode.mjs --check [FOLDER]    compares instead; exits 1 when it differs,
//                                                       77 (skipped) without the database
//
// The reference tokenizers do not follow one Unicode version: the properties they test come from
// libraries of different ages. DerivedAge.txt lets us rebuild each version from any later one,
// and the few properties that were changed afterwards are listed below. All was compared with
// Python `tokenizers` 0.22.2 over every code point.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'src', 'base', 'unicode_tables.hpp');
const check = process.argv.includes('--check');
const folder = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? '/usr/share/unicode';

// Versions the reference behaves as.
const categoriesAge = 8.0; // control, mark and punctuation
const normalizationAge = 9.0; // canonical decomposition and combining classes
const baseAge = 15.0; // letters of words and lower case; what came later is listed below

// What changed after the categories' version, for characters that are older than it.
const notYetMark = [0x1885, 0x1886, 0xa9bd, 0x111c9];
const stillMark = [0x1734];
const stillPunctuation = [0x166d, 0x111c9];
const stillCombining = [0x1cf2, 0x1cf3]; // of the marks of normalizationAge
const notYetCombining = [0x111c9];

// What Unicode 16 and 17 added to properties the reference takes from them.
const laterWord = `897 1C89-1C8A A7CB-A7CD A7DA-A7DC 105C0-105F3 10D40-10D65 10D69-10D6D 10D6F-10D85
  10EC2-10EC4 10EFC 11380-11389 1138B 1138E 11390-113B5 113B7-113C0 113C2 113C5 113C7-113CA
  113CC-113D3 113E1-113E2 116D0-116E3 11BC0-11BE0 11BF0-11BF9 11F5A 13460-143FA 16100-16139
  16D40-16D6C 16D70-16D79 18CFF 1CCF0-1CCF9 1E5D0-1E5FA 2EBF0-2EE5D`;
// The same for the categories that patterns ask for (version 16), and for clusters of characters.
const laterCategory = {
  Lu: '1C89 A7CB-A7CC A7DA A7DC 10D50-10D65',
  Ll: '1C8A A7CD A7DB 10D70-10D85',
  Lm: '10D4E 10D6F 16D40-16D42 16D6B-16D6C',
  Lo: `105C0-105F3 10D4A-10D4D 10D4F 10EC2-10EC4 11380-11389 1138B 1138E 11390-113B5 113B7 113D1
    113D3 11BC0-11BE0 13460-143FA 16100-1611D 16D43-16D6A 18CFF 1E5D0-1E5ED 1E5F0 2EBF0-2EE5D`,
  M: `897 10D69-10D6D 10EFC 113B8-113C0 113C2 113C5 113C7-113CA 113CC-113D0 113D2 113E1-113E2
    11F5A 1611E-1612F 1E5EE-1E5EF`,
  N: '10D40-10D49 116D0-116E3 11BF0-11BF9 16130-16139 16D70-16D79 1CCF0-1CCF9 1E5F1-1E5FA',
};
const laterPrepend = 0x113d1; // the marks above extend clusters
const laterLower = {
  0x1c89: 0x1c8a,
  0xa7cb: 0x264,
  0xa7cc: 0xa7cd,
  0xa7ce: 0xa7cf,
  0xa7d2: 0xa7d3,
  0xa7d4: 0xa7d5,
  0xa7da: 0xa7db,
  0xa7dc: 0x19b,
};
for (let c = 0x10d50; c <= 0x10d65; ++c) laterLower[c] = c + 0x20;
for (let c = 0x16ea0; c <= 0x16eb8; ++c) laterLower[c] = c + 0x1b;

const kControl = 1,
  kSpace = 2,
  kMark = 4,
  kPunctuation = 8,
  kWord = 16,
  kDecomposes = 32,
  kLowers = 64,
  kCombining = 128;
// The second byte of a record: category in three bits, cluster class in two, then flags.
const categories = ['Lu', 'Lt', 'Ll', 'Lm', 'Lo', 'M', 'N']; // numbered from 1
const [kControlBreak, kExtends, kPrepends, kCompatible, kUnstable] = [8, 16, 24, 32, 64];
const kEnd = 0xe0200; // nothing above but private use, which the code knows
const kBlock = 128;

function lines(name) {
  return readFileSync(join(folder, name), 'latin1')
    .split('\n')
    .map((line) => line.split('#')[0].trim())
    .filter((line) => line !== '');
}

function parseRange(text) {
  const [from, to] = text
    .trim()
    .split('..')
    .map((part) => parseInt(part, 16));
  return [from, to ?? from];
}

// Calls f(code point) for ranges written as "1C89-1C8A A7CB".
function eachOf(ranges, f) {
  for (const [from, to] of ranges.split(/\s+/).map((r) => parseRange(r.replace('-', '..')))) {
    for (let c = from; c <= to; ++c) f(c);
  }
}

// Calls f(code point, value) for a file of `range ; value` lines.
function eachProperty(name, f) {
  for (const line of lines(name)) {
    const [range, value] = line.split(';').map((part) => part.trim());
    const [from, to] = parseRange(range);
    for (let c = from; c <= to; ++c) f(c, value);
  }
}

// UnicodeData.txt as [{ code, category, combining, decomposition, lower }], ranges expanded.
function readCharacters() {
  const characters = [];
  let first = null;
  for (const line of readFileSync(join(folder, 'UnicodeData.txt'), 'latin1').split('\n')) {
    const field = line.split(';');
    if (field.length < 15) continue;
    const code = parseInt(field[0], 16);
    if (field[1].endsWith('First>')) {
      first = code;
      continue;
    }
    const canonical = !field[5].startsWith('<');
    for (let c = first ?? code; c <= code; ++c) {
      characters.push({
        code: c,
        category: field[2],
        combining: Number(field[3]),
        decomposition: field[5] === '' ? null : field[5].replace(/^<.*> /, ''),
        canonical,
        lower: field[13] === '' ? null : parseInt(field[13], 16),
      });
    }
    first = null;
  }
  return characters;
}

// Categories of patterns and classes of clusters, as the second byte of each record.
function collectTraits(age, characters) {
  const traits = new Uint8Array(kEnd);
  const setCategory = (c, name) => {
    const index = categories.findIndex((category) => name.startsWith(category));
    if (c < kEnd && index >= 0) traits[c] |= index + 1;
  };
  for (const { code, category } of characters) {
    if (age[code] <= baseAge) setCategory(code, category);
  }
  for (const [name, ranges] of Object.entries(laterCategory)) {
    eachOf(ranges, (c) => setCategory(c, name));
  }
  eachProperty('auxiliary/GraphemeBreakProperty.txt', (c, value) => {
    if (c >= kEnd) return;
    if (['Control', 'CR', 'LF'].includes(value)) traits[c] |= kControlBreak;
    if (['Extend', 'SpacingMark', 'ZWJ'].includes(value)) traits[c] |= kExtends;
    if (value === 'Prepend') traits[c] |= kPrepends;
  });
  eachOf(laterCategory.M, (c) => {
    traits[c] |= kExtends;
  });
  traits[laterPrepend] |= kPrepends;
  return traits;
}

function full(canonical, c) {
  return canonical.has(c) ? canonical.get(c).flatMap((part) => full(canonical, part)) : [c];
}

// Traits that tell which text has a normalisation form already.
function markUnstable(age, traits, canonical, compatible) {
  for (const c of compatible.keys()) traits[c] |= kCompatible;
  // A canonical decomposition may end in characters that have others.
  for (const c of canonical.keys()) {
    if (full(canonical, c).some((part) => compatible.has(part))) traits[c] |= kCompatible;
  }
  eachProperty('DerivedNormalizationProps.txt', (c, value) => {
    if (value === 'NFC_QC' && age[c] <= normalizationAge && c < kEnd) traits[c] |= kUnstable;
  });
}

function collect() {
  const age = new Float32Array(0x110000).fill(99);
  eachProperty('DerivedAge.txt', (c, value) => {
    age[c] = Number(value);
  });
  const flags = new Uint8Array(kEnd);
  const combining = new Uint8Array(kEnd);
  const canonical = new Map();
  const compatible = new Map();
  const lower = new Map(Object.entries(laterLower).map(([k, v]) => [Number(k), v]));

  const characters = readCharacters();
  const traits = collectTraits(age, characters);
  for (const { code, category, ...character } of characters) {
    if (age[code] > baseAge) continue;
    if (character.lower !== null) lower.set(code, character.lower);
    if (code >= kEnd) continue;
    if (/^M|Nd|Pc/.test(category)) flags[code] |= kWord;
    if (age[code] <= categoriesAge) {
      const control = ['Cc', 'Cf', 'Co'].includes(category) && ![9, 10, 13].includes(code);
      if (control) flags[code] |= kControl;
      if (category === 'Mn' && !notYetMark.includes(code)) flags[code] |= kMark;
      if (category.startsWith('P')) flags[code] |= kPunctuation;
    }
    if (age[code] <= normalizationAge) {
      combining[code] = character.combining;
      if (category.startsWith('M') && !notYetCombining.includes(code)) flags[code] |= kCombining;
      if (character.decomposition) {
        const parts = character.decomposition.split(' ').map((x) => parseInt(x, 16));
        (character.canonical ? canonical : compatible).set(code, parts);
      }
    }
  }
  eachProperty('DerivedCoreProperties.txt', (c, value) => {
    if (value === 'Alphabetic' && c < kEnd && age[c] <= baseAge) flags[c] |= kWord;
  });
  eachProperty('PropList.txt', (c, value) => {
    if (value === 'Join_Control') flags[c] |= kWord;
    if (value === 'White_Space') flags[c] |= kSpace;
  });
  eachOf(laterWord, (c) => {
    flags[c] |= kWord;
  });
  for (const c of stillCombining) flags[c] |= kCombining;
  for (const c of stillMark) flags[c] |= kMark;
  for (const c of stillPunctuation) flags[c] |= kPunctuation;
  // BERT counts every ASCII symbol as punctuation.
  for (let c = 0x21; c < 0x7f; ++c) {
    if (!/[0-9A-Za-z]/.test(String.fromCharCode(c))) flags[c] |= kPunctuation;
  }
  for (const c of canonical.keys()) flags[c] |= kDecomposes;
  markUnstable(age, traits, canonical, compatible);
  for (const c of lower.keys()) flags[c] |= kLowers;
  return { flags, combining, traits, canonical, compatible, lower };
}

// Distinct (flags, traits, class) records, and a block table over their indices.
function twoStage(flags, combining, traits) {
  const records = new Map([['0 0 0', 0]]);
  const blocks = new Map();
  const stage1 = [],
    stage2 = [];
  for (let start = 0; start < kEnd; start += kBlock) {
    const block = [];
    for (let c = start; c < start + kBlock; ++c) {
      const key = `${flags[c]} ${traits[c]} ${combining[c]}`;
      if (!records.has(key)) records.set(key, records.size);
      block.push(records.get(key));
    }
    const name = block.join();
    if (!blocks.has(name)) {
      blocks.set(name, blocks.size);
      stage2.push(...block);
    }
    stage1.push(blocks.get(name));
  }
  if (records.size > 256 || blocks.size > 256) throw new Error('a table index exceeds a byte');
  return { stage1, stage2, records: [...records.keys()].map((key) => key.split(' ')) };
}

// Full decompositions as UTF-16, a row for each character: the canonical one where it has one, else
// that of compatibility. Rows of characters one after the other form a run.
function decompositions(canonical, compatible) {
  const wide = (c) => {
    const parts = canonical.get(c) ?? compatible.get(c);
    return parts === undefined ? [c] : parts.flatMap(wide);
  };
  const keys = [...canonical.keys(), ...compatible.keys()].sort((a, b) => a - b);
  const runs = [],
    lengths = [],
    text = [];
  for (const key of keys) {
    const row = String.fromCodePoint(...(canonical.has(key) ? full(canonical, key) : wide(key)));
    const last = runs.at(-1);
    // Runs are short, since lengths are added up along them.
    if (last !== undefined && last.start + last.count === key && last.count < 32) last.count++;
    else runs.push({ start: key, count: 1, row: lengths.length, text: text.length });
    lengths.push(row.length);
    for (let i = 0; i < row.length; ++i) text.push(row.charCodeAt(i));
  }
  if (text.length > 0xffff) throw new Error('the decompositions exceed their index');
  return { runs, lengths, text };
}

// Characters with a decomposition that no text is composed to.
function neverComposed(canonical) {
  const list = [];
  eachProperty('DerivedNormalizationProps.txt', (c, value) => {
    if (value === 'Full_Composition_Exclusion' && full(canonical, c).length > 1) list.push(c);
  });
  return list;
}

// Lower-case mappings as runs of equal distance, every code point or every second one.
function lowerRuns(map) {
  map.delete(0x130); // maps to two code points; the code knows it
  const runs = [];
  for (const c of [...map.keys()].sort((a, b) => a - b)) {
    const delta = map.get(c) - c;
    const last = runs.at(-1);
    const gap = last === undefined ? 0 : c - last.end;
    const fits =
      last !== undefined &&
      last.delta === delta &&
      (last.stride === 0 ? gap <= 2 : gap === last.stride);
    if (fits) Object.assign(last, { end: c, stride: gap });
    else runs.push({ start: c, end: c, stride: 0, delta });
  }
  return runs.map(
    (run) =>
      `{0x${run.start.toString(16)}, 0x${run.end.toString(16)}, ` +
      `${run.stride || 1}, ${run.delta}}`,
  );
}

function array(type, name, items) {
  const rows = [];
  let row = ' ';
  for (const item of items) {
    if (row.length + String(item).length + 2 > 100) {
      rows.push(row);
      row = ' ';
    }
    row += ` ${item},`;
  }
  rows.push(row);
  return `inline constexpr ${type} ${name}[${items.length}] = {\n${rows.join('\n')}\n};\n`;
}

function render() {
  const { flags, combining, traits, canonical, compatible, lower } = collect();
  const runs = lowerRuns(lower);
  const { stage1, stage2, records } = twoStage(flags, combining, traits);
  const { runs: rows, lengths, text } = decompositions(canonical, compatible);
  return (
    `// Generated by tools/generate-unicode.mjs from the Unicode character database.
// Do not edit: change the generator and run it. What the tables mean is said in unicode.cpp.
// clang-format off
#pragma once

#include <cstdint>

namespace dragoman::unicode_tables {

struct Record {
  uint8_t flags;
  uint8_t traits;
  uint8_t combining_class;
};

struct DecompositionRun {
  uint32_t start;
  uint16_t row;
  uint16_t text;
};

struct LowerRun {
  uint32_t start;
  uint32_t end;
  uint32_t stride;
  int32_t delta;
};

inline constexpr uint32_t kEnd = 0x${kEnd.toString(16)};

` +
    [
      array(
        'Record',
        'kRecords',
        records.map((record) => `{${record.join(', ')}}`),
      ),
      array('uint8_t', 'kStage1', stage1),
      array('uint8_t', 'kStage2', stage2),
      array(
        'DecompositionRun',
        'kDecompositionRuns',
        rows.map((run) => `{0x${run.start.toString(16)}, ${run.row}, ${run.text}}`),
      ),
      array('uint8_t', 'kDecompositionLengths', lengths),
      array('char16_t', 'kDecompositionText', text),
      array('uint32_t', 'kNeverComposed', neverComposed(canonical)),
      array('LowerRun', 'kLowerRuns', runs),
    ].join('\n') +
    `
}  // namespace dragoman::unicode_tables
`
  );
}

const ageFile = join(folder, 'DerivedAge.txt');
const version = existsSync(ageFile)
  ? /DerivedAge-(\d+)/.exec(readFileSync(ageFile, 'latin1'))?.[1]
  : undefined;
if (!(Number(version) >= baseAge)) {
  console.log(`${folder} holds no Unicode character database of version ${baseAge} or later.`);
  process.exit(check ? 77 : 1);
}
if (check) {
  const same = readFileSync(target, 'utf8') === render();
  console.log(same ? 'unicode_tables.hpp is up to date.' : 'unicode_tables.hpp differs.');
  process.exit(same ? 0 : 1);
}
writeFileSync(target, render());
