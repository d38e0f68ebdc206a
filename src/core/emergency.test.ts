import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, keysOf, lineOf, serviceModel } from '../../test/support/core-story.ts';
import { fullMemory } from '../../test/support/core-signs.ts';
import { keyOf, type Action } from './actions.ts';
import type { MemberSeen, ServiceModel } from './model.ts';

const dead: Partial<MemberSeen> = { state: 'exited', ended: 'failed', exitCode: 137 };

function lone(name: string, ...dependsOn: string[]): ServiceModel {
  const members = [{ name, role: 'primary' as const, startsAtUp: true }];
  return serviceModel(name, { mode: 'single', balance: null, members, dependsOn });
}

/** In the order of the plan: dependencies first. */
const shop = [lone('db'), lone('api', 'db'), lone('web', 'api'), lone('cache')];

function calm(models: readonly ServiceModel[] = shop): CoreStory {
  const story = new CoreStory(models);
  story.decide();
  story.now += 20_000;
  return story;
}

function kill(story: CoreStory, ...services: readonly string[]): void {
  for (const service of services) story.seeMember(service, service, dead);
}

/** The start is done; the process runs. */
function started(story: CoreStory, service: string): Action[] {
  story.now += 300;
  const run = { state: 'running', ended: 'unseen', startedAt: story.now } as const;
  story.seeMember(service, service, run);
  const key = keyOf({ kind: 'start', service, member: service });
  return [...story.decide({ kind: 'action_ended', key, service, outcome: 'done', missedCheck: false, detail: '' })];
}

function plan(story: CoreStory): string[] {
  return (story.memory.emergency?.steps ?? []).map(
    ({ what, state, reason }) => `${state} ${what}${reason && `: ${reason}`}`,
  );
}

function alerts(actions: readonly Action[]): string[] {
  return actions.map(lineOf).filter((line) => line.startsWith('alert project: emergency'));
}

test('half of everything fails at once: a plan, printed before; what depends on something is started after it', () => {
  const story = calm();
  kill(story, 'db', 'api', 'web');
  const actions = story.decide();
  assert.deepEqual(keysOf(actions), ['start db db'], 'the first is started in the same decision');
  assert.equal(alerts(actions).length, 1);
  assert.match(alerts(actions)[0] ?? '', /3 of 4 members of 3 services fail at once/);
  assert.deepEqual(plan(story), [
    'done lead requests away from what fails: db, api, web',
    'done tell whoever watches',
    'running leave alone what serves: cache',
    'skipped start more members of clusters that are well: no maximum is set',
    'skipped snapshot data: not available yet',
    'running bring back db',
    'planned bring back api: after db',
    'planned bring back web: after api',
  ]);
  assert.equal(actions.filter(({ kind }) => kind === 'tell').length, 8, 'each step is told');
  const after = started(story, 'db');
  assert.deepEqual(keysOf(after), ['start api api']);
  assert.ok(after.map(lineOf).includes('emergency db: step 6 of 8: bring back db (within 40 s): done'));
  assert.deepEqual(keysOf(started(story, 'api')), ['start web web']);
  started(story, 'web');
  const end = story.pass(5).map(lineOf);
  assert.equal(story.memory.emergency?.outcome, 'well');
  assert.deepEqual(alerts(story.pass(60)), [], 'and no other one follows');
  assert.ok(end.every((line) => !line.startsWith('start ')));
});

test('what dies a moment before what it depends on waits until that one is clear', () => {
  const story = calm();
  kill(story, 'web', 'cache');
  for (const name of ['db', 'api'])
    story.seeMember(name, name, { state: 'exited', ended: 'unclear', unclearUntil: story.now + 250 });
  assert.deepEqual(keysOf(story.decide()), ['start cache cache']);
  assert.equal(story.wakeAt, story.now + 250);
  story.now += 250;
  kill(story, 'db', 'api');
  assert.deepEqual(keysOf(story.decide()), ['start db db']);
});

test('what waits says what for', () => {
  const story = calm();
  kill(story, 'db', 'api', 'web');
  story.decide();
  assert.equal(
    story.memory.services['api']?.members['api']?.considered?.what,
    'it is not started again yet: in this emergency it comes after db',
  );
});

test('a dependency that does not come back holds the others up until its deadline and no longer', () => {
  const story = calm();
  kill(story, 'db', 'api', 'web');
  story.decide();
  const lines = story.pass(39);
  assert.ok(!keysOf(lines).includes('start api api'));
  const later = story.pass(1);
  assert.deepEqual(
    keysOf(later).filter((key) => key.startsWith('start')),
    ['start api api'],
  );
  assert.match(plan(story)[5] ?? '', /^failed bring back db: it had its time/);
  assert.equal(story.memory.emergency?.endedAt, null, 'it goes on until everything is well');
});

test('a pair of which one still serves holds nobody up', () => {
  const story = calm([serviceModel('db'), lone('api', 'db'), lone('web', 'api')]);
  story.seeMember('db', 'db-primary', dead);
  kill(story, 'api', 'web');
  assert.deepEqual(
    keysOf(story.decide()).filter((key) => key.startsWith('start')),
    ['start db db-primary', 'start api api'],
  );
});

test('the standby of a cold pair is not started either before what the pair depends on', () => {
  const policy = { ...lone('worker').policy, standby: 'cold', hasGateway: false } as const;
  const worker = serviceModel('worker', { balance: null, dependsOn: ['db'], policy });
  const story = new CoreStory([lone('db'), worker, lone('api', 'db')]);
  story.seeMember('worker', 'worker-backup', { state: 'created', startedAt: 0 });
  story.decide();
  story.now += 20_000;
  kill(story, 'db', 'api');
  story.seeMember('worker', 'worker-primary', dead);
  assert.deepEqual(keysOf(story.decide()), ['start db db']);
  assert.deepEqual(keysOf(started(story, 'db')).toSorted(), ['start api api', 'start_standby worker worker-backup']);
});

