/** Who was stopped for good, and the moments in which that is not the last word. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, keysOf, serviceModel } from '../../test/support/core-story.ts';
import type { MemberMemory } from './memory.ts';

function memoryOf(story: CoreStory, name: string): MemberMemory {
  return story.memory.services['web']?.members[name] ?? assert.fail(`no memory of ${name}`);
}

/** A pair whose primary leads; the backup is quarantined, and stopped or, as the engine refused that, not. */
function quarantined(state: 'running' | 'exited'): CoreStory {
  const story = new CoreStory([serviceModel('web')]);
  story.decide();
  story.now += 20_000;
  story.decide();
  memoryOf(story, 'web-backup').quarantinedAt = story.now;
  story.seeMember('web', 'web-backup', { state, ended: 'asked' });
  story.read('web', 'web-backup', { traffic: 'out', check: 'unknown' });
  story.now += 1000;
  return story;
}

test('somebody starts it: it is let in, and not stopped by the decision that sees it run', () => {
  const story = quarantined('exited');
  assert.deepEqual(keysOf(story.decide()), []);
  story.now += 5000;
  story.seeMember('web', 'web-backup', { state: 'running', startedAt: story.now });
  assert.deepEqual(keysOf(story.decide()), ['put_in web web-backup']);
  assert.equal(memoryOf(story, 'web-backup').quarantinedAt, null);
});

test('a quarantine that the engine refused is asked for again when no other member is being repaired', () => {
  const story = quarantined('running');
  memoryOf(story, 'web-primary').repair = {
    failure: 'unresponsive',
    ladder: ['restart_soft'],
    step: 0,
    phase: 'acting',
    until: story.now + 3500,
  };
  assert.deepEqual(keysOf(story.decide()), []);
  memoryOf(story, 'web-primary').repair = null;
  assert.ok(story.wakeAt <= story.now + 1000);
  assert.deepEqual(keysOf(story.pass(1)), ['quarantine web web-backup']);
});

test('one that still runs and is the last to answer is not stopped for having been given up', () => {
  const story = quarantined('running');
  story.read('web', 'web-backup', { traffic: 'in', check: 'passing' });
  story.seeMember('web', 'web-primary', { state: 'exited', exitCode: 0, ended: 'asked' });
  assert.ok(!keysOf(story.pass(5)).includes('quarantine web web-backup'));
});
