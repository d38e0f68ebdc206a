/** The ladder: the time a repair has, what it waits for, and what is given up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calmStory, CoreStory, keysOf, loneService, serviceModel } from '../../test/support/core-story.ts';
import type { MemberMemory, ServiceMemory } from './memory.ts';
import type { MemberSeen } from './model.ts';

const { policy } = serviceModel('web');
const dead: Partial<MemberSeen> = { state: 'exited', exitCode: 1, ended: 'failed' };
const sick = { check: 'failing', checkFailure: 'answered', failuresInARow: 9 } as const;

function service(story: CoreStory): ServiceMemory {
  return story.memory.services['web'] ?? assert.fail('no memory of web');
}

function member(story: CoreStory, name: string): MemberMemory {
  return service(story).members[name] ?? assert.fail(`no memory of ${name}`);
}

/** The primary of a pair fails its check, is restarted, and fails it again at once. */
function restartedInVain(startPeriodMs: number): CoreStory {
  const story = calmStory(serviceModel('web', { policy: { ...policy, startPeriodMs } }));
  story.read('web', 'web-primary', sick);
  assert.ok(keysOf(story.pass(3)).includes('restart_soft web web-primary'));
  story.now += 500;
  story.seeMember('web', 'web-primary', { startedAt: story.now });
  const key = 'restart_soft web web-primary';
  story.decide({ kind: 'action_ended', key, service: 'web', outcome: 'done', missedCheck: false, detail: '' });
  story.now += 100;
  story.read('web', 'web-primary', sick);
  return story;
}

test('a repair has the deadline of its failure to prove itself, or a start period, if that is longer', () => {
  const quick = restartedInVain(0);
  assert.deepEqual(keysOf(quick.pass(25)), []);
  assert.ok(keysOf(quick.pass(20)).includes('restart_hard web web-primary'));
  const slow = restartedInVain(120_000);
  assert.deepEqual(keysOf(slow.pass(110)), []);
  assert.ok(keysOf(slow.pass(30)).includes('restart_hard web web-primary'));
});

test('what looked like a stop is a failure when its events come after all', () => {
  const story = calmStory(loneService('web'));
  story.seeMember('web', 'web', { ...dead, ended: 'unseen' });
  assert.deepEqual(keysOf(story.pass(5)), []);
  assert.equal(member(story, 'web').verdict, 'stopped');
  story.seeMember('web', 'web', { ended: 'failed' });
  assert.deepEqual(keysOf(story.decide()), ['start web web']);
});

test('what is quarantined gets another chance after a window, though our stop is told as one that was asked for', () => {
  const story = calmStory(loneService('web'));
  story.seeMember('web', 'web', dead);
  service(story).actionsAt = [story.now, story.now, story.now];
  member(story, 'web').loops = 3;
  member(story, 'web').wellSince = story.now;
  assert.deepEqual(keysOf(story.decide()), ['quarantine web web']);
  const key = 'quarantine web web';
  story.now += 100;
  story.decide({ kind: 'action_ended', key, service: 'web', outcome: 'done', missedCheck: false, detail: '' });
  story.seeMember('web', 'web', { ended: 'asked' });
  assert.deepEqual(keysOf(story.pass(590)), []);
  assert.deepEqual(keysOf(story.pass(20)), ['start web web']);
});

test('one that finds the budget used up by others waits, and is not given up', () => {
  const story = calmStory(serviceModel('web'));
  service(story).actionsAt = [story.now, story.now, story.now];
  story.seeMember('web', 'web-backup', dead);
  assert.deepEqual([...new Set(keysOf(story.pass(30)))], ['take_out web web-backup']);
  assert.equal(member(story, 'web-backup').quarantinedAt, null);
});

test('where nobody else serves a spent budget holds nobody', () => {
  const story = calmStory(serviceModel('web'));
  service(story).actionsAt = [story.now, story.now, story.now];
  for (const name of ['web-primary', 'web-backup']) story.seeMember('web', name, dead);
  assert.deepEqual(keysOf(story.decide()), ['start web web-primary', 'start web web-backup']);
});

test('unpausing waits for nothing, whatever was repaired before', () => {
  const story = calmStory(loneService('web'));
  member(story, 'web').loops = 2;
  member(story, 'web').wellSince = story.now;
  story.seeMember('web', 'web', { state: 'paused' });
  assert.deepEqual(keysOf(story.decide()), ['unpause web web']);
});

test('a container the engine did not answer for has not been restarted when it is seen again', () => {
  const story = calmStory(loneService('web'));
  story.seeMember('web', 'web', { restartCount: 5, startedAt: story.now });
  story.decide();
  service(story).actionsAt = [];
  story.seeMember('web', 'web', { state: 'unknown', restartCount: 0 });
  story.pass(3);
  story.seeMember('web', 'web', { state: 'running', restartCount: 5 });
  story.pass(3);
  assert.deepEqual(service(story).actionsAt, []);
});
