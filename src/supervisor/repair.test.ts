import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '../compose/project.ts';
import { coldPair, hotPair, single, Story } from '../../test/support/story.ts';

test('a single service that is killed is started again, with an incident', async () => {
  await using story = await Story.begin({ alone: single });
  await story.kill('alone');
  await story.advance('5s');
  story.expectVerdicts({ alone: 'healthy' });
  assert.deepEqual(story.done(), ['start alone']);
  const [incident] = story.incidents();
  assert.equal(incident?.kind, 'container_exit');
  assert.equal(incident?.outcome, 'repaired');
  assert.match(incident?.evidence[0] ?? '', /exited with code 137 \(signal 9\)/);
});

test('a crash that Docker repairs by itself is left to it, and has its incident', async () => {
  await using story = await Story.begin({ alone: single });
  story.crash('alone', 3);
  await story.advance('6s');
  story.expectVerdicts({ alone: 'healthy' });
  assert.deepEqual(story.done(), [], story.told());
  assert.equal(story.incidents()[0]?.outcome, 'repaired', story.told());
});

test('a crash loop ends in quarantine: stopped, still there, told', async () => {
  await using story = await Story.begin({ alone: single, other: single });
  story.programs.set('shop/alone:1', {});
  for (let crashes = 0; crashes < 5; crashes++) {
    if (story.container('alone').state === 'running') story.crash('alone', 3);
    await story.advance('1500ms');
  }
  await story.advance('20s');
  story.expectVerdicts({ alone: 'quarantined', other: 'healthy' });
  assert.equal(story.container('alone').state, 'exited');
  assert.equal(story.container('alone').restartPolicy, 'no');
  assert.ok(story.events('alert').some(({ member }) => member === 'alone'));
  assert.equal(story.incidents().at(-1)?.outcome, 'quarantined');
  await story.advance('5m');
  story.expectVerdicts({ alone: 'quarantined' });
});

test('restart of a quarantined member tries again and gives its restart policy back', async () => {
  await using story = await Story.begin({ alone: single });
  for (let crashes = 0; crashes < 5; crashes++) {
    if (story.container('alone').state === 'running') story.crash('alone', 3);
    await story.advance('1500ms');
  }
  story.expectVerdicts({ alone: 'quarantined' });
  await story.during(story.supervisor.restart('alone'));
  await story.advance('5s');
  story.expectVerdicts({ alone: 'healthy' });
  assert.equal(story.container('alone').restartPolicy, 'unless-stopped');
});

test('failures a minute and more apart are no loop: the last copy is started at once each time', async () => {
  await using story = await Story.begin({ alone: single });
  for (let kills = 0; kills < 5; kills++) {
    await story.kill('alone');
    await story.advance('3s');
    story.expectVerdicts({ alone: 'healthy' });
    await story.advance('65s');
  }
});

test('ten drills in a row quarantine nobody, and the record says what they were', async () => {
  await using story = await Story.begin({ web: hotPair, worker: coldPair });
  for (let drills = 0; drills < 5; drills++) {
    for (const service of ['web', 'worker']) {
      const leader = story.service(service).members.find(({ role }) => role === 'primary')?.name ?? '';
      story.supervisor.announceDrill(service, leader, 60_000);
      await story.kill(leader);
      await story.advance('15s');
      story.supervisor.announceDrill(service, leader, 0);
    }
  }
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  assert.equal(story.service('worker').serving, true);
  assert.equal(story.incidents().length, 10, story.told());
  assert.ok(story.incidents().every(({ drill, outcome }) => drill && outcome === 'repaired'));
  assert.match(story.events('open_incident')[0]?.message ?? '', /container_exit \(a drill\)/);
  assert.deepEqual(story.events('alert'), []);
});

test('what fails again after the repair of a drill counts, and what fails after it is no drill', async () => {
  await using story = await Story.begin({ alone: single, other: single });
  story.supervisor.announceDrill('alone', 'alone', 60_000);
  for (let crashes = 0; crashes < 6; crashes++) {
    if (story.container('alone').state === 'running') story.crash('alone', 3);
    await story.advance('1500ms');
  }
  await story.advance('20s');
  story.expectVerdicts({ alone: 'quarantined' });
  await story.advance('60s');
  await story.kill('other');
  await story.advance('10s');
  assert.deepEqual(
    story
      .incidents()
      .map(({ member, drill }) => [member, drill])
      .at(-1),
    ['other', false],
  );
});

