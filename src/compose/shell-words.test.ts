import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { shellWords } from './shell-words.ts';

describe('words are those of Compose', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    ['  a   b\tc\n', ['a', 'b', 'c']],
    ["nginx -g 'daemon off;'", ['nginx', '-g', 'daemon off;']],
    ['sh -c "a && b | c"', ['sh', '-c', 'a && b | c']],
    ['a "" \'\'', ['a', '', '']],
    ['a"b c"d', ['ab cd']],
    ['a\\ b', ['a b']],
    ['"a\\"b"', ['a"b']],
    ['"a\\tb"', ['atb']],
    ["'a\\tb'", ['a\\tb']],
    ['echo `a b`', ['echo', '`a b`']],
    ['echo $(a b) c', ['echo', '$(a b)', 'c']],
    ['--constraint=Label(a,b)', ['--constraint=Label(a,b)']],
    ['"it\'s"', ["it's"]],
  ];
  for (const [text, words] of cases)
    it(JSON.stringify(text), () => assert.deepEqual(shellWords(text), { words, rest: '' }));
});

describe('a command ends where it would need a shell', () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['a && b', ['a'], '&& b'],
    ['a; b', ['a'], '; b'],
    ['a | b', ['a'], '| b'],
    ['a > f', ['a'], '> f'],
    ['a 2>&1', ['a'], '>&1'],
  ];
  for (const [text, words, rest] of cases)
    it(JSON.stringify(text), () => assert.deepEqual(shellWords(text), { words, rest }));
});

for (const text of ["'a", '"a', 'a\\', '`a', '$(a'])
  it(`${text} is not closed`, () => assert.equal(shellWords(text), null));

it('any words in single quotes come back as they were', () => {
  const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes("'"));
  fc.assert(
    fc.property(fc.array(word), (words) =>
      assert.deepEqual(shellWords(words.map((text) => `'${text}'`).join(' '))?.words, words),
    ),
  );
});
