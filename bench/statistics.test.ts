import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe } from './statistics.ts';

const oneTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

// ranks from any table of confidence intervals for a median, e.g. Conover, table A3
for (const [n, low, high, confidence] of [
  [5, 1, 5, 0.9375],
  [6, 1, 6, 0.96875],
  [10, 2, 9, 0.9785],
  [30, 10, 21, 0.9572],
] as const) {
  test(`the interval of the median of ${n} values`, () => {
    const { interval, confidence: got, max } = describe(oneTo(n).toReversed());
    assert.deepEqual(interval, [low, high]);
    assert.ok(Math.abs(got - confidence) < 1e-3, String(got));
    assert.equal(max, n);
  });
}

test('medians of odd, even, one and none', () => {
  assert.equal(describe([3, 1, 2]).median, 2);
  assert.equal(describe([4, 1, 2, 3]).median, 2.5);
  assert.equal(describe([7]).median, 7);
  assert.equal(describe([]).n, 0);
});
