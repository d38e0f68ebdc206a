/** What is a sign of a common cause, and what looks like one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calmStory, CoreStory, loneService, serviceModel } from '../../test/support/core-story.ts';
import type { MemberSeen } from './model.ts';

const dead: Partial<MemberSeen> = { state: 'exited', exitCode: 1, ended: 'failed' };
const sick = { check: 'failing', checkFailure: 'answered', failuresInARow: 5 } as const;

/** One fails and is started again, and the next one after so many seconds. */
function failOneAfterAnother(names: readonly string[], seconds: number): CoreStory {
  const story = calmStory(...names.map((name) => loneService(name)), loneService('other'));
  for (const name of names) {
    story.seeMember(name, name, dead);
    story.decide();
    story.now += 100;
    story.seeMember(name, name, { state: 'running', startedAt: story.now, ended: 'unseen' });
    const key = `start ${name} ${name}`;
    story.decide({ kind: 'action_ended', key, service: name, outcome: 'done', missedCheck: false, detail: '' });
    story.pass(seconds);
  }
  return story;
}

test('three failures of different services are a cascade within five minutes, and none when they take longer', () => {
  assert.equal(failOneAfterAnother(['a', 'b', 'c'], 120).memory.emergency?.cause, 'cascade');
  assert.equal(failOneAfterAnother(['a', 'b', 'c'], 160).memory.emergency, undefined);
});

test('a cluster that is sick is no sign against the others', () => {
  const replicas = ['1', '2', '3', '4'].map((n) => ({ name: `api-${n}`, role: 'replica' as const, startsAtUp: true }));
  const story = calmStory(
    serviceModel('api', { mode: 'cluster', balance: 'spread', members: replicas }),
    serviceModel('web'),
  );
  for (const { name } of replicas) story.read('api', name, sick);
  story.pass(3);
  assert.equal(story.memory.freeze, null);
  story.read('web', 'web-primary', sick);
  story.pass(1);
  assert.notEqual(story.memory.freeze, null, 'of two services it is');
});

test('as long as it is not clear whether somebody stopped it, nothing is an emergency', () => {
  const story = calmStory(loneService('web'));
  const until = story.now + 20_000;
  story.seeMember('web', 'web', { ...dead, ended: 'unclear', unclearUntil: until });
  story.pass(10);
  assert.equal(story.memory.nothingServesSince, undefined);
});

test('what has never served is no emergency when it does not', () => {
  const story = new CoreStory([loneService('web'), loneService('api')]);
  for (const name of ['web', 'api']) story.seeMember(name, name, { state: 'created', startedAt: 0 });
  story.pass(20);
  assert.equal(story.memory.emergency, undefined);
});
