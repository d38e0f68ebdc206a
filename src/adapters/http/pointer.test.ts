import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valueAt } from './pointer.ts';

test('a JSON Pointer finds its value, or nothing', () => {
  const document = { queue: { 'a/b': [1, { '~': 2 }] }, '': 3 };
  assert.equal(valueAt(document, '/queue/a~1b/0'), 1);
  assert.equal(valueAt(document, '/queue/a~1b/1/~0'), 2);
  assert.equal(valueAt(document, '/'), 3);
  assert.equal(valueAt(document, ''), document);
  assert.equal(valueAt(7, ''), 7);
  for (const nowhere of ['/queue/none', '/queue/a~1b/length/x', '/constructor', '/queue/a~1b/9'])
    assert.equal(valueAt(document, nowhere), undefined, nowhere);
});
