import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { interpolate, InterpolationError } from './interpolate.ts';

const values: Readonly<Record<string, string>> = { SET: 'value', EMPTY: '', OTHER: 'other', _x1: 'low' };

function fill(text: string, missing: string[] = []): string {
  return interpolate(text, {
    get: (name) => (Object.hasOwn(values, name) ? values[name] : undefined),
    onMissing: (name) => missing.push(name),
  });
}

describe('every operator', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['$SET', 'value'],
    ['${SET}', 'value'],
    ['a$SET/b', 'avalue/b'],
    ['$SET$OTHER', 'valueother'],
    ['${_x1}', 'low'],
    ['$$SET', '$SET'],
    ['$$$SET', '$value'],
    ['$${SET}', '${SET}'],
    ['${NONE:-default}', 'default'],
    ['${EMPTY:-default}', 'default'],
    ['${SET:-default}', 'value'],
    ['${NONE-default}', 'default'],
    ['${EMPTY-default}', ''],
    ['${SET:+other}', 'other'],
    ['${EMPTY:+other}', ''],
    ['${NONE:+other}', ''],
    ['${EMPTY+other}', 'other'],
    ['${NONE+other}', ''],
    ['${SET:?needed}', 'value'],
    ['${EMPTY?needed}', ''],
    ['${NONE:-}', ''],
    ['${NONE:-$SET}', 'value'],
    ['${NONE:-${EMPTY:-${OTHER}}}', 'other'],
    ['${NONE:-a:-b}', 'a:-b'],
    ['${NONE:-http://host:80/?q=1}', 'http://host:80/?q=1'],
    ['${NONE:-{"a": {"b": 1}}}', '{"a": {"b": 1}}'],
    ['${NONE:-$$5}', '$5'],
    ['${NONE:-two\nlines}', 'two\nlines'],
    ['no variables { } at all', 'no variables { } at all'],
  ];
  for (const [text, result] of cases) it(`${text} -> ${result}`, () => assert.equal(fill(text), result));
});

describe('mistakes', () => {
  const cases: Readonly<Record<string, RegExp>> = {
    '${NONE:?set it}': /needs the variable NONE, which is not set: set it/,
    '${EMPTY:?set it}': /needs the variable EMPTY, which is empty: set it/,
    '${NONE?}': /needs the variable NONE, which is not set$/,
    '${NONE:?see ${SET}}': /: see value/,
    $: /a \$ that begins no variable/,
    'a $ b': /a \$ that begins no variable/,
    $1: /a \$ that begins no variable/,
    '$(cmd)': /a \$ that begins no variable/,
    '${SET': /is not closed/,
    '${}': /has no variable/,
    '${SET NONE}': /has no variable/,
    '${SET!x}': /has no variable/,
    '${1}': /has no variable/,
  };
  for (const [text, says] of Object.entries(cases))
    it(text, () => assert.throws(() => fill(text), { name: 'Error', message: says }));

  it('nesting has an end', () =>
    assert.throws(() => fill(`${'${NONE:-'.repeat(10_000)}${'}'.repeat(10_000)}`), InterpolationError));

  it('growing has an end', () => {
    const big = { get: () => 'x'.repeat(600_000), onMissing: () => undefined };
    assert.throws(() => interpolate('$A$A', big), /grows too long/);
  });
});

it('a variable that is nowhere is empty, and told', () => {
  const missing: string[] = [];
  assert.equal(fill('<$NONE>', missing), '<>');
  assert.deepEqual(missing, ['NONE']);
});

it('variables of Object.prototype are none', () => assert.equal(fill('${toString:-none}'), 'none'));

describe('properties', () => {
  it('any text with its dollars doubled comes back as it was', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => fill(text.replaceAll('$', '$$$$')) === text));
  });

  it('any value is taken as it is: what looks like a variable in it is not filled in again', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('$V', '${V}', '${V:-x}', '${NONE:-$V}', '${V:+$V}'), (value, form) => {
        const got = interpolate(form, {
          get: (name) => (name === 'V' ? value : undefined),
          onMissing: () => undefined,
        });
        return got === value || (value === '' && form === '${V:-x}' && got === 'x');
      }),
    );
  });

  it('gives text or an InterpolationError, for anything', () => {
    const pieces = fc.array(
      fc.constantFrom('$', '{', '}', ':', '-', '?', '+', 'SET', 'NONE', ' ', '"', '\\', '\n', 'é'),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        try {
          return typeof fill(parts.join('')) === 'string';
        } catch (error) {
          return error instanceof InterpolationError && error.expected !== '';
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
