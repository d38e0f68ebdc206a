import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cluster, hotPair, Story } from '../../test/support/story.ts';

test('a pair comes up: both healthy, the primary leads, nothing is done', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  story.expectLeader('web-primary');
  assert.deepEqual(story.done(), []);
  assert.equal(story.service('web').serving, true);
});

test('pair, the primary crashes: the backup leads at once, Docker restarts it, it comes back as the backup', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.crash('web-primary');
  await story.advance('20ms');
  story.expectLeader('web-backup');
  await story.advance('10s');
  assert.deepEqual(story.done(), ['lead web-backup', 'take_out web-primary', 'put_in web-primary'], story.told());
  story.expectLeader('web-backup');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  const [incident, ...more] = story.incidents();
  assert.equal(more.length, 0);
  assert.equal(incident?.kind, 'container_exit');
  assert.equal(incident?.member, 'web-primary');
  assert.equal(incident?.outcome, 'repaired');
});

test('pair, docker kill of the primary: no policy helps, so it is started at once', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.kill('web-primary');
  await story.advance('20ms');
  story.expectLeader('web-backup');
  await story.advance('5s');
  assert.deepEqual(
    story.done(),
    ['lead web-backup', 'take_out web-primary', 'start web-primary', 'put_in web-primary'],
    story.told(),
  );
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
});

test('pair, the primary hangs under load: no GET fails, it is restarted only after its second chance', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.hang('web-primary');
  const failed = await story.load('web', 1000);
  assert.equal(failed, 0, story.told());
  story.expectLeader('web-backup');
  assert.deepEqual(story.done().slice(0, 2), ['lead web-backup', 'take_out web-primary'], story.told());
  const moved = story.events('lead')[0]?.time ?? 0;
  assert.ok(moved - story.container('web-primary').startedAt < 10_400, 'moved within 400 ms of the hang');
  await story.advance('25s');
  assert.deepEqual(
    story
      .done()
      .slice(2)
      .filter((done) => !/^(take_out|action_failed)/.test(done)),
    ['restart_soft web-primary', 'put_in web-primary'],
    story.told(),
  );
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  story.expectLeader('web-backup');
  assert.equal(story.incidents()[0]?.kind, 'unresponsive');
});

test('pair, the primary hangs while nobody asks anything: the check alone notices', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.hang('web-primary');
  await story.advance('2s');
  story.expectLeader('web-backup');
  await story.advance('15s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  assert.equal(story.incidents().length, 1);
});

test('pair, docker pause of the primary: traffic away, unpaused, the backup now', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.pause('web-primary');
  await story.advance('5s');
  assert.deepEqual(story.done(), ['lead web-backup', 'unpause web-primary'], story.told());
  story.expectLeader('web-backup');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
});

test('pair, docker pause of the primary under load: what is inside is answered late, POST too, and nothing is cut', async () => {
  await using story = await Story.begin({ web: hotPair });
  const inside = story.gateway('web').request(80, { method: 'POST', takesMs: 50 });
  await story.advance('10ms');
  await story.pause('web-primary');
  assert.equal((await story.during(inside)).status, 200);
});

test('pair, the primary loses its network: traffic away, connected again with its address', async () => {
  await using story = await Story.begin({ web: hotPair });
  const network = story.fleet.services[0]?.gateway?.network.name ?? '';
  const address = story.container('web-primary').networks[network]?.ipv4;
  await story.partition('web-primary');
  await story.advance('5s');
  assert.deepEqual(
    story.done(),
    ['lead web-backup', 'take_out web-primary', 'reconnect web-primary', 'put_in web-primary'],
    story.told(),
  );
  assert.equal(story.container('web-primary').networks[network]?.ipv4, address);
  assert.equal(story.incidents()[0]?.kind, 'network_partition');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
});

test('pair, docker stop of the primary: traffic away, stopped, no incident, no repair', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.stop('web-primary');
  await story.advance('30s');
  assert.deepEqual(story.done(), ['lead web-backup', 'take_out web-primary'], story.told());
  story.expectVerdicts({ 'web-primary': 'stopped', 'web-backup': 'healthy' });
  assert.deepEqual(story.incidents(), []);
  await story.start('web-primary');
  await story.advance('5s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  story.expectLeader('web-backup');
});

