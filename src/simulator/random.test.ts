import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.ts';

test('the same seed gives the same numbers, on every version of Node', () => {
  const random = new Random('1');
  assert.deepEqual(
    Array.from({ length: 5 }, () => random.whole(0, 999)),
    [833, 643, 992, 989, 799],
  );
});

test('a source of its own moves nothing in the one it comes from', () => {
  const [one, other] = [new Random('x'), new Random('x')];
  one.fork('a').next();
  assert.equal(one.next(), other.next());
});

test('one try in twenty fails', () => {
  const random = new Random('losses');
  const runs = Array.from({ length: 20_000 }, () => random.triesUntil(0.05));
  const mean = runs.reduce((sum, run) => sum + run, 0) / runs.length;
  assert.ok(Math.abs(mean - 19) < 1, `${mean}`);
  assert.equal(random.triesUntil(0), Number.POSITIVE_INFINITY);
});
