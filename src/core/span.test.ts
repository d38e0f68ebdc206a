import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spanText } from './span.ts';

test('durations are told as a person would', () => {
  assert.deepEqual([-3, 340, 2140, 11_900, 60_000, 185_000, 3_600_000, 7_500_000].map(spanText), [
    '0 ms',
    '340 ms',
    '2.1 s',
    '12 s',
    '1 min',
    '3 min 5 s',
    '1 h',
    '2 h 5 min',
  ]);
});
