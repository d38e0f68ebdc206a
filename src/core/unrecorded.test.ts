import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, serviceModel } from '../../test/support/core-story.ts';
import type { Handover } from './memory.ts';
import { unrecordedWords } from './unrecorded.ts';

const FULL_AT = 100_000;

/** What is said of a standby that is to be made anew, in a change of who works that began at `since`. */
function wordsIn(since: number): string {
  const model = serviceModel('worker', { balance: null });
  const story = new CoreStory([model]);
  story.decide();
  const memory = story.memory.services['worker'];
  assert.ok(memory);
  story.memory.unrecorded = { since: FULL_AT, reason: 'the disk is full' };
  memory.handover = { from: 'worker-primary', to: 'worker-backup', since } as Handover;
  return unrecordedWords(story.memory, memory, model, 'replace_standby');
}

test('a change that is on record goes on while nothing can be written', () => {
  assert.equal(wordsIn(FULL_AT - 1), '');
});

test('one that began since then waits with what has to be on record', () => {
  assert.match(wordsIn(FULL_AT), /the record cannot be written \(the disk is full\)/);
});
