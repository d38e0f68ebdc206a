import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hotPair, Story } from '../../test/support/story.ts';
import type { Service } from '../compose/project.ts';

const warmPair: Service = { ...hotPair, restart: 'always', 'x-twinhull': { mode: 'pair', standby: 'warm' } };
const { ports: _ports, healthcheck: _check, ...portless } = warmPair;
const pairs: Readonly<Record<string, Service>> = { 'behind a gateway': warmPair, 'without a gateway': portless };

const begin = (web: Service): Promise<Story> => Story.begin({ web });

function expectStandby(story: Story, leader: string, standby: string): void {
  story.expectVerdicts({ [leader]: 'healthy', [standby]: 'standby' });
  story.expectLeader(leader);
  assert.deepEqual(
    [leader, standby].map((name) => story.container(name).state),
    ['running', 'paused'],
    story.told(),
  );
  assert.equal(story.service('web').serving, true);
}

for (const [where, pair] of Object.entries(pairs)) {
  test(`a warm pair ${where}: the backup passes its check once, and is paused`, async () => {
    await using story = await begin(pair);
    expectStandby(story, 'web-primary', 'web-backup');
    assert.deepEqual(story.incidents(), []);
    const before = story.done();
    await story.advance('60s');
    assert.deepEqual(story.done(), before, 'and that is all');
  });

  test(`a warm pair ${where}, the leader is killed: the other one goes on at once, the dead one is started and paused`, async () => {
    await using story = await begin(pair);
    const { startedAt } = story.container('web-backup');
    await story.kill('web-primary');
    await story.advance('500ms');
    story.expectLeader('web-backup');
    assert.equal(story.container('web-backup').startedAt, startedAt, 'it was unpaused, not started');
    await story.advance('20s');
    expectStandby(story, 'web-backup', 'web-primary');
    assert.ok(
      story.incidents().every(({ outcome }) => outcome === 'repaired'),
      story.told(),
    );
  });

  test(`a warm pair ${where}, somebody unpauses the standby: it is paused again`, async () => {
    await using story = await begin(pair);
    await story.engine.unpauseContainer(story.container('web-backup').id);
    await story.advance('10s');
    expectStandby(story, 'web-primary', 'web-backup');
  });

  test(`a warm pair ${where}, the standby ends: it is started, proves itself and is paused`, async () => {
    await using story = await begin(pair);
    await story.kill('web-backup');
    await story.advance('20s');
    expectStandby(story, 'web-primary', 'web-backup');
  });

  test(`a warm pair ${where}, a planned switch: the other one goes on, then the first one is paused`, async () => {
    await using story = await begin(pair);
    const { from, to } = await story.during(story.supervisor.failover('web'));
    assert.deepEqual({ from, to }, { from: 'web-primary', to: 'web-backup' });
    await story.advance('10s');
    expectStandby(story, 'web-backup', 'web-primary');
    assert.deepEqual(story.incidents(), []);
  });

  test(`a warm pair ${where}, the engine is restarted: one leads, the other one is paused again`, async () => {
    await using story = await begin(pair);
    story.engine.shutDown();
    await story.advance('3s');
    story.engine.comeBack();
    await story.advance('40s');
    expectStandby(story, 'web-primary', 'web-backup');
  });

  test(`a warm pair ${where}, the supervisor is killed while the leader is dead: the next one goes on`, async () => {
    await using story = await begin(pair);
    await story.killSupervisor();
    await story.kill('web-primary');
    await story.advance('5s');
    story.supervise();
    await story.advance('20s');
    const [leader, standby] = story.service('web').members.toSorted((one, other) => (one.role < other.role ? 1 : -1));
    expectStandby(story, leader?.name ?? '', standby?.name ?? '');
  });
}

test('a warm pair under load, the leader hangs: the other one is woken at the first sign, and no GET fails', async () => {
  await using story = await begin(warmPair);
  story.hang('web-primary');
  assert.equal(await story.load('web', 1500), 0, story.told());
  story.expectLeader('web-backup');
});

test('a warm pair, the leader is paused by somebody: both go on, one of them rests again', async () => {
  await using story = await begin(warmPair);
  await story.pause('web-primary');
  await story.advance('20s');
  const states = ['web-primary', 'web-backup'].map((name) => story.container(name).state);
  assert.deepEqual(states.toSorted(), ['paused', 'running'], story.told());
  assert.equal(story.service('web').serving, true);
});

test('a warm standby on its way to rest is let in again when the leader fails in that moment', async () => {
  await using story = await begin(warmPair);
  const request = story.gateway('web').request(80, { takesMs: 8000 });
  await story.during(story.supervisor.failover('web'));
  await story.advance('3500ms');
  const [underWay] = story.store.pending().map(({ action }) => (action as { kind: string }).kind);
  assert.equal(underWay, 'rest', 'it finishes what it has');
  await story.kill('web-backup');
  assert.ok((await story.load('web', 1000)) <= 1, 'what came in the moment in which nobody took any');
  assert.equal((await story.during(request)).status, 200);
  story.expectLeader('web-primary');
});

for (const comesThrough of [true, false])
  test(`the leader falls ill while the other one goes to rest, and its pause ${comesThrough ? 'comes' : 'does not come'} through: it works on`, async () => {
    await using story = await begin(warmPair);
    const { id } = story.container('web-backup');
    const pause = story.engine.pauseContainer.bind(story.engine);
    const pauses = (_id: string, { signal }: { readonly signal: AbortSignal }): Promise<void> => {
      story.sicken('web-primary');
      if (comesThrough) void pause(id);
      return story.clock.sleep(3_600_000, signal);
    };
    const starts: string[] = [];
    const start = story.engine.startContainer.bind(story.engine);
    await story.engine.unpauseContainer(id);
    await story.advance('1s');
    story.engine.loseEvents();
    Object.assign(story.engine, {
      pauseContainer: pauses,
      startContainer: (started: string) => {
        starts.push(started);
        return start(started);
      },
    });
    await story.advance('6s');
    story.expectLeader('web-backup');
    assert.equal(story.container('web-backup').state, 'running', story.told());
    assert.deepEqual(starts, []);
    assert.deepEqual(
      story.log.filter((line) => line.includes('could not')),
      [],
    );
  });
