import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Use } from '../adapters/memory/meter.ts';
import type { Service } from '../compose/project.ts';
import { cluster, hotPair, single, Story } from '../../test/support/story.ts';

const MIB = 1024 ** 2;

const memory = (usedMiB: number): Use => ({ memory: { usedBytes: usedMiB * MIB, limitBytes: 100 * MIB } });

/** From now on the container of `member` uses this; a run that begins later uses little. */
function uses(story: Story, member: string, use: () => Use): void {
  const { id, startedAt } = story.container(member);
  story.meter.set(id, () => (story.container(member).startedAt === startedAt ? use() : memory(20)));
}

const alerts = (story: Story): string[] => story.events('alert').map(({ message }) => message);

test('a member of a pair that leaks is restarted while the other one serves, and no request is lost', async () => {
  await using story = await Story.begin({ web: hotPair });
  const began = story.clock.now();
  uses(story, 'web-primary', () => memory(Math.min(96, 60 + (story.clock.now() - began) / 1000)));
  uses(story, 'web-backup', () => memory(20));
  assert.equal(await story.load('web', 130_000, 'POST'), 0, story.told());
  assert.deepEqual(story.done(), [
    'lead web-backup',
    'take_out web-primary',
    'restart_soft web-primary',
    'put_in web-primary',
  ]);
  const [incident] = story.incidents();
  assert.deepEqual(
    [incident?.kind, incident?.outcome, incident?.impact.withoutServiceMs],
    ['resource_exhaustion', 'repaired', 0],
  );
  assert.match(incident?.evidence[0] ?? '', /of its memory limit \(100 MiB\) or more for 1 min/);
  assert.match(incident?.evidence.join('\n') ?? '', /scale_up is not available: no maximum is set/);
  story.expectLeader('web-backup');
});

test('one that is made to live near its limit is restarted once, and then left alone', async () => {
  await using story = await Story.begin({ web: hotPair });
  for (const name of ['web-primary', 'web-backup']) {
    story.meter.set(story.container(name).id, () => memory(name === 'web-primary' ? 95 : 20));
  }
  await story.advance('8m');
  assert.equal(story.done().filter((done) => done.startsWith('restart')).length, 1, story.told());
  assert.ok(
    alerts(story).some((message) => message.includes('this is what it needs: raise the limit')),
    story.told(),
  );
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
});

test('the only one is left alone, and its need is told once', async () => {
  await using story = await Story.begin({ alone: single });
  uses(story, 'alone', () => memory(97));
  await story.advance('5m');
  assert.deepEqual(story.done(), []);
  assert.equal(alerts(story).length, 1, story.told());
  assert.match(story.member('alone').reason, /97 % of its memory limit/);
});

test('a burst is no strain', async () => {
  await using story = await Story.begin({ web: hotPair });
  uses(story, 'web-primary', () => memory(Math.floor(story.clock.now() / 20_000) % 2 === 0 ? 99 : 50));
  await story.advance('5m');
  assert.deepEqual([story.done(), alerts(story)], [[], []]);
});

test('being busy is told, and nothing is done about it', async () => {
  await using story = await Story.begin({ web: cluster });
  for (const name of ['web-1', 'web-2', 'web-3']) {
    uses(story, name, () => ({ cpu: { usedMs: story.clock.monotonic() * 2, limit: 2 } }));
  }
  await story.advance('3m');
  assert.deepEqual(story.done(), []);
  assert.equal(alerts(story).length, 3, story.told());
});

test('ended by the kernel, and started again by the engine: on record as what it was', async () => {
  await using story = await Story.begin({ alone: single });
  story.engine.crash(story.container('alone').id, 137, { outOfMemory: true });
  await story.advance('10s');
  const [incident] = story.incidents();
  assert.deepEqual([incident?.kind, incident?.outcome], ['resource_exhaustion', 'repaired'], story.told());
  assert.match(incident?.evidence.join('\n') ?? '', /out of memory/);
});

