/** From what is seen to a kind of failure and its ladder; and what is no failure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calmStory, loneService, CoreStory, keysOf, serviceModel } from '../../test/support/core-story.ts';
import { endsARunning, ladderFor } from './diagnosis.ts';
import type { MemberSeen, ServiceModel } from './model.ts';
import { absentMember } from './turn.ts';

const { policy } = serviceModel('web');

function seen(change: Partial<MemberSeen>): MemberSeen {
  return { ...absentMember('web'), containerId: 'one', state: 'running', ...change };
}

function single(completes = false): ServiceModel {
  return loneService('web', { policy: { ...policy, completes } });
}

function verdictOf(story: CoreStory, name: string): string | undefined {
  return story.memory.services['web']?.members[name]?.verdict;
}

test('the mildest that can help comes first', () => {
  assert.deepEqual(ladderFor('container_exit', seen({ state: 'exited' })), ['start', 'restart_hard', 'replace']);
  assert.equal(ladderFor('unresponsive', seen({ state: 'paused' }))[0], 'unpause');
  assert.equal(ladderFor('unresponsive', seen({}))[0], 'restart_soft');
  assert.equal(ladderFor('network_partition', seen({}))[0], 'reconnect');
  assert.deepEqual(ladderFor('container_exit', seen({ state: 'absent' })), ['replace']);
});

test('who was left behind joins at its start what was started anew, and at its creation what was made anew', () => {
  const left = (how: NonNullable<MemberSeen['leftBehind']>['how']) =>
    ladderFor('network_partition', seen({ leftBehind: { service: 'db', member: 'db', how } }))[0];
  assert.equal(left('restarted'), 'restart_soft');
  assert.equal(left('replaced'), 'replace');
  assert.equal(left('volumes'), 'replace');
});

test('a restart, soft or hard, and a replacement end what runs; a start, an unpause and a lost network do not', () => {
  for (const rung of ['restart_soft', 'restart_hard', 'replace'] as const) {
    assert.ok(endsARunning(rung, seen({})), rung);
    assert.ok(!endsARunning(rung, seen({ state: 'exited' })), rung);
  }
  assert.ok(!endsARunning('start', seen({})));
  assert.ok(!endsARunning('reconnect', seen({ attached: true, detachedFrom: ['other'] })));
  assert.ok(endsARunning('reconnect', seen({ attached: true })), 'connected anew, what is in flight is cut');
});

test('exit 0 is the end of a job and the failure of a server; another code is the failure of both', () => {
  for (const [completes, exitCode, keys] of [
    [true, 0, []],
    [true, 1, ['start web web']],
    [false, 0, ['start web web']],
  ] as const) {
    const story = calmStory(single(completes));
    story.seeMember('web', 'web', { state: 'exited', exitCode, ended: 'failed' });
    assert.deepEqual(keysOf(story.decide()), keys, `${completes} ${exitCode}`);
  }
});

test('unknown is not dead: for one container, and for all of them', () => {
  const one = calmStory(single());
  one.seeMember('web', 'web', { state: 'unknown' });
  assert.deepEqual(keysOf(one.pass(60)), []);
  assert.equal(verdictOf(one, 'web'), 'unknown');
  const all = calmStory(single());
  all.engineAnswers = false;
  all.seeMember('web', 'web', { state: 'exited', exitCode: 1, ended: 'failed' });
  assert.deepEqual(keysOf(all.pass(60)), []);
  assert.equal(verdictOf(all, 'web'), 'unknown');
});

test('a leader of which nothing is known leads on', () => {
  const story = calmStory(serviceModel('web'));
  story.engineAnswers = false;
  story.read('web', 'web-primary', { check: 'unknown' });
  assert.deepEqual(keysOf(story.pass(5)), []);
});

test('one whose health check has not passed yet is starting', () => {
  const story = new CoreStory([single()]);
  story.seeMember('web', 'web', { health: 'starting', healthFailures: 0 });
  story.decide();
  assert.equal(verdictOf(story, 'web'), 'starting');
});

test('a disconnected member is connected again; in its start period a slow one is left alone', () => {
  const story = calmStory(serviceModel('web'));
  story.seeMember('web', 'web-backup', { attached: false });
  assert.deepEqual(keysOf(story.decide()), ['take_out web web-backup', 'reconnect web web-backup']);
  const slow = new CoreStory([serviceModel('web', { policy: { ...policy, startPeriodMs: 60_000 } })]);
  slow.read('web', 'web-backup', { check: 'failing', checkFailure: 'answered', failuresInARow: 9 });
  assert.ok(!keysOf(slow.pass(50)).some((key) => key.startsWith('restart')));
  assert.ok(keysOf(slow.pass(20)).includes('restart_soft web web-backup'));
});

test('a service serves by the brake of its gateway, and not without its gateway', () => {
  const story = calmStory(serviceModel('web'));
  for (const member of ['web-primary', 'web-backup'])
    story.read('web', member, { check: 'failing', checkFailure: 'answered', failuresInARow: 9 });
  story.pass(3);
  assert.equal(story.memory.services['web']?.serving, true);
  const down = calmStory(serviceModel('web'));
  const { gateway } = down.service('web');
  if (gateway) down.see('web', { gateway: { ...gateway, state: 'exited', ended: 'failed' } });
  down.decide();
  assert.equal(down.memory.services['web']?.serving, false);
});