test('a pair spends its budget on one member: that one is quarantined, the other serves on and is never', async () => {
  await using story = await Story.begin({ web: hotPair });
  for (let kills = 0; kills < 4; kills++) {
    await story.kill('web-primary');
    await story.advance('20s');
  }
  story.expectVerdicts({ 'web-primary': 'quarantined', 'web-backup': 'healthy' });
  await story.kill('web-backup');
  await story.advance('20s');
  story.expectVerdicts({ 'web-backup': 'healthy' });
  assert.equal(story.service('web').serving, true);
});

test('unhealthy for Docker three times in a row: restarted, not before', async () => {
  await using story = await Story.begin({
    alone: { ...single, healthcheck: { test: ['CMD', 'true'], interval: '1s' } },
  });
  story.engine.setHealth(story.container('alone').id, 'healthy');
  await story.advance('41s');
  const sick = async (): Promise<void> => {
    story.engine.setHealth(story.container('alone').id, 'unhealthy', 'no answer');
    await story.advance('10s');
  };
  await sick();
  story.expectVerdicts({ alone: 'suspect' });
  await sick();
  assert.deepEqual(story.done(), []);
  await sick();
  await story.advance('5s');
  assert.deepEqual(story.done(), ['restart_soft alone'], story.told());
  assert.equal(story.incidents()[0]?.kind, 'unresponsive');
});

test('a health check that has not run yet: starting for the start period, then healthy until it says otherwise', async () => {
  const healthcheck = { test: ['CMD', 'true'], interval: '30s', start_period: '5s' };
  await using story = await Story.begin({ alone: { ...single, healthcheck } });
  await story.kill('alone');
  await story.advance('3s');
  story.engine.setHealth(story.container('alone').id, 'starting');
  await story.advance('1s');
  story.expectVerdicts({ alone: 'starting' });
  await story.advance('5s');
  story.expectVerdicts({ alone: 'healthy' });
  assert.equal(story.incidents()[0]?.outcome, 'repaired');
});

test('a restart that does not help is followed by a kill and start, then by a new container', async () => {
  await using story = await Story.begin({
    alone: { ...single, healthcheck: { test: ['CMD', 'true'], interval: '1s' } },
  });
  story.engine.setHealth(story.container('alone').id, 'healthy');
  await story.advance('1s');
  const first = story.container('alone').id;
  for (let at = 0; at < 22; at++) {
    story.engine.setHealth(story.container('alone').id, 'unhealthy', 'no answer');
    await story.advance('10s');
  }
  assert.deepEqual(
    story.done().slice(0, 3),
    ['restart_soft alone', 'restart_hard alone', 'replace alone'],
    story.told(),
  );
  assert.notEqual(story.container('alone').id, first);
});

test('a job that is done is completed and left alone; one that failed is not', async () => {
  const job = { image: 'shop/job:1', restart: 'no' };
  await using story = await Story.begin({ job, web: hotPair });
  story.crash('job', 0);
  await story.advance('60s');
  story.expectVerdicts({ job: 'completed' });
  assert.deepEqual(story.done(), []);
  assert.equal(story.service('job').serving, true);
});

test('docker stop of a single service is no failure, and twinhull up counts again', async () => {
  await using story = await Story.begin({ alone: single, other: single });
  await story.stop('alone');
  await story.advance('60s');
  story.expectVerdicts({ alone: 'stopped' });
  assert.deepEqual(story.done(), []);
  assert.deepEqual(story.incidents(), []);
});

test('docker stop right after twinhull restarted or changed a service is what somebody asked for', async () => {
  await using story = await Story.begin({ alone: single, web: hotPair });
  await story.during(story.supervisor.restart('alone'));
  await story.stop('alone');
  await story.during(story.supervisor.withBusy(['web'], () => story.remake('web-backup')));
  await story.stop('web-backup');
  await story.advance('20s');
  story.expectVerdicts({ alone: 'stopped', 'web-backup': 'stopped', 'web-primary': 'healthy' });
  assert.deepEqual(story.incidents(), []);
});

test('docker stop while a service is being changed is what somebody asked for, until it is made anew', async () => {
  await using story = await Story.begin({ alone: single });
  await story.during(story.supervisor.withBusy(['alone'], () => story.stop('alone')));
  await story.advance('20s');
  story.expectVerdicts({ alone: 'stopped' });
  await story.during(story.supervisor.withBusy(['alone'], () => story.remake('alone')));
  await story.advance('5s');
  await story.kill('alone');
  await story.advance('20s');
  story.expectVerdicts({ alone: 'healthy' });
  assert.deepEqual(
    story.incidents().map(({ kind, outcome }) => `${kind} ${outcome}`),
    ['container_exit repaired'],
  );
});

