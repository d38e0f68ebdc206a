import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failuresNeeded, isSilence } from './proof.ts';

test('a word of the member counts as one', () => {
  for (const checkFailure of ['answered', 'requests', 'other', null] as const) {
    assert.equal(failuresNeeded(1, { checkFailure }), 1);
    assert.equal(failuresNeeded(3, { checkFailure }), 3);
  }
});

test('silence is proof after twelve checks at least, and after four times the threshold', () => {
  for (const checkFailure of ['silent', 'unreachable'] as const) {
    assert.ok(isSilence({ checkFailure }));
    assert.equal(failuresNeeded(1, { checkFailure }), 12);
    assert.equal(failuresNeeded(3, { checkFailure }), 12);
    assert.equal(failuresNeeded(5, { checkFailure }), 20);
  }
});
