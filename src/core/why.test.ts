import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, serviceModel } from '../../test/support/core-story.ts';
import type { MemberSeen, ServiceModel, Signal } from './model.ts';
import { type Explanation, explain } from './why.ts';

const dead: Partial<MemberSeen> = { state: 'exited', ended: 'failed', exitCode: 137 };

function lone(name: string, ...dependsOn: string[]): ServiceModel {
  const members = [{ name, role: 'primary' as const, startsAtUp: true }];
  return serviceModel(name, { mode: 'single', balance: null, members, dependsOn });
}

function calm(...models: readonly ServiceModel[]): CoreStory {
  const story = new CoreStory(models);
  story.decide();
  story.now += 20_000;
  return story;
}

function why(story: CoreStory, name: string): Explanation {
  return explain(story.model, story.memory, name, story.now) ?? assert.fail(`nothing is called ${name}`);
}

const next = (story: CoreStory, name: string): string[] => why(story, name).next.map(({ text }) => text);

function ended(key: string, outcome: 'done' | 'failed'): Signal {
  return { kind: 'action_ended', key, service: key.split(' ')[1] ?? '', outcome, missedCheck: false, detail: '' };
}

test('well: nothing happens, and what would', () => {
  const story = calm(serviceModel('web'), lone('alone'));
  story.decide();
  assert.deepEqual(next(story, 'web-primary'), [
    'nothing, as long as it is well; if it fails, another one leads at once and it is repaired',
  ]);
  assert.deepEqual(next(story, 'alone'), []);
  assert.deepEqual(
    why(story, 'alone').members[0]?.next[0]?.text,
    'nothing, as long as it is well; if it fails, it is repaired',
  );
  assert.equal(why(story, 'web').is, 'serving');
  assert.equal(explain(story.model, story.memory, 'nobody', story.now), null);
});

test('restarted, and it has to prove that it helped: until when, and what comes then', () => {
  const story = calm(serviceModel('web'));
  story.read('web', 'web-primary', { check: 'failing', failuresInARow: 20 });
  story.decide();
  story.now += 1500;
  story.decide();
  assert.deepEqual(next(story, 'web-primary'), [
    'in 31 s it is killed and started, unless what is under way has ended before',
  ]);
  story.decide(ended('restart_soft web web-primary', 'done'));
  story.now += 18_000;
  story.decide();
  assert.deepEqual(next(story, 'web-primary'), ['in 12 s it is killed and started, unless it passes its check before']);
  const { facts } = why(story, 'web-primary');
  assert.ok(facts.some(({ text }) => text === 'it was restarted, and has to show that this helped'));
});

test('a repair that did not last waits: for what, and for how long', () => {
  const story = calm(lone('alone'));
  story.seeMember('alone', 'alone', dead);
  story.decide();
  story.seeMember('alone', 'alone', { state: 'running', ended: 'unseen', startedAt: story.now });
  story.decide(ended('start alone alone', 'done'));
  for (let look = 0; look < 2; look++) {
    story.now += 4000;
    story.decide();
  }
  story.seeMember('alone', 'alone', dead);
  story.decide();
  const [alone] = why(story, 'alone').members;
  assert.deepEqual(
    alone?.next.map(({ text }) => text),
    ['the last repair did not last, so the next one waits 2 s, for another 2 s at most', 'in 2 s it is started again'],
  );
  assert.equal(alone?.next[1]?.at, story.now + 2000);
  assert.match(why(story, 'alone').facts[0]?.text ?? '', /without service|1 of 3 repairs/);
});

test('a freeze, maintenance, the brake and an emergency are the reason where they are', () => {
  const frozen = calm(lone('alone'));
  frozen.decide({ kind: 'freeze_asked', reason: 'moving' });
  frozen.seeMember('alone', 'alone', dead);
  frozen.decide();
  const words = 'repairs are frozen (moving): nothing is repaired until "twinhull thaw"';
  assert.deepEqual(why(frozen, 'alone').members[0]?.next[0]?.text, words);
  assert.equal(why(frozen, 'alone').facts[0]?.text, words);

  const maintained = calm(lone('alone'));
  const until = maintained.now + 60_000;
  maintained.decide({ kind: 'maintenance_asked', service: 'alone', on: true, until });
  assert.deepEqual(why(maintained, 'alone').facts, [
    { at: until, text: 'it is in maintenance for another 1 min: nothing of it is repaired' },
  ]);

  const braked = calm(serviceModel('web'));
  for (const member of ['web-primary', 'web-backup'])
    braked.read('web', member, { check: 'failing', failuresInARow: 20 });
  braked.decide();
  assert.match(next(braked, 'web')[0] ?? '', /^the brake is on for another 1 min: what runs is not ended meanwhile/);

  const much = calm(lone('db'), lone('api', 'db'), lone('web', 'api'));
  for (const name of ['db', 'api', 'web']) much.seeMember(name, name, dead);
  much.decide();
  const api = why(much, 'api').members[0]?.next.map(({ text }) => text);
  assert.ok(api?.includes('an emergency plan is carried out: it is started after db'), api?.join('\n'));
});

test('quarantined: when it gets one more chance, and how at once', () => {
  const story = calm(serviceModel('web'));
  const member = story.memory.services['web']?.members['web-primary'];
  assert.ok(member);
  member.quarantinedAt = story.now;
  story.decide();
  const saying = why(story, 'web-primary').next[0];
  assert.match(saying?.text ?? '', /^in 10 min it gets one more chance/);
  assert.equal(saying?.at, story.now + 600_000);
});

test('stopped on request and suspect', () => {
  const story = calm(lone('alone'), serviceModel('web'));
  story.seeMember('alone', 'alone', { state: 'exited', ended: 'asked' });
  story.decide({
    kind: 'check_failed',
    service: 'web',
    member: 'web-backup',
    port: 80,
    checkFailure: 'answered',
    detail: 'L7',
  });
  assert.match(why(story, 'alone').members[0]?.next[0]?.text ?? '', /^nothing: somebody asked for it/);
  assert.match(next(story, 'web-backup')[0] ?? '', /^it is repaired when it has failed \d+ times in a row/);
  assert.match(why(story, 'web-backup').facts[0]?.text ?? '', /failed 1 check$/);
});

test('a pair of which one writes: what comes when it fails, and what the change waits for', () => {
  const policy = { ...serviceModel('db').policy, standby: 'cold', oneWriter: true } as const;
  const story = new CoreStory([serviceModel('db', { policy })]);
  story.seeMember('db', 'db-primary', { restartPolicy: 'no' });
  story.seeMember('db', 'db-backup', { state: 'created', startedAt: 0, restartPolicy: 'no' });
  story.read('db', 'db-backup', { traffic: 'out', check: 'unknown' });
  story.decide();
  assert.deepEqual(next(story, 'db-primary'), [
    'nothing, as long as it is well; if it fails, it is ended and proven stopped, then db-backup is started',
  ]);
  story.decide({ kind: 'switch_asked', service: 'db', to: 'db-backup' });
  const waits = 'db-primary is being ended; when it has ended and is proven stopped, db-backup is started in its place';
  assert.deepEqual([next(story, 'db-primary'), next(story, 'db-backup')], [[waits], [waits]]);
  story.seeMember('db', 'db-primary', { state: 'exited', ended: 'unseen' });
  story.decide(ended('stop db db-primary', 'done'));
  assert.deepEqual(next(story, 'db-backup'), ['db-backup is being started in place of db-primary']);
});