test('pair, the backup dies: nobody is switched', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.crash('web-backup');
  await story.advance('10s');
  assert.equal(story.events('lead').length, 0, story.told());
  story.expectLeader('web-primary');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
});

test('pair, both die: the last one is not taken out of traffic, and both come back', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.kill('web-primary');
  await story.kill('web-backup');
  await story.advance('10s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  assert.equal(story.service('web').serving, true);
  assert.ok(
    story.incidents().some(({ kind }) => kind === 'critical_failure'),
    story.told(),
  );
  assert.ok(story.incidents().every(({ endedAt }) => endedAt !== null));
  assert.ok(story.incidents().some(({ impact }) => impact.withoutServiceMs > 0));
});

test('cluster, a member hangs: drained at the first sign, then cut, repaired, put in', async () => {
  await using story = await Story.begin({ web: cluster });
  story.hang('web-2');
  await story.advance('20s');
  assert.equal(story.events('lead').length, 0);
  assert.deepEqual(story.done().slice(0, 2), ['drain web-2', 'take_out web-2'], story.told());
  story.expectVerdicts({ 'web-1': 'healthy', 'web-2': 'healthy', 'web-3': 'healthy' });
});

test('cluster, a member is killed under load: no GET fails', async () => {
  await using story = await Story.begin({ web: cluster });
  await story.kill('web-3');
  assert.equal(await story.load('web', 1000), 0, story.told());
  await story.advance('10s');
  story.expectVerdicts({ 'web-1': 'healthy', 'web-2': 'healthy', 'web-3': 'healthy' });
});

test('every check fails at once: nobody is cut off, nobody is restarted, and it is said', async () => {
  await using story = await Story.begin({ web: hotPair });
  const ids = ['web-primary', 'web-backup'].map((name) => story.container(name).startedAt);
  story.sicken('web-primary');
  story.sicken('web-backup');
  await story.advance('40s');
  assert.equal(await story.load('web', 500), 0);
  assert.deepEqual(
    ['web-primary', 'web-backup'].map((name) => story.container(name).startedAt),
    ids,
    story.told(),
  );
  assert.ok(story.service('web').reason.includes('none is restarted'), story.service('web').reason);
  assert.equal(story.service('web').serving, true, 'they answer, and their gateway lets them');
  story.sicken('web-primary', false);
  story.sicken('web-backup', false);
  await story.advance('10s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
});

test('every member hangs at once: nobody is cut off, and it does not count as serving', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.hang('web-primary');
  story.hang('web-backup');
  await story.advance('40s');
  assert.equal(story.service('web').serving, false);
});

test('a planned switch: the other leads, nobody is cut, nobody is restarted, no incident', async () => {
  await using story = await Story.begin({ web: hotPair });
  const { from, to } = await story.during(story.supervisor.failover('web'));
  assert.deepEqual({ from, to }, { from: 'web-primary', to: 'web-backup' });
  await story.advance('5s');
  assert.deepEqual(story.done(), ['lead web-backup']);
  story.expectLeader('web-backup');
  assert.deepEqual(story.incidents(), []);
});

test('a planned switch to a member that is not healthy is refused with the reason', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.stop('web-backup');
  await story.advance('1s');
  await assert.rejects(story.supervisor.failover('web'), /web-backup is stopped/);
  story.expectLeader('web-primary');
});

test('a pair hangs while Docker calls it unhealthy: the gateway is heard all the same, and what hangs is cut', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.engine.setHealth(story.container('web-primary').id, 'unhealthy');
  await story.advance('1s');
  story.expectLeader('web-primary');
  story.hang('web-primary');
  assert.equal(await story.load('web', 1000), 0, story.told());
  assert.deepEqual(story.done().slice(0, 2), ['lead web-backup', 'take_out web-primary'], story.told());
});
