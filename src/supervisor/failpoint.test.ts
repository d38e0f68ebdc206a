import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isCode } from '../errors.ts';
import { failpointFrom, JOURNAL_STEPS } from './failpoint.ts';

describe('a failpoint', () => {
  test('dies at the n-th time of its own step, and of no other', () => {
    for (const step of JOURNAL_STEPS) {
      let deaths = 0;
      const reach = failpointFrom(`${step}:2`, () => (deaths += 1));
      for (const other of JOURNAL_STEPS) reach(other);
      assert.equal(deaths, 0);
      reach(step);
      assert.equal(deaths, 1, step);
    }
  });

  test('is none where nothing is set', () => {
    for (const text of [undefined, '']) {
      const reach = failpointFrom(text, () => assert.fail('died'));
      for (const step of JOURNAL_STEPS) reach(step);
    }
  });

  for (const text of [
    'after-begin',
    'after-begin:',
    'after-begin:0',
    'after-begin:-1',
    'after-begin:1.5',
    'after-begin:x',
    'begin:1',
    ':1',
    'after-begin:1:2',
    'after-begin: 1',
  ])
    test(`refuses ${JSON.stringify(text)}, and says what it may be`, () =>
      assert.throws(
        () => failpointFrom(text, () => undefined),
        (error) =>
          isCode(error, 'TH_USAGE') &&
          error.message.includes(JSON.stringify(text)) &&
          error.message.includes('before-begin'),
      ));
});
