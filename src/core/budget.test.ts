/** What counts as a repair, for how long, and for whom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calmStory, loneService, CoreStory, keysOf, serviceModel } from '../../test/support/core-story.ts';
import { waitBefore } from './budget.ts';
import type { MemberSeen, ServiceModel } from './model.ts';

const { policy } = serviceModel('web');

function single(name: string, windowMs = policy.budget.windowMs): ServiceModel {
  return loneService(name, { policy: { ...policy, budget: { ...policy.budget, windowMs } } });
}

function dies(story: CoreStory, name: string): string[] {
  const dead: Partial<MemberSeen> = { state: 'exited', exitCode: 1, finishedAt: story.now, ended: 'failed' };
  story.seeMember(name, name, dead);
  return keysOf(story.decide());
}

/** It was started as asked for, and runs. */
function comesBack(story: CoreStory, name: string, key: string): void {
  story.now += 100;
  story.seeMember(name, name, { state: 'running', startedAt: story.now, ended: 'unseen' });
  story.decide({ kind: 'action_ended', key, service: name, outcome: 'done', missedCheck: false, detail: '' });
}

function counted(story: CoreStory, name: string): number {
  return story.memory.services[name]?.actionsAt.length ?? -1;
}

test('waits grow: none for the first, then two seconds, doubling to a minute', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 7].map((loops) => waitBefore({ loops }));
  assert.deepEqual(waits, [0, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
});

test('the first repair of what a drill broke is free and no sign of anything, the second one counts', () => {
  const story = calmStory(single('web'));
  story.decide({ kind: 'drill_announced', service: 'web', member: 'web', until: story.now + 60_000 });
  assert.deepEqual(dies(story, 'web'), ['start web web']);
  assert.equal(counted(story, 'web'), 0);
  assert.deepEqual(story.memory.failures, []);
  comesBack(story, 'web', 'start web web');
  story.now += 5000;
  story.decide();
  dies(story, 'web');
  story.pass(5);
  assert.equal(counted(story, 'web'), 1);
});

test('repairs of the host are counted as long as the service that looks back furthest does', () => {
  const story = calmStory(single('short', 60_000), single('long', 600_000));
  dies(story, 'long');
  comesBack(story, 'long', 'start long long');
  story.pass(120);
  assert.equal(counted(story, 'short'), 0);
  assert.equal(story.memory.hostActionsAt.length, 1);
});

test('who follows another one is restarted for nothing once a minute, and is no sign of a cascade', () => {
  const story = calmStory(single('db'), single('side'));
  const leftBehind = { service: 'db', member: 'db', how: 'restarted' } as const;
  story.seeMember('side', 'side', { leftBehind });
  assert.deepEqual(keysOf(story.decide()), ['restart_soft side side']);
  assert.equal(counted(story, 'side'), 0);
  assert.deepEqual(story.memory.failures, []);
  comesBack(story, 'side', 'restart_soft side side');
  story.pass(40);
  assert.ok(counted(story, 'side') > 0, 'what fails to follow counts');
});

test('up gives back what was stopped, quarantined and counted', () => {
  const story = calmStory(single('web'));
  const web = story.memory.services['web'] ?? assert.fail();
  const member = web.members['web'] ?? assert.fail();
  web.actionsAt = [story.now - 1, story.now - 1, story.now - 1];
  member.quarantinedAt = story.now;
  member.askedAt = story.now;
  member.loops = 3;
  story.seeMember('web', 'web', { state: 'exited', exitCode: 0, ended: 'failed' });
  assert.deepEqual(keysOf(story.decide({ kind: 'up_asked', services: ['web'] })), ['start web web']);
  assert.equal(counted(story, 'web'), 1);
});
