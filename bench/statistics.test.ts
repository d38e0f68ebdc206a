import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, wilson } from './statistics.ts';

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

// Wilson has [0.4902, 0.9433] for 8 of 10 in every table; n / (n + z²) is the lower end of n of n
for (const [successes, n, low, high] of [
  [0, 10, 0, 0.2775],
  [8, 10, 0.4902, 0.9433],
  [100, 100, 0.963, 1],
  [995, 1000, 0.9884, 0.9979],
  [0, 0, 0, 1],
] as const) {
  test(`the interval of ${successes} of ${n}`, () => {
    const [from, to] = wilson(successes, n);
    assert.ok(Math.abs(from - low) < 1e-4 && Math.abs(to - high) < 1e-4, `${from} to ${to}`);
  });
}
