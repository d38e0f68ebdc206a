import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { formatBytes, parseBytes } from './bytes.ts';

describe('parseBytes', () => {
  const cases: Readonly<Record<string, number | null>> = {
    '100': 100,
    '512m': 536_870_912,
    '512M': 536_870_912,
    '64MB': 67_108_864,
    '1.5GiB': 1_610_612_736,
    '1 g': 1_073_741_824,
    '10b': 10,
    '2k': 2_048,
    '1t': 1_099_511_627_776,
    '': null,
    m: null,
    '-1': null,
    '1x': null,
    '1e3': null,
    '1,5g': null,
    '1.m': null,
    ' 5k ': 5_120,
  };
  for (const [text, bytes] of Object.entries(cases))
    it(JSON.stringify(text), () => assert.equal(parseBytes(text), bytes));
});

describe('formatBytes', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0B'],
    [1_023, '1023B'],
    [1_024, '1KiB'],
    [100_663_296, '96MiB'],
    [1_610_612_736, '1.5GiB'],
  ];
  for (const [bytes, text] of cases) it(text, () => assert.equal(formatBytes(bytes), text));
});

it('what is printed is read within a tenth of its unit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (bytes) => {
      const read = parseBytes(formatBytes(bytes));
      return read !== null && Math.abs(read - bytes) <= Math.max(bytes * 0.051, 0);
    }),
  );
});

it('gives a whole number that is not negative, or null, for any text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d.]{0,6} ?[kKmMgGtTiIbB]{0,4}$/)), (text) => {
      const bytes = parseBytes(text);
      return bytes === null || (Number.isInteger(bytes) && bytes >= 0);
    }),
  );
});
