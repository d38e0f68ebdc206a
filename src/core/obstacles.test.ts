import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, keysOf, serviceModel } from '../../test/support/core-story.ts';

const replicas = ['api-1', 'api-2', 'api-3'].map((name) => ({ name, role: 'replica' as const, startsAtUp: true }));
const sick = { check: 'failing', failuresInARow: 20 } as const;

/** Of three, api-1 was sick and is being restarted; api-2 is sick now. */
function oneInRepair(): CoreStory {
  const story = new CoreStory([serviceModel('api', { mode: 'cluster', balance: 'spread', members: replicas })]);
  story.decide();
  story.now += 20_000;
  story.read('api', 'api-1', sick);
  story.decide();
  story.now += 1500;
  assert.ok(keysOf(story.decide()).includes('restart_soft api api-1'));
  story.read('api', 'api-2', sick);
  story.decide();
  story.now += 1500;
  return story;
}

test('one that runs is ended at a time', () => {
  const story = oneInRepair();
  assert.deepEqual(
    keysOf(story.decide()).filter((key) => key.startsWith('restart')),
    [],
  );
  const { considered } = story.memory.services['api']?.members['api-2'] ?? {};
  assert.match(considered?.what ?? '', /not restarted yet: api-1 is being repaired; it goes one at a time/);
});

test('also while the end of an action was not told yet, whatever became of its repair', () => {
  const story = oneInRepair();
  const member = story.memory.services['api']?.members['api-1'];
  assert.ok(member);
  member.repair = null;
  assert.deepEqual(
    keysOf(story.decide()).filter((key) => key.startsWith('restart')),
    [],
  );
});

test('a quarantine ends one that runs, and waits its turn too', () => {
  const story = oneInRepair();
  const api = story.memory.services['api'];
  const member = api?.members['api-2'];
  assert.ok(api && member);
  member.loops = 3;
  api.actionsAt = [story.now, story.now, story.now];
  assert.deepEqual(
    keysOf(story.decide()).filter((key) => key.startsWith('quarantine')),
    [],
  );
  const { considered } = story.memory.services['api']?.members['api-2'] ?? {};
  assert.match(considered?.what ?? '', /not stopped for good yet/);
});
