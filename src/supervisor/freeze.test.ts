import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coldPair, hotPair, single, Story } from '../../test/support/story.ts';
import { orderUnsupervised } from './order.ts';

test('frozen, killed and started again: still frozen; the gateway and we lead traffic away; thawed, it is repaired', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  assert.equal(story.supervisor.order({ kind: 'freeze_asked', reason: 'moving the disk' }).length, 1);
  await story.killSupervisor();
  story.supervise();
  await story.advance('1s');
  await story.kill('web-primary');
  await story.kill('alone');
  await story.advance('60s');
  story.expectLeader('web-backup');
  assert.deepEqual(story.done(), ['lead web-backup', 'take_out web-primary'], story.told());
  assert.equal(story.supervisor.status().freeze?.cause, 'person');
  assert.equal(story.supervisor.status().frozen, 'moving the disk');
  assert.ok(story.incidents().every(({ endedAt }) => endedAt === null));
  story.supervisor.order({ kind: 'thaw_asked' });
  await story.advance('20s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy', alone: 'healthy' });
  assert.deepEqual(
    story.events('freeze').map(({ message }) => message.split(';')[0]),
    ['repairs are frozen (moving the disk): watched, traffic led away, nothing repaired, until thaw', 'repairs go on'],
  );
});

test('a freeze given while nobody supervises counts for whoever does next', async () => {
  await using story = await Story.begin({ alone: { image: 'shop/alone:1', restart: 'no' } });
  await story.killSupervisor();
  orderUnsupervised(story.store, story.clock, story.fleet, { kind: 'freeze_asked', reason: '' });
  assert.equal((await story.during(story.look())).freeze?.cause, 'person');
  await story.kill('alone');
  await story.killSupervisor();
  story.supervise();
  await story.advance('30s');
  assert.deepEqual(story.done(), [], story.told());
});

test('a freeze given before the engine answered for the first time holds from the first decision on', async () => {
  await using story = await Story.begin({ alone: { image: 'shop/alone:1', restart: 'no' } });
  await story.killSupervisor();
  await story.kill('alone');
  story.engine.goAway();
  story.supervise();
  await story.advance('1s');
  assert.equal(story.supervisor.order({ kind: 'freeze_asked', reason: '' }).length, 1);
  await story.killSupervisor();
  story.engine.comeBack();
  story.supervise();
  await story.advance('30s');
  assert.deepEqual(story.done(), [], story.told());
});

test('maintenance of a service: nothing is repaired and nobody is alarmed until its time is over', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  const until = story.clock.now() + 60_000;
  story.supervisor.order({ kind: 'maintenance_asked', service: 'alone', on: true, until });
  await story.kill('alone');
  await story.advance('30s');
  assert.deepEqual(story.done(), [], story.told());
  assert.deepEqual(story.incidents(), []);
  assert.deepEqual(story.service('alone').maintenance?.until, until);
  story.expectVerdicts({ alone: 'unhealthy' });
  await story.advance('40s');
  story.expectVerdicts({ alone: 'healthy' });
  assert.equal(story.service('alone').maintenance, null);
});

test('what a person does himself is done in a freeze too', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.supervisor.order({ kind: 'freeze_asked', reason: '' });
  await story.during(story.supervisor.failover('web'));
  story.expectLeader('web-backup');
  await story.during(story.supervisor.restart('web'));
  await story.advance('5s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
});

test('a planned switch of a cold pair is carried to its end in a freeze too', async () => {
  await using story = await Story.begin({ worker: coldPair });
  story.supervisor.order({ kind: 'freeze_asked', reason: '' });
  await story.during(story.supervisor.failover('worker'));
  await story.advance('10s');
  story.expectLeader('worker-backup');
  story.expectVerdicts({ 'worker-primary': 'standby', 'worker-backup': 'healthy' });
  await story.kill('worker-backup');
  await story.advance('30s');
  story.expectVerdicts({ 'worker-backup': 'unhealthy' });
});
