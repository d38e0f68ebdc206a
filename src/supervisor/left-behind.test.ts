import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '../compose/project.ts';
import { single, Story } from '../../test/support/story.ts';

const inVpn: Service = { ...single, image: 'shop/app:1', network_mode: 'service:vpn' };
const vpn: Service = { ...single, image: 'shop/vpn:1' };

function shop(): Promise<Story> {
  return Story.begin({
    vpn,
    one: inVpn,
    two: inVpn,
    three: inVpn,
    four: inVpn,
    free: { ...single, depends_on: on('vpn') },
  });
}

function on(service: string): NonNullable<Service['depends_on']> {
  return { [service]: { condition: 'service_started', required: true, restart: false } };
}

const lodgers = ['one', 'two', 'three', 'four'];

test('what lives in the network of a container is restarted after it; nothing else is, and it is no emergency', async () => {
  await using story = await shop();
  await story.kill('vpn');
  await story.advance('2s');
  assert.deepEqual(story.done(), ['start vpn'], 'not before it has come to rest');
  await story.advance('20s');
  assert.deepEqual(
    story.done().slice(1).toSorted(),
    lodgers.map((name) => `restart_soft ${name}`).toSorted(),
    story.told(),
  );
  for (const name of lodgers) assert.ok(story.container(name).startedAt > story.container('vpn').startedAt);
  story.expectVerdicts({ vpn: 'healthy', one: 'healthy', four: 'healthy', free: 'healthy' });
  assert.deepEqual([...story.events('emergency'), ...story.events('alert')], []);
  assert.match(story.incidents().at(-1)?.evidence[0] ?? '', /lives in what vpn was before: vpn was started anew/);
  await story.kill('free');
  await story.advance('20s');
  assert.deepEqual(story.events('emergency'), [], 'those that followed are no failures of their own');
});

test("so it is after Docker's own restart", async () => {
  await using story = await shop();
  story.crash('vpn', 3);
  await story.advance('20s');
  for (const name of lodgers)
    assert.ok(story.container(name).startedAt > story.container('vpn').startedAt, story.told());
});

test('again and again: it is never quarantined for following', async () => {
  await using story = await shop();
  for (let kills = 0; kills < 6; kills++) {
    await story.kill('vpn');
    await story.advance('80s');
    story.expectVerdicts({ vpn: 'healthy', one: 'healthy' });
    assert.ok(story.container('one').startedAt > story.container('vpn').startedAt, story.told());
  }
});

test('a container that was made anew takes those that live in it with it', async () => {
  await using story = await shop();
  const before = story.container('one').id;
  await story.remove('vpn');
  await story.advance('40s');
  assert.notEqual(story.container('one').id, before, story.told());
  story.expectVerdicts({ vpn: 'healthy', one: 'healthy' });
  assert.ok(story.done().includes('replace one') && !story.done().includes('restart_soft one'), story.told());
});

test('volumes_from: made anew with other volumes takes its users with it, with the same ones it does not', async () => {
  const db: Service = { ...single, image: 'shop/db:1', volumes: [{ type: 'volume', target: '/data' }] };
  await using story = await Story.begin({ db, backup: { ...single, image: 'shop/backup:1', volumes_from: ['db:ro'] } });
  const before = story.container('backup').id;
  await story.kill('db');
  await story.advance('20s');
  assert.equal(story.container('backup').id, before, story.told());
  await story.remove('db');
  await story.advance('40s');
  assert.notEqual(story.container('backup').id, before, story.told());
  const source = (name: string): string => story.container(name).mounts[0]?.source ?? name;
  assert.equal(source('backup'), source('db'));
});

test('a person restarts a service: what lives in it is restarted with it', async () => {
  await using story = await shop();
  const steps: string[] = [];
  await story.during(story.supervisor.restart('vpn', (line) => steps.push(line)));
  const restarted = steps.filter((line) => line.endsWith('is restarted'));
  assert.deepEqual(
    restarted,
    ['vpn', ...lodgers].map((name) => `${name} is restarted`),
  );
  await story.advance('10s');
  assert.deepEqual(story.done(), [], story.told());
});