test('docker restart is no incident', async () => {
  await using story = await Story.begin({ alone: single, web: hotPair });
  await story.during(story.engine.restartContainer(story.container('alone').id, { timeoutSeconds: 1 }));
  await story.advance('10s');
  story.expectVerdicts({ alone: 'healthy' });
  assert.deepEqual(story.done(), []);
  assert.deepEqual(story.incidents(), []);
});

test('a cold pair: the backup does not run; when the primary is killed it is started at once and leads', async () => {
  await using story = await Story.begin({ worker: coldPair });
  story.expectVerdicts({ 'worker-primary': 'healthy', 'worker-backup': 'standby' });
  await story.kill('worker-primary');
  await story.advance('10s');
  story.expectVerdicts({ 'worker-primary': 'standby', 'worker-backup': 'healthy' });
  story.expectLeader('worker-backup');
  assert.deepEqual(story.done(), ['start_standby worker-backup']);
  assert.equal(story.incidents()[0]?.outcome, 'repaired', story.told());
  await story.kill('worker-backup');
  await story.advance('10s');
  story.expectLeader('worker-primary');
  story.expectVerdicts({ 'worker-primary': 'healthy', 'worker-backup': 'standby' });
});

test('a cold pair, the primary crashes: Docker starts it again in 100 ms, and nothing moves', async () => {
  await using story = await Story.begin({ worker: coldPair });
  story.crash('worker-primary', 3);
  await story.advance('10s');
  story.expectVerdicts({ 'worker-primary': 'healthy', 'worker-backup': 'standby' });
  assert.deepEqual(story.done(), [], story.told());
  assert.equal(story.incidents()[0]?.outcome, 'repaired');
});

test('a cold pair, the primary crashes again and again: the backup takes over and only one of them runs', async () => {
  await using story = await Story.begin({ worker: coldPair });
  for (let crashes = 0; crashes < 4; crashes++) {
    if (story.container('worker-primary').state === 'running') story.crash('worker-primary', 3);
    await story.advance('900ms');
  }
  await story.advance('20s');
  story.expectLeader('worker-backup');
  story.expectVerdicts({ 'worker-primary': 'standby', 'worker-backup': 'healthy' });
  assert.notEqual(story.container('worker-primary').state, 'running', story.told());
});

test('a cold pair, the one that was replaced is started again by somebody: it is stopped', async () => {
  await using story = await Story.begin({ worker: coldPair });
  await story.kill('worker-primary');
  await story.advance('10s');
  await story.start('worker-primary');
  await story.advance('15s');
  story.expectVerdicts({ 'worker-primary': 'standby', 'worker-backup': 'healthy' });
});

test('a cold pair, the primary is paused: the backup takes over and the sick one is stopped', async () => {
  await using story = await Story.begin({ worker: coldPair });
  await story.pause('worker-primary');
  await story.advance('30s');
  story.expectVerdicts({ 'worker-primary': 'standby', 'worker-backup': 'healthy' });
  assert.deepEqual(story.done(), ['start_standby worker-backup', 'stop worker-primary'], story.told());
  assert.notEqual(story.container('worker-primary').state, 'running');
});

test('a cold pair, the primary is stopped on request: the backup takes over, no incident', async () => {
  await using story = await Story.begin({ worker: coldPair });
  await story.stop('worker-primary');
  await story.advance('10s');
  story.expectLeader('worker-backup');
  story.expectVerdicts({ 'worker-primary': 'standby', 'worker-backup': 'healthy' });
  assert.deepEqual(story.incidents(), []);
});

test('a cold pair, somebody starts the standby: it is stopped again; when the leader is down it leads', async () => {
  await using story = await Story.begin({ worker: coldPair });
  await story.start('worker-backup');
  await story.advance('5s');
  assert.deepEqual(story.done(), ['stop worker-backup'], story.told());
  story.expectVerdicts({ 'worker-primary': 'healthy', 'worker-backup': 'standby' });
  assert.deepEqual(story.incidents(), []);
});

