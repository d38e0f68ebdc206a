import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sealed, unsealed } from './sealed.ts';

test('what was sealed comes back; with any bit of it flipped, nothing does', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.integer({ min: 0, max: 6 }), (value, where, bit) => {
      const text = sealed({ value });
      assert.deepEqual(unsealed(text), JSON.parse(JSON.stringify({ value })));
      const at = where % text.length;
      const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << bit));
      assert.equal(unsealed(text.slice(0, at) + flipped + text.slice(at + 1)), null);
    }),
  );
});

test('a document of a version that sealed none is read as it is', () => {
  assert.deepEqual(unsealed('{"memory":null}'), { memory: null });
});
