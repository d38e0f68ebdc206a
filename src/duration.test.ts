import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { formatDuration, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  const cases: Readonly<Record<string, number | null>> = {
    '10s': 10_000,
    '1m30s': 90_000,
    '500ms': 500,
    '1.5h': 5_400_000,
    '2d': 172_800_000,
    '1w': 604_800_000,
    '100us': 0.1,
    '100µs': 0.1,
    '0': 0,
    ' 5s ': 5_000,
    '10': null,
    '': null,
    s: null,
    '5 s': null,
    '-5s': null,
    '5S': null,
    '1m 30s': null,
    soon: null,
    '1e3s': null,
  };
  for (const [text, ms] of Object.entries(cases)) it(JSON.stringify(text), () => assert.equal(parseDuration(text), ms));
});

describe('formatDuration', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [250, '250ms'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [61_500, '1m1.5s'],
    [86_400_000, '24h'],
  ];
  for (const [ms, text] of cases) it(text, () => assert.equal(formatDuration(ms), text));
});

it('what is printed is read as the same milliseconds', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 10_000_000_000 }), (ms) => parseDuration(formatDuration(ms)) === ms));
});

it('gives a number that is not negative, or null, for any text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d.hmsdwnuµ ]{0,20}$/)), (text) => {
      const ms = parseDuration(text);
      return ms === null || ms >= 0;
    }),
  );
});
