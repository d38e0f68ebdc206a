import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockTime, cut, table, wrap } from './table.ts';

test('columns stand under each other, colours take no room', () => {
  assert.deepEqual(
    table([
      ['a', 'b', 'c'],
      ['\u001b[32mlong\u001b[39m', '', 'x'],
    ]),
    ['a     b  c', '\u001b[32mlong\u001b[39m     x'],
  );
});

test('lines break between words', () => {
  assert.deepEqual(wrap('one two three four', 10, '  '), ['  one two', '  three', '  four']);
});

test('what is cut says so', () => {
  assert.equal(cut('abcdef', 4), 'abc…');
  assert.equal(cut('abc', 4), 'abc');
});

test('times are short today and whole otherwise', () => {
  const at = new Date(2026, 0, 31, 14, 3, 9).getTime();
  assert.equal(clockTime(at, at + 1000), '14:03:09');
  assert.equal(clockTime(at, at + 86_400_000), '2026-01-31 14:03:09');
});