test('ended by the kernel with nobody to start it again: started, with all that tells of it as evidence', async () => {
  await using story = await Story.begin({ alone: { ...single, restart: 'no' }, other: single });
  story.programs.set('shop/alone:1', {});
  story.engine.crash(story.container('alone').id, 137, { outOfMemory: true });
  await story.advance('10s');
  const [incident] = story.incidents();
  assert.match(
    incident?.evidence[0] ?? '',
    /was ended by the kernel: out of memory \(exit code 137, the engine's flag, 1 oom event\)/,
  );
  assert.deepEqual(story.done(), ['start alone']);
});

test('a process that the kernel ends inside a container that runs on is told', async () => {
  await using story = await Story.begin({ alone: single });
  story.engine.outOfMemoryInside(story.container('alone').id);
  await story.advance('10s');
  assert.match(
    alerts(story).join('\n'),
    /alone had 1 process ended for want of memory within 1 min \(the engine: 1 oom event\)/,
  );
  assert.deepEqual(story.done(), []);
});

test('a disk that fills up is told once, and touches nobody', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  story.meter.fileSystems.set('/var/lib/docker', { usedBytes: 97, availableBytes: 3, inodes: { used: 1, free: 9 } });
  await story.advance('5m');
  assert.deepEqual(alerts(story), [
    'the disk of the engine (/var/lib/docker) is full to 97 %; until there is room, no container is replaced by a new one',
  ]);
  assert.deepEqual(story.done(), []);
});

test('a file system of a bind mount is watched too', async () => {
  const volumes = [{ type: 'bind', source: '/srv/data', target: '/data' }] as Service['volumes'];
  await using story = await Story.begin({ alone: { ...single, ...(volumes ? { volumes } : {}) } });
  story.meter.fileSystems.set('/srv/data', { usedBytes: 99, availableBytes: 1, inodes: null });
  await story.advance('2m');
  assert.deepEqual(alerts(story), ['the disk of /srv/data is full to 99 %']);
});

test('a new supervisor knows nothing of what was measured before, and looks for a whole window again', async () => {
  await using story = await Story.begin({ alone: single });
  uses(story, 'alone', () => memory(97));
  await story.advance('50s');
  await story.killSupervisor();
  story.supervise();
  await story.advance('50s');
  assert.deepEqual(alerts(story), []);
  await story.advance('30s');
  assert.equal(alerts(story).length, 1);
});

test('a source that fails is not known, and costs the others nothing', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.meter.set(story.container('web-primary').id, () => {
    throw new Error('the disk of the host is gone');
  });
  uses(story, 'web-backup', () => memory(97));
  await story.advance('2m');
  assert.ok(story.done().includes('restart_soft web-backup'), story.told());
});

test('cut off from a network of the project: connected again, with its names, and serving all the time', async () => {
  await using story = await Story.begin({ web: hotPair });
  const before = story.container('web-primary').networks['shop_default'];
  const cut = story.engine.disconnectNetwork('shop_default', story.container('web-primary').id, { force: true });
  assert.equal(await story.load('web', 5000, 'POST'), 0);
  await cut;
  assert.deepEqual(story.done(), ['lead web-backup', 'reconnect web-primary'], story.told());
  assert.deepEqual(story.container('web-primary').networks['shop_default']?.aliases, before?.aliases);
  const [incident] = story.incidents();
  assert.deepEqual(
    [incident?.kind, incident?.outcome, incident?.impact.withoutServiceMs],
    ['network_partition', 'repaired', 0],
  );
});

test('a service without a gateway that is cut off from its network is connected again too', async () => {
  await using story = await Story.begin({ alone: single });
  await story.engine.disconnectNetwork('shop_default', story.container('alone').id, { force: true });
  await story.advance('10s');
  assert.deepEqual(story.done(), ['reconnect alone'], story.told());
  story.expectVerdicts({ alone: 'healthy' });
});

test('a gateway that is cut off from a network of the project is connected again, with the name of its service', async () => {
  await using story = await Story.begin({ web: hotPair });
  const { id, networks } = story.container('web');
  await story.engine.disconnectNetwork('shop_default', id, { force: true });
  await story.advance('10s');
  assert.deepEqual(story.done(), ['reconnect_gateway web'], story.told());
  assert.deepEqual(story.container('web').networks['shop_default']?.aliases, networks['shop_default']?.aliases);
  assert.ok(networks['shop_default']?.aliases.includes('web'));
});
