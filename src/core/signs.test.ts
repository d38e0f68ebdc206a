import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, lineOf, serviceModel } from '../../test/support/core-story.ts';
import { done, effectsIn, pass } from '../../test/support/core-signs.ts';
import type { ServiceModel, SignPolicy, SignSeen } from './model.ts';

const ages = { warnAgeMs: null, failAgeMs: null };
const beat: SignPolicy = { name: 'the heartbeat /tmp/beat', kind: 'heartbeat', warn: 30_000, fail: 60_000, ...ages };
const jobs: SignPolicy = { name: 'the progress done', kind: 'progress', warn: null, fail: 60_000, ...ages };
const queue: SignPolicy = {
  name: 'the queue tasks',
  kind: 'queue',
  warn: 100,
  fail: 1000,
  warnAgeMs: null,
  failAgeMs: 300_000,
};
const errors: SignPolicy = { name: 'the errors failed', kind: 'errors', warn: 0.05, fail: 0.1, ...ages };
const zombies: SignPolicy = { name: 'zombies', kind: 'zombies', warn: 10, fail: 100, ...ages };

const { policy } = serviceModel('worker');
const single = (...signs: SignPolicy[]): ServiceModel =>
  serviceModel('worker', {
    mode: 'single',
    balance: null,
    members: [{ name: 'worker', role: 'primary', startsAtUp: true }],
    policy: { ...policy, hasGateway: false, signs },
  });
const cluster = (...signs: SignPolicy[]): ServiceModel =>
  serviceModel('worker', {
    mode: 'cluster',
    balance: null,
    members: ['worker-1', 'worker-2', 'worker-3'].map((name) => ({ name, role: 'replica' as const, startsAtUp: true })),
    policy: { ...policy, hasGateway: false, signs },
  });

function well(model: ServiceModel): CoreStory {
  const story = new CoreStory([model]);
  story.decide();
  story.now += 20_000;
  story.decide();
  return story;
}

function say(story: CoreStory, member: string, ...signs: SignSeen[]): void {
  story.seeMember('worker', member, { signs });
}

const beaten = (ageMs: number, hasBeaten = true): SignSeen => ({
  name: beat.name,
  kind: 'heartbeat',
  ageMs,
  hasBeaten,
});
const alertsIn = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('alert'));

test('a heart that has stopped: unresponsive, restarted, then killed and started', () => {
  const story = well(single(beat));
  say(story, 'worker', beaten(61_000));
  const lines = story.decide().map(lineOf);
  assert.match(
    lines.join('\n'),
    /open_incident worker unresponsive: worker the heartbeat \/tmp\/beat was last seen 1 min 1 s ago/,
  );
  assert.deepEqual(effectsIn(lines), ['restart_soft worker worker']);
  done(story, 'restart_soft worker worker');
  say(story, 'worker', beaten(61_000, false));
  const next = pass(story, 70);
  assert.ok(effectsIn(next).includes('restart_hard worker worker'), next.join('\n'));
});

test('a heart that beats late is told, and left to beat', () => {
  const story = well(single(beat));
  say(story, 'worker', beaten(40_000));
  const lines = pass(story, 30);
  assert.deepEqual([effectsIn(lines), alertsIn(lines).length], [[], 1]);
});

test('a repair is proven by a beat: until it comes the member is starting', () => {
  const story = well(single(beat));
  say(story, 'worker', beaten(61_000));
  story.decide();
  const lines = [...done(story, 'restart_soft worker worker'), ...pass(story, 4)];
  assert.match(lines.join('\n'), /verdict worker unhealthy -> starting: its heartbeat has not come yet/);
  say(story, 'worker', beaten(0));
  assert.match(pass(story, 5).join('\n'), /close_incident worker repaired/);
});

test('a heartbeat that nobody can read says nothing, and is told when it stays so', () => {
  const story = well(single(beat));
  say(story, 'worker', { name: beat.name, kind: 'unknown', forMs: 20_000, why: 'no permission' });
  assert.deepEqual(pass(story, 20), []);
  say(story, 'worker', { name: beat.name, kind: 'unknown', forMs: 70_000, why: 'no permission' });
  assert.deepEqual(pass(story, 120), ['alert worker: worker: the heartbeat /tmp/beat cannot be read: no permission']);
});

test('no progress while there is work is a hang; a short one is none', () => {
  const story = well(single(jobs));
  say(story, 'worker', { name: jobs.name, kind: 'progress', stuckMs: 50_000 });
  assert.deepEqual(pass(story, 5), []);
  say(story, 'worker', { name: jobs.name, kind: 'progress', stuckMs: 60_000 });
  const lines = pass(story, 1);
  assert.match(lines.join('\n'), /unresponsive: worker the progress done has not grown for 1 min while there is work/);
  assert.deepEqual(effectsIn(lines), ['restart_soft worker worker']);
});