test('somebody stops the whole project: no standby is started', async () => {
  await using story = await Story.begin({ worker: coldPair, alone: single });
  await story.stop('worker-primary');
  await story.stop('alone');
  await story.advance('60s');
  assert.deepEqual(story.done(), [], story.told());
  story.expectVerdicts({ 'worker-backup': 'standby', alone: 'stopped' });
});

test('what ends nothing is done at once, however often the member was restarted before', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.kill('web-primary');
  await story.advance('10s');
  await story.pause('web-primary');
  await story.advance('1s');
  story.expectVerdicts({ 'web-primary': 'healthy' });
  await story.partition('web-primary');
  await story.advance('1s');
  story.expectVerdicts({ 'web-primary': 'healthy' });
});

test('a gateway that is killed is started again, and its incident says so', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.kill('web');
  await story.advance('10s');
  assert.deepEqual(story.done(), ['start_gateway web'], story.told());
  assert.deepEqual(
    story.incidents().map(({ outcome }) => outcome),
    ['repaired'],
    story.told(),
  );
});

test('a member that is removed by hand is made anew', async () => {
  await using story = await Story.begin({ web: hotPair });
  const before = story.container('web-backup').id;
  await story.remove('web-backup');
  await story.advance('15s');
  assert.notEqual(story.container('web-backup').id, before);
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  assert.deepEqual(
    story.done().filter((what) => what.startsWith('replace')),
    ['replace web-backup'],
    story.told(),
  );
});

test('what is removed again and again is quarantined without a container, and nothing is said to have failed', async () => {
  await using story = await Story.begin({ web: hotPair });
  for (let removals = 0; removals < 4; removals++) {
    await story.remove('web-primary');
    await story.advance('20s');
  }
  story.expectVerdicts({ 'web-primary': 'quarantined', 'web-backup': 'healthy' });
  assert.match(story.incidents().at(-1)?.evidence.join() ?? '', /has no container/);
  assert.ok(
    story.events('alert').some(({ message }) => /left without a container/.test(message)),
    story.told(),
  );
  assert.deepEqual(story.events('action_failed'), []);
});

test('a container that hangs in the engine delays nobody else', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  story.engine.jam(story.container('web-backup').id);
  await story.kill('alone');
  await story.advance('5s');
  story.expectVerdicts({ alone: 'healthy' });
});

test('depends_on with restart: true: those that depend on it are restarted after it, the others are not', async () => {
  const on = (service: string, restart: boolean): Service => ({
    ...single,
    depends_on: { [service]: { condition: 'service_started', required: true, restart } },
  });
  await using story = await Story.begin({
    base: single,
    near: on('base', true),
    far: on('near', true),
    free: on('base', false),
  });
  const steps: string[] = [];
  await story.during(story.supervisor.restart('base', (line) => steps.push(line)));
  const restarted = steps.filter((line) => line.endsWith('is restarted'));
  assert.deepEqual(restarted, ['base is restarted', 'near is restarted', 'far is restarted']);
  await story.advance('5s');
  assert.deepEqual(story.incidents(), []);
});

test('a rolling restart: the backup first, then the switch, then the other; no request fails', async () => {
  await using story = await Story.begin({ web: hotPair });
  const steps: string[] = [];
  const restart = story.supervisor.restart('web', (line) => steps.push(line));
  let over = false;
  void restart.finally(() => (over = true)).catch(() => undefined);
  let failed = 0;
  for (let i = 0; i < 60 && !over; i++) failed += await story.load('web', 500, 'POST');
  await restart;
  assert.equal(failed, 0);
  assert.deepEqual(
    steps.filter((line) => line.endsWith('restarted') || line.endsWith('leads now')),
    ['web-backup is restarted', 'web-backup leads now', 'web-primary is restarted'],
  );
  await story.advance('5s');
  assert.deepEqual(story.incidents(), []);
  assert.deepEqual(story.done(), []);
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
});

for (const other of ['serves', 'does not run'])
  test(`a restart while the other one ${other}: goes on only when the process that runs now has passed its check`, async () => {
    await using story = await Story.begin({ web: hotPair });
    if (other === 'does not run') await story.stop('web-primary');
    const steps: string[] = [];
    story.onStart = () => story.sicken('web-backup');
    const restart = story.supervisor.restart('web-backup', (line) => steps.push(line));
    await story.advance('10s');
    assert.ok(!steps.includes('web-backup is back'), steps.join('\n'));
    story.sicken('web-backup', false);
    await story.during(restart);
    assert.ok(steps.includes('web-backup is back'), steps.join('\n'));
  });
