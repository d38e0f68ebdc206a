import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyOf } from './copy.ts';

test('a copy is equal and shares nothing', () => {
  const data = { one: [1, { two: 'x' }], none: null, un: undefined, yes: true };
  const copy = copyOf(data);
  assert.deepEqual(copy, data);
  (copy.one[1] as { two: string }).two = 'y';
  assert.deepEqual(data.one, [1, { two: 'x' }]);
});