test('none of a cluster makes progress: what they share may be the cause, so they are held for a minute', () => {
  const story = well(cluster(jobs));
  for (const name of ['worker-1', 'worker-2', 'worker-3']) {
    say(story, name, { name: jobs.name, kind: 'progress', stuckMs: 60_000 });
  }
  assert.deepEqual(effectsIn(pass(story, 55)), []);
  assert.equal(effectsIn(pass(story, 10)).length, 1, 'then one at a time');
});

test('a queue that is too long is load: told once at each level, and nobody is restarted', () => {
  const story = well(cluster(queue));
  const lines: string[] = [];
  for (const length of [50, 200, 400, 2000, 5000]) {
    story.see('worker', { signs: [{ name: queue.name, kind: 'queue', length, ageMs: 1000 }] });
    lines.push(...pass(story, 60));
  }
  assert.deepEqual(lines, [
    'alert worker: the queue tasks has 200 entries or more; more members could help; scale_up is not available: no maximum is set',
    'alert worker: the queue tasks has 2000 entries or more; more members could help; scale_up is not available: no maximum is set',
  ]);
});

test('entries that wait too long are told with how long', () => {
  const story = well(single(queue));
  story.see('worker', { signs: [{ name: queue.name, kind: 'queue', length: 3, ageMs: 400_000 }] });
  const lines = pass(story, 10);
  assert.match(lines.join('\n'), /the oldest entry of the queue tasks has waited for 6 min 40 s/);
  assert.deepEqual(effectsIn(lines), []);
});

const failing = (share: number): SignSeen => ({ name: errors.name, kind: 'errors', share });

test('errors of one member, while another one has few: it is restarted, one at a time', () => {
  const story = well(cluster(errors));
  say(story, 'worker-1', failing(0.4));
  say(story, 'worker-2', failing(0.01));
  say(story, 'worker-3', failing(0.3));
  const lines = pass(story, 1);
  assert.match(lines.join('\n'), /unresponsive: worker-1 the errors failed: 40 % fail/);
  assert.deepEqual(effectsIn(lines), ['restart_soft worker worker-1']);
});

test('errors that all have are not theirs: told, and nobody is restarted', () => {
  const story = well(cluster(errors));
  for (const name of ['worker-1', 'worker-2', 'worker-3']) say(story, name, failing(0.4));
  const lines = pass(story, 60);
  assert.deepEqual([effectsIn(lines), alertsIn(lines).length], [[], 3]);
});

test('errors of the only one are told', () => {
  const story = well(single(errors));
  say(story, 'worker', failing(0.4));
  const lines = pass(story, 60);
  assert.deepEqual([effectsIn(lines), alertsIn(lines)], [[], ['alert worker: worker: the errors failed: 40 % fail']]);
});

test('processes that nobody reaps use up what others need: restarted while another one serves', () => {
  const story = well(cluster(zombies));
  say(story, 'worker-2', { name: zombies.name, kind: 'zombies', count: 120 });
  assert.deepEqual(effectsIn(pass(story, 1)), ['restart_soft worker worker-2']);
  const alone = well(single(zombies));
  say(alone, 'worker', { name: zombies.name, kind: 'zombies', count: 120 });
  const lines = pass(alone, 60);
  assert.deepEqual([effectsIn(lines), alertsIn(lines).length], [[], 1]);
});

test('a member behind a gateway whose heart beats, and that its gateway cannot reach, is cut off', () => {
  const pair = serviceModel('worker', { policy: { ...policy, signs: [beat] } });
  const story = well(pair);
  say(story, 'worker-primary', beaten(1000));
  for (let checks = 0; checks < 12; checks++) {
    story.now += 400;
    story.decide({
      kind: 'check_failed',
      service: 'worker',
      member: 'worker-primary',
      port: 80,
      checkFailure: 'unreachable',
      detail: 'L4TOUT',
    });
  }
  assert.equal(story.memory.services['worker']?.members['worker-primary']?.incident?.failure, 'network_partition');
});

test('a sign that is in no policy, or of which nothing is known yet, says nothing', () => {
  const story = well(single());
  say(story, 'worker', beaten(900_000));
  assert.deepEqual(pass(story, 5), []);
  assert.deepEqual(pass(well(single(beat, jobs, errors, queue, zombies)), 5), []);
});
