// The limits on lines, files and functions are found where they are passed, and only there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLimits } from '../../tools/check-format.mjs';

const body = (lines) => '  x();\n'.repeat(lines);

test('short code has no problem', () => {
  assert.deepEqual(checkLimits('src/a.cpp', `void f() {\n${body(58)}}\n`), []);
});

test('a long line, a long file and a long function are named with their lines', () => {
  assert.deepEqual(checkLimits('src/a.cpp', `\n// ${'x'.repeat(98)}\n`), [
    'src/a.cpp:2: 101 columns',
  ]);
  assert.deepEqual(checkLimits('src/a.cpp', '\n'.repeat(401)), ['src/a.cpp:1: 401 lines']);
  const long = `namespace n {\nvoid f(int a) const {\n${body(59)}}\n}\n`;
  assert.deepEqual(checkLimits('src/a.cpp', long), ['src/a.cpp:2: a function of 61 lines']);
});

test('a column is a character, not a byte', () => {
  assert.deepEqual(checkLimits('src/a.cpp', `// ${'é'.repeat(97)}\n`), []);
});

test('a kernel may be longer', () => {
  assert.deepEqual(checkLimits('src/kernels/a.cpp', `void f() {\n${body(80)}}\n`), []);
  assert.equal(checkLimits('src/kernels/a.cpp', `void f() {\n${body(90)}}\n`).length, 1);
});

test('classes, control blocks, describe and braces in strings are not functions', () => {
  const wrappers = [
    ['class A : public B {\n', '};\n'],
    ['describe("x", () => {\n', '});\n'],
    ['enum class E {\n', '};\n'],
  ];
  for (const [begin, end] of wrappers) {
    assert.deepEqual(checkLimits('src/a.cpp', begin + body(70) + end), []);
  }
  assert.deepEqual(checkLimits('src/a.cpp', `void f() {\n  if (a) {\n${body(60)}  }\n}\n`), [
    'src/a.cpp:1: a function of 64 lines',
  ]);
  assert.deepEqual(checkLimits('src/a.cpp', `char c = '{';\nauto s = "f() {";\n${body(90)}`), []);
});

test('constructors with initialisers, lambdas and arrow functions are functions', () => {
  const heads = [
    'A::A(int x) : x_(x), y_(0) {\n',
    'auto f = [&](int a) -> int {\n',
    'const f = (a) => {\n',
  ];
  for (const head of heads) {
    assert.equal(checkLimits('src/a.ts', `${head}${body(70)}}\n`).length, 1, head);
  }
});
