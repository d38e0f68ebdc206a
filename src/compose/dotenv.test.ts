import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { readDotenv } from './dotenv.ts';
import { problemLine, type Problem } from './problems.ts';

function read(
  text: string,
  options: { readonly environment?: Readonly<Record<string, string>>; readonly raw?: boolean } = {},
): { readonly values: Record<string, string>; readonly problems: string[] } {
  const problems: Problem[] = [];
  const found = readDotenv(
    text,
    { file: '.env', get: (name) => options.environment?.[name], raw: options.raw ?? false },
    problems,
  );
  return {
    values: Object.fromEntries(Array.from(found, ([name, { value }]) => [name, value])),
    problems: problems.map(problemLine),
  };
}

describe('one line', () => {
  const cases: readonly (readonly [string, Record<string, string>])[] = [
    ['A=b', { A: 'b' }],
    ['A = b', { A: 'b' }],
    ['  A=b  ', { A: 'b' }],
    ['export A=b', { A: 'b' }],
    ['A: b', { A: 'b' }],
    ['A=', { A: '' }],
    ['A=b # comment', { A: 'b' }],
    ['A=b#no comment', { A: 'b#no comment' }],
    ['A=#comment', { A: '' }],
    ['# A=b', {}],
    ['', {}],
    ["A='b # c'", { A: 'b # c' }],
    ['A="b # c" # d', { A: 'b # c' }],
    ["A='$B ${C}'", { A: '$B ${C}' }],
    ['A="x\\ny\\t\\"z\\" \\$B \\\\"', { A: 'x\ny\t"z" $B \\' }],
    ['A=b=c', { A: 'b=c' }],
    ['A=http://user:pa@host/?q=1', { A: 'http://user:pa@host/?q=1' }],
    ['A.b-c=1', { 'A.b-c': '1' }],
    ['A=b\r', { A: 'b' }],
    ['\uFEFFA=b', { A: 'b' }],
    ['NOT_THERE', {}],
  ];
  for (const [text, values] of cases)
    it(JSON.stringify(text), () => assert.deepEqual(read(text), { values, problems: [] }));
});

it('quoted values may have several lines', () => {
  assert.deepEqual(read('A="one\ntwo"\nB=\'three\nfour\'\nC=5').values, { A: 'one\ntwo', B: 'three\nfour', C: '5' });
});

it('variables: those of the environment win over those of the file', () => {
  const text = 'A=1\nB=${A}-${NONE:-none}\nC="$B"\nHOST=mine\nD=$HOST';
  assert.deepEqual(read(text, { environment: { HOST: 'theirs' } }).values, {
    A: '1',
    B: '1-none',
    C: '1-none',
    HOST: 'mine',
    D: 'theirs',
  });
});

it('a name alone is taken from the environment', () => {
  assert.deepEqual(read('A\nB # comment\n', { environment: { A: 'x', B: 'y' } }).values, { A: 'x', B: 'y' });
});

it('raw: as it stands', () =>
  assert.deepEqual(read('A="b" # $C\nD=1', { raw: true }).values, { A: '"b" # $C', D: '1' }));

describe('mistakes name their line', () => {
  const cases: Readonly<Record<string, RegExp>> = {
    'A=1\nthis is no assignment': /^\.env:2:1: this line is no assignment/,
    'A=1\n\n=b': /^\.env:3:1:/,
    'A="open': /^\.env:1:1: .* has a " that is not closed/,
    'A=1\nB=${A': /^\.env:2:1: B: has a \$\{ that is not closed/,
    'A=1\nB=pa$$ok\nC=pa$ bad': /^\.env:3:1: C:/,
  };
  for (const [text, says] of Object.entries(cases))
    it(JSON.stringify(text), () => assert.match(read(text).problems.join('\n'), says));
});

it('no mistake shows a value: they are often secret', () => {
  for (const text of ['PASSWORD hunter2', 'PASSWORD="hunter2', 'PASSWORD=hunter2${', 'PASSWORD=${A?hunter}$(2']) {
    const [problem = ''] = read(text, { environment: { A: '1' } }).problems;
    assert.match(problem, /^\.env:1:1: /);
    assert.doesNotMatch(problem, /hunter/);
  }
});

it('a file that is none at all ends after some mistakes, an endless one after some lines', () => {
  assert.equal(read('! no\n'.repeat(10_000)).problems.length, 100);
  assert.deepEqual(read('A=1\n'.repeat(100_000)).problems, [
    '.env:50001:1: has too many lines; expected at most 50000',
  ]);
  assert.match(read(`A=${'${A:-'.repeat(1_000_000)}`).problems.join(), /^\.env:1:1: A: grows too long/);
});

it('variables that double with each line are stopped', () => {
  const lines = [
    'A0=xxxxxxxxxx',
    ...Array.from({ length: 60 }, (_, index) => `A${index + 1}=\${A${index}}\${A${index}}`),
  ];
  const start = performance.now();
  assert.match(read(lines.join('\n')).problems.join(), /grows too long/);
  assert.ok(performance.now() - start < 1_000);
});

it('any value in single quotes comes back as it was', () => {
  const value = fc.string({ unit: 'grapheme' }).filter((text) => !/['\\\r]/.test(text));
  fc.assert(fc.property(value, (text) => read(`A='${text}'`).values['A'] === text));
});

it('any text at all gives values or problems, and ends', () => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => read(text).problems.length >= 0));
});