test('three failures of different services within five minutes; what led to one emergency leads to no other', () => {
  const story = calm([...shop, lone('mail'), lone('queue'), lone('docs'), lone('jobs')]);
  const begun: string[] = [];
  for (const service of ['db', 'api', 'web', 'cache', 'mail']) {
    kill(story, service);
    begun.push(...alerts(story.decide()).map((line) => `${service}: ${/\((.+?)\)/.exec(line)?.[1]}`));
    begun.push(...alerts([...started(story, service), ...story.pass(20)]));
  }
  assert.deepEqual(begun, ['web: db, api, web']);
  assert.equal(story.memory.emergency?.outcome, 'well');
  kill(story, 'queue');
  assert.match(alerts(story.decide())[0] ?? '', /\(cache, mail, queue\)/, 'the third after it is another one');
});

test('nothing serves any more, for longer than a restart takes', () => {
  const story = calm([lone('web')]);
  kill(story, 'web');
  assert.deepEqual(alerts(story.pass(3)), []);
  assert.ok(story.wakeAt <= story.now + 1000);
  assert.match(alerts(story.pass(2))[0] ?? '', /nothing of the project serves any more/);
  const quick = calm([lone('web')]);
  kill(quick, 'web');
  quick.decide();
  started(quick, 'web');
  assert.deepEqual(alerts(quick.pass(10)), []);
});

test('what a person stopped, what is in maintenance and what a drill broke is no emergency', () => {
  const stopped = calm([lone('web'), lone('api')]);
  for (const name of ['web', 'api']) stopped.seeMember(name, name, { state: 'exited', ended: 'asked' });
  assert.deepEqual(alerts(stopped.pass(10)), []);
  const maintained = calm();
  for (const service of ['db', 'api', 'web', 'cache'])
    maintained.decide({ kind: 'maintenance_asked', service, on: true, until: null });
  kill(maintained, 'db', 'api', 'web', 'cache');
  assert.deepEqual(alerts(maintained.pass(10)), []);
  const drilled = calm();
  for (const name of ['db', 'api', 'web'])
    drilled.decide({ kind: 'drill_announced', service: name, member: name, until: drilled.now + 60_000 });
  kill(drilled, 'db', 'api', 'web');
  assert.deepEqual(keysOf(drilled.decide()), ['start db db', 'start api api', 'start web web']);
});

test('a freeze stops the plan; thawed it begins anew', () => {
  const story = calm();
  kill(story, 'db', 'api', 'web');
  story.decide();
  const frozen = story.decide({ kind: 'freeze_asked', reason: '' }).map(lineOf);
  assert.ok(frozen.includes('emergency project: the emergency is over after 0 ms: repairs are frozen'));
  assert.equal(
    plan(story).filter((step) => step.startsWith('skipped') && step.endsWith('repairs are frozen')).length,
    4,
  );
  assert.deepEqual(keysOf(story.pass(60)), []);
  assert.equal(alerts(story.decide({ kind: 'thaw_asked' })).length, 1);
});

test('thaw without a freeze ends the plan; what led to it leads to no other, and repairs go on without its order', () => {
  const story = calm();
  kill(story, 'db', 'api', 'web');
  story.decide();
  const ended = story.decide({ kind: 'thaw_asked' });
  assert.deepEqual(keysOf(ended), ['start api api', 'start web web']);
  assert.equal(story.memory.emergency?.outcome, 'ended');
  assert.deepEqual(alerts(story.pass(20)), []);
});

test('what fails after the plan was made gets its own step; what fails again is brought back again', () => {
  const story = calm();
  kill(story, 'db', 'api', 'web');
  story.decide();
  kill(story, 'cache');
  assert.deepEqual(keysOf(story.decide()), ['start cache cache']);
  assert.match(plan(story).at(-1) ?? '', /^running bring back cache/);
  started(story, 'cache');
  kill(story, 'cache');
  story.decide();
  assert.match(plan(story).at(-1) ?? '', /^running bring back cache/);
});

test('running members are repaired one at a time in an emergency, whatever services they are of', () => {
  const story = calm(['a', 'b', 'c', 'd', 'e'].map((name) => serviceModel(name)));
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    for (const member of [`${name}-primary`, `${name}-backup`])
      story.read(name, member, { check: 'failing', failuresInARow: 5 });
  const restarts = keysOf(story.pass(75)).filter((key) => key.startsWith('restart'));
  assert.equal(restarts.length, 1, restarts.join());
});

test('what serves is left alone in an emergency, also where it is near its memory limit', () => {
  const story = calm([serviceModel('web'), lone('db'), lone('api'), lone('mail')]);
  kill(story, 'db', 'api', 'mail');
  assert.equal(alerts(story.decide()).length, 1);
  story.seeMember('web', 'web-primary', fullMemory);
  const web = (): string[] => keysOf(story.pass(5)).filter((key) => key.includes(' web'));
  assert.deepEqual(web(), []);
  story.decide({ kind: 'thaw_asked' });
  assert.deepEqual(web(), ['lead web web-backup']);
});

test('an engine that is silent begins nothing', () => {
  const story = calm();
  story.engineAnswers = false;
  kill(story, 'db', 'api', 'web', 'cache');
  assert.deepEqual(alerts([...story.decide({ kind: 'engine_lost' }), ...story.pass(10)]), []);
});
