/** What a supervisor takes over from the last one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, keysOf, serviceModel } from '../../test/support/core-story.ts';
import { resumed } from './memory.ts';

test('what the last supervisor was doing to a member is begun again, at once', () => {
  const story = new CoreStory([serviceModel('web')]);
  story.decide();
  story.now += 60_000;
  story.decide();
  story.seeMember('web', 'web-primary', { state: 'exited', exitCode: 1, ended: 'failed' });
  assert.ok(keysOf(story.decide()).includes('start web web-primary'));
  story.memory = resumed(story.memory, story.now);
  assert.deepEqual(story.pending(), []);
  assert.equal(story.memory.services['web']?.members['web-primary']?.repair?.phase, 'waiting');
  assert.ok(keysOf(story.decide()).includes('start web web-primary'));
});

test('a freeze by a person outlives a supervisor, one by a broken rule does not', () => {
  const story = new CoreStory([serviceModel('web')]);
  story.decide({ kind: 'freeze_asked', reason: 'work' });
  assert.equal(resumed(story.memory, story.now).frozen?.cause, 'person');
  story.memory.frozen = { since: story.now, reason: 'a rule', cause: 'rule' };
  assert.equal(resumed(story.memory, story.now).frozen, undefined);
});
