import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coldPair, hotPair, single, Story } from '../../test/support/story.ts';

test('the engine goes away: nothing is concluded; it comes back: nothing was done', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  story.engine.goAway();
  await story.advance('60s');
  assert.deepEqual(story.done(), [], story.told());
  story.engine.comeBack();
  await story.advance('20s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy', alone: 'healthy' });
  assert.deepEqual(story.done(), []);
  assert.deepEqual(story.incidents(), []);
});

test('the engine is away and the primary hangs: traffic is moved all the same', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.engine.goAway();
  story.hang('web-primary');
  await story.advance('5s');
  assert.deepEqual(story.done(), ['lead web-backup'], story.told());
});

test('an engine that shuts down stops its containers: no stop was asked for', async () => {
  await using story = await Story.begin({ worker: coldPair, alone: single });
  await story.stop('worker-primary');
  story.engine.goAway();
  await story.advance('5s');
  story.engine.comeBack();
  await story.advance('20s');
  assert.ok(
    ['worker-primary', 'worker-backup'].some((name) => story.member(name).verdict === 'healthy'),
    story.told(),
  );
});

test('events are lost: the list of the next monitoring interval tells', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.engine.loseEvents();
  await story.engine.pauseContainer(story.container('web-backup').id);
  await story.advance('12s');
  const done = story.done();
  assert.ok(done.includes('unpause web-backup') && !done.includes('restart_soft web-backup'), story.told());
});

test('the supervisor is killed while it repairs: the next one finishes', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.hang('web-primary');
  await story.advance('10s');
  assert.ok(
    story.store.pending().some(({ action }) => (action as { kind: string }).kind === 'restart_soft'),
    story.told(),
  );
  await story.killSupervisor();
  await story.advance('2s');
  story.supervise();
  await story.advance('25s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  assert.deepEqual(story.store.pending(), []);
  assert.ok(
    story.incidents().every(({ endedAt }) => endedAt !== null),
    story.told(),
  );
  assert.equal(story.incidents().length, 1);
});

test('a member died while nobody supervised: repaired at the next start', async () => {
  await using story = await Story.begin({ alone: { image: 'shop/alone:1', restart: 'no' }, web: hotPair });
  await story.killSupervisor();
  await story.kill('alone');
  await story.advance('5s');
  story.supervise();
  await story.advance('10s');
  story.expectVerdicts({ alone: 'healthy' });
});

test('a member was stopped while nobody supervised: it stays stopped', async () => {
  await using story = await Story.begin({ alone: single, web: hotPair });
  await story.killSupervisor();
  await story.stop('alone');
  await story.advance('5s');
  story.supervise();
  await story.advance('30s');
  story.expectVerdicts({ alone: 'stopped' });
  assert.deepEqual(story.done(), []);
});

test('the leader after a failover is still the leader after a new start', async () => {
  await using story = await Story.begin({ web: hotPair, worker: coldPair });
  await story.kill('web-primary');
  await story.kill('worker-primary');
  await story.advance('10s');
  await story.killSupervisor();
  story.supervise();
  await story.advance('10s');
  story.expectLeader('web-backup');
  story.expectLeader('worker-backup');
  assert.equal(story.service('web').serving, true);
});

test('while a deployment works on a service, nothing of it is repaired; afterwards it is', async () => {
  await using story = await Story.begin({ web: hotPair });
  const work = story.supervisor.withBusy(['web'], async () => {
    await story.kill('web-primary');
    await story.clock.sleep(5000);
    assert.deepEqual(story.done(), []);
  });
  await story.during(work);
  await story.advance('10s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
});

test('a member that a deployment stops and starts is starting in the meantime, not unhealthy and not stopped', async () => {
  await using story = await Story.begin({ web: hotPair });
  const { id } = story.container('web-backup');
  await story.during(
    story.supervisor.withBusy(['web'], async () => {
      await story.ownEngine.stopContainer(id, { timeoutSeconds: 1 });
      await story.clock.sleep(2000);
      await story.ownEngine.startContainer(id);
    }),
  );
  await story.advance('10s');
  const verdicts = story.events('verdict').filter(({ member }) => member === 'web-backup');
  assert.doesNotMatch(verdicts.map(({ message }) => message).join('\n'), /is (unhealthy|stopped)/);
  story.expectVerdicts({ 'web-backup': 'healthy' });
});

test('with nobody supervising, one look tells what is, and changes nothing', async () => {
  await using story = await Story.begin({ web: hotPair, worker: coldPair });
  await story.killSupervisor();
  await story.kill('worker-primary');
  await story.kill('web-backup');
  await story.advance('5s');
  const status = await story.during(story.look());
  assert.equal(status.supervised, false);
  const verdicts = status.services.flatMap(({ members }) =>
    members.map(({ name, role, verdict }) => [name, role, verdict]),
  );
  assert.deepEqual(verdicts, [
    ['web-primary', 'primary', 'healthy'],
    ['web-backup', 'backup', 'stopped'],
    ['worker-primary', 'primary', 'stopped'],
    ['worker-backup', 'backup', 'standby'],
  ]);
  assert.deepEqual(story.done(), []);
  assert.equal(story.container('worker-backup').state, 'created');
});

test('a defect of ours in a list ends the supervisor, loudly; an engine that does not answer does not', async () => {
  await using story = await Story.begin({ web: hotPair });
  Object.assign(story.engine, { listContainers: () => Promise.reject(new TypeError('a defect of ours')) });
  await story.advance('11s');
  await assert.rejects(story.ended(), /a defect of ours/);
});
