/** What is held against a member that runs, and what is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, keysOf, serviceModel } from '../../test/support/core-story.ts';
import type { MemberSeen } from './model.ts';

const { policy } = serviceModel('web');

/** A pair that was calm for a while. */
function calm(startPeriodMs = policy.startPeriodMs): CoreStory {
  const story = new CoreStory([serviceModel('web', { policy: { ...policy, startPeriodMs } })]);
  story.decide();
  story.now += 60_000;
  story.decide();
  return story;
}

function verdictOf(story: CoreStory, name: string): string | undefined {
  return story.memory.services['web']?.members[name]?.verdict;
}

const restarts = (keys: readonly string[]): string[] => keys.filter((key) => key.startsWith('restart'));

test('behind a gateway one failed probe of the engine is no suspicion; as many as the threshold are', () => {
  const story = calm();
  story.seeMember('web', 'web-primary', { health: 'unhealthy', healthFailures: 1 });
  assert.deepEqual(keysOf(story.pass(10)), []);
  assert.equal(verdictOf(story, 'web-primary'), 'healthy');
  story.seeMember('web', 'web-primary', { health: 'unhealthy', healthFailures: 3 });
  story.decide();
  assert.equal(verdictOf(story, 'web-primary'), 'suspect');
});

test('unhealthy with no failed probe, as Docker says after a pause, says nothing', () => {
  const story = calm();
  story.seeMember('web', 'web-primary', { health: 'unhealthy', healthFailures: 0 });
  assert.deepEqual(keysOf(story.pass(30)), []);
});

test('a paused member is cut off only when it does not go on at once', () => {
  const story = calm();
  story.seeMember('web', 'web-primary', { state: 'paused' });
  assert.deepEqual(keysOf(story.decide()), ['lead web web-backup', 'unpause web web-primary']);
  story.now += 100;
  assert.deepEqual(keysOf(story.decide()), []);
  assert.ok(story.wakeAt <= story.now + 50);
  story.now += 100;
  assert.deepEqual(keysOf(story.decide()), ['take_out web web-primary']);
});

test('an end of which nothing is seen any more, since a repair was begun, is no stop by hand', () => {
  const story = calm();
  const dead: Partial<MemberSeen> = { state: 'exited', exitCode: 1, finishedAt: story.now, ended: 'failed' };
  story.seeMember('web', 'web-primary', dead);
  assert.ok(keysOf(story.decide()).includes('start web web-primary'));
  story.seeMember('web', 'web-primary', { ended: 'unseen' });
  const key = 'start web web-primary';
  const refused = {
    kind: 'action_ended',
    key,
    service: 'web',
    outcome: 'failed',
    missedCheck: false,
    detail: 'no',
  } as const;
  assert.ok(keysOf(story.decide(refused)).length > 0);
  assert.equal(verdictOf(story, 'web-primary'), 'unhealthy');
});

test('what the last process failed says nothing about the next one', () => {
  const story = calm(0);
  story.read('web', 'web-primary', { check: 'failing', checkFailure: 'answered', failuresInARow: 2 });
  story.decide();
  assert.equal(verdictOf(story, 'web-primary'), 'suspect');
  story.now += 100;
  story.seeMember('web', 'web-primary', { startedAt: story.now });
  story.decide();
  assert.equal(verdictOf(story, 'web-primary'), 'starting');
});

test('requests that failed are suspicion, however many a reading tells of', () => {
  const story = calm();
  story.read('web', 'web-primary', { check: 'failing', checkFailure: 'requests', failuresInARow: 50 });
  assert.deepEqual(restarts(keysOf(story.pass(60))), []);
  assert.equal(verdictOf(story, 'web-primary'), 'suspect');
});

test('a failed check that is told twice in a breath is one', () => {
  const story = calm();
  const failed = {
    kind: 'check_failed',
    service: 'web',
    member: 'web-primary',
    port: 80,
    checkFailure: 'answered',
    detail: '',
  } as const;
  story.decide(failed);
  story.now += 20;
  story.decide(failed);
  assert.deepEqual(story.memory.services['web']?.members['web-primary']?.failedByPort, { 80: 1 });
  story.now += 500;
  story.decide(failed);
  assert.deepEqual(story.memory.services['web']?.members['web-primary']?.failedByPort, { 80: 2 });
});

test('who is in traffic and has passed no check yet takes nobody over', () => {
  const story = calm();
  story.read('web', 'web-backup', { check: 'unknown' });
  story.decide();
  story.now += 100;
  story.seeMember('web', 'web-primary', { state: 'exited', exitCode: 1, ended: 'failed' });
  assert.deepEqual(keysOf(story.decide()), ['start web web-primary']);
});

test('a supervisor that was held up gives what it begins the longer, and believes in no short stall', () => {
  const story = calm();
  story.loopLagMs = 2000;
  const stalled = { kind: 'stalled', service: 'web', member: 'web-primary', forMs: 3000 } as const;
  assert.deepEqual(keysOf(story.decide(stalled)), []);
  story.seeMember('web', 'web-primary', { state: 'exited', exitCode: 1, ended: 'failed' });
  const start = story.decide().find(({ kind }) => kind === 'start');
  assert.equal(start?.kind === 'start' && start.deadlineMs, policy.deadlineMs.container_exit + 2000);
});
