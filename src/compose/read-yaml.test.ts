import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { toValue } from './node.ts';
import { problemLine, type Problem } from './problems.ts';
import { readYaml } from './read-yaml.ts';

function read(text: string): { readonly value: unknown; readonly problems: string[] } {
  const problems: Problem[] = [];
  const roots = readYaml(text, 'f', problems);
  return { value: roots[0] && toValue(roots[0]), problems: problems.map(problemLine) };
}

describe('bombs are refused at once', () => {
  const aliases = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    ...'bcdefghij'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghi'[index]}`).join(',')}]`),
  ].join('\n');
  const merges = [
    'a: &a {k: v}',
    ...Array.from(
      { length: 60 },
      (_, index) =>
        `m${index}: &m${index} {x: *${index === 0 ? 'a' : `m${index - 1}`}, y: *${index === 0 ? 'a' : `m${index - 1}`}}`,
    ),
  ].join('\n');
  const bombs: Readonly<Record<string, { readonly text: string; readonly says: RegExp }>> = {
    'a billion laughs': { text: aliases, says: /grows too large when its aliases are filled in/ },
    'maps that double': { text: merges, says: /grows too large|nested too deeply/ },
    'flow lists in one line': { text: `a: ${'['.repeat(1_000_000)}`, says: /nested too deeply/ },
    'closed flow maps': { text: `a: ${'{a: '.repeat(5_000)}${'}'.repeat(5_000)}`, says: /nested too deeply/ },
    'block lists in one line': { text: `${'- '.repeat(100_000)}x`, says: /nested too deeply/ },
    'block maps': {
      text: Array.from({ length: 1_000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n'),
      says: /nested too deeply/,
    },
    'question marks': { text: '? '.repeat(100_000), says: /nested too deeply/ },
    'a large file': { text: `a: ${'x'.repeat(11 * 1024 * 1024)}`, says: /larger than 10 MiB/ },
    'many lines': { text: `a: |\n${'  x\n'.repeat(200_000)}`, says: /more than 50000 lines/ },
    'many anchors in a line': { text: '&a '.repeat(1_000_000), says: /too many values/ },
    'many values in a line': { text: `a: [${'x,'.repeat(300_000)}]`, says: /too many values/ },
  };
  for (const [name, { text, says }] of Object.entries(bombs)) {
    it(name, () => {
      const start = performance.now();
      const { problems } = read(text);
      assert.match(problems.join('\n'), says);
      assert.ok(problems.length < 20, `${problems.length} lines of problems`);
      assert.ok(performance.now() - start < 3_000, `took ${Math.round(performance.now() - start)} ms`);
    });
  }

  it('many keys in one map are no bomb and take no quadratic time', () => {
    const start = performance.now();
    assert.deepEqual(read(Array.from({ length: 40_000 }, (_, index) => `k${index}: v`).join('\n')).problems, []);
    assert.ok(performance.now() - start < 8_000);
  });
});

describe('keys that mean something to JavaScript', () => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    it(`${key} is refused, also quoted and merged`, () => {
      assert.match(read(`"${key}": {polluted: yes}`).problems.join(), /is refused as a key/);
      assert.match(read(`a: &a {${key}: {polluted: yes}}\nb: {<<: *a}`).problems.join(), /is refused as a key/);
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    });
  }
});

describe('values are those of go-yaml, which Compose uses', () => {
  const values: Readonly<Record<string, unknown>> = {
    '0777': 511,
    '0o777': 511,
    '0b101': 5,
    '1_000': 1000,
    '089': 89,
    yes: 'yes',
    off: 'off',
    True: true,
    '~': null,
    null: null,
    '""': '',
    "'0777'": '0777',
    '2024-01-02': '2024-01-02',
    '12:30:45': '12:30:45',
    '12345678901234567890': '12345678901234567890',
    '0x1F': 31,
    '1.50': 1.5,
    '!!str 5': '5',
  };
  for (const [written, value] of Object.entries(values)) {
    it(`${written} is ${JSON.stringify(value)}`, () =>
      assert.deepEqual(read(`a: ${written}`), { value: { a: value }, problems: [] }));
  }
});

describe('merge keys', () => {
  it('what a map says itself wins, then the first of several', () => {
    const text = 'a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}';
    assert.deepEqual((read(text).value as { readonly c: unknown }).c, { x: 3, y: 1, z: 2 });
  });

  it('a quoted << is a key like any other', () => assert.deepEqual(read('a: {"<<": 1}').value, { a: { '<<': 1 } }));
});

it('an anchor that is used again means the last one', () => {
  assert.deepEqual(read('a: &x 1\nb: &x 2\nc: *x').value, { a: 1, b: 2, c: 2 });
});

it('positions are those of the file', () => {
  const problems: Problem[] = [];
  const [root] = readYaml('a:\n  b: [1, {c: d}]\n', 'f', problems);
  const a = root?.kind === 'map' ? root.entries.get('a') : undefined;
  assert.deepEqual(a?.keyAt, { file: 'f', line: 1, column: 1 });
  const b = a?.value.kind === 'map' ? a.value.entries.get('b') : undefined;
  assert.deepEqual(b?.keyAt, { file: 'f', line: 2, column: 3 });
  assert.deepEqual(b?.value.kind === 'list' ? b.value.items[1]?.at : undefined, { file: 'f', line: 2, column: 10 });
});
