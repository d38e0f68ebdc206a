import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment, webService } from '../../support/deployment.ts';

const PORT = 18121;

/** A job that runs until it is asked to end. */
const idle = (more: string): string => `
    image: twinhull-local/node:latest
    command: ["node", "-e", "process.on('SIGTERM', () => process.exit(0)); setInterval(() => 0, 1e6)"]
    restart: unless-stopped
    stop_grace_period: 2s
    ${more}
`;

describe('a person works on a project', () => {
  let shop: Deployment;
  before(async () => {
    shop = new Deployment(
      'th-operator',
      `services:
  db:${idle('labels: { of: data }')}
  api:${idle('depends_on: [db]')}
  web:${webService(`
ports: ["${PORT}:80"]
depends_on: [api]
x-twinhull: { mode: pair }`)}`,
    );
    await shop.up();
    await shop.allHealthy('web');
  });
  after(() => shop[Symbol.asyncDispose]());

  const started = async (name: string): Promise<string> =>
    (await shop.docker('inspect', '-f', '{{.State.StartedAt}}', name)).stdout.trim();
  const state = async (name: string): Promise<string> =>
    (await shop.docker('inspect', '-f', '{{.State.Status}}', name)).stdout.trim();

  test('frozen: a killed member stays down for 10 s, the service goes on, and status says who froze it; thawed: repaired within 30 s', async () => {
    assert.equal((await shop.twinhull('freeze', 'moving', 'the', 'disk')).code, 0);
    const primary = await shop.primary('web');
    await shop.docker('update', '--restart=no', await shop.container(primary));
    await shop.docker('kill', await shop.container(primary));
    await sleep(10_000);
    const status = await shop.twinhull('status');
    assert.match(status.stdout, /frozen since .*\(moving the\s+disk\)/);
    assert.equal((await shop.service('web')).serving, true);
    assert.equal(await state(`th-operator-${primary}-1`), 'exited');
    assert.match((await shop.twinhull('why', primary)).stdout, /repairs are frozen/);
    assert.match((await shop.twinhull('incident')).stdout, /repairs are frozen by a person/);
    assert.equal((await shop.twinhull('thaw')).code, 0);
    await shop.allHealthy('web', 30_000);
  });

  test('frozen with nobody supervising: whoever supervises next keeps to it', async () => {
    await shop.killSupervisor();
    assert.match((await shop.twinhull('freeze')).stdout, /nobody supervises/);
    await shop.docker('update', '--restart=no', 'th-operator-db-1');
    await shop.docker('kill', 'th-operator-db-1');
    assert.match((await shop.twinhull('status')).stdout, /repairs are frozen/);
    await shop.up(); // a person's own: what is down is started
    assert.equal(await state('th-operator-db-1'), 'running');
    await shop.docker('update', '--restart=no', 'th-operator-db-1');
    await shop.docker('kill', 'th-operator-db-1');
    await sleep(5000);
    assert.equal(await state('th-operator-db-1'), 'exited');
    await shop.twinhull('thaw');
    await shop.allHealthy('db', 30_000);
  });

  test('maintenance for 8 s: nothing of the service is repaired, no incident; then it is, within 30 s', async () => {
    const count = async (): Promise<number> =>
      (JSON.parse((await shop.twinhull('incident', '--json')).stdout) as { incidents: unknown[] }).incidents.length;
    const incidents = await count();
    assert.equal((await shop.twinhull('maintenance', 'on', 'api', '--for', '8s')).code, 0);
    await shop.docker('update', '--restart=no', 'th-operator-api-1');
    await shop.docker('kill', 'th-operator-api-1');
    await sleep(4000);
    assert.equal(await state('th-operator-api-1'), 'exited');
    assert.equal(await count(), incidents);
    await shop.allHealthy('api', 30_000);
  });

  test('everything is down at once: a plan, and each is started after what it depends on, within 60 s', async () => {
    const all = ['db-1', 'api-1', 'web-primary-1', 'web-backup-1'].map((name) => `th-operator-${name}`);
    for (const name of all) await shop.docker('update', '--restart=no', name);
    // frozen: docker kill needs its time for four, and the first would be started before the last is killed
    await shop.twinhull('freeze');
    await shop.docker('kill', ...all);
    await sleep(2000);
    await shop.twinhull('thaw');
    for (const service of ['db', 'api', 'web']) await shop.allHealthy(service);
    const [db, api, web] = [await started(all[0] ?? ''), await started(all[1] ?? ''), await started(all[3] ?? '')];
    assert.ok(db < api && api < web, `${db} ${api} ${web}`);
    const page = (await shop.twinhull('incident')).stdout;
    assert.match(page, /EMERGENCY: (\d of 4 members of \d services fail at\s+once|nothing of the project)/);
  });
});

describe('containers that live in others', () => {
  let shop: Deployment;
  before(async () => {
    shop = new Deployment(
      'th-lodgers',
      `services:
  net:${idle('labels: { of: net }')}
  app:${idle('network_mode: service:net')}
  data:${idle('volumes: [/data]')}
  reader:${idle('volumes_from: [data]')}`,
    );
    await shop.up();
  });
  after(() => shop[Symbol.asyncDispose]());

  const inspect = async (name: string, format: string): Promise<string> =>
    (await shop.docker('inspect', '-f', format, `th-lodgers-${name}-1`)).stdout.trim();
  const interfaces = async (): Promise<string> =>
    (
      await shop.docker('exec', 'th-lodgers-app-1', 'node', '-p', 'Object.keys(os.networkInterfaces()).join()')
    ).stdout.trim();

  test("the one in another's network is started after it, within 40 s, and has its network again", async () => {
    assert.match(await interfaces(), /eth0/);
    const before = await inspect('net', '{{.State.StartedAt}}');
    await shop.docker('kill', 'th-lodgers-net-1');
    const deadline = Date.now() + 40_000;
    while ((await inspect('net', '{{.State.StartedAt}}')) === before) {
      assert.ok(Date.now() < deadline, 'net is not started again');
      await sleep(200);
    }
    while ((await inspect('app', '{{.State.StartedAt}}')) < (await inspect('net', '{{.State.StartedAt}}'))) {
      assert.ok(Date.now() < deadline, (await shop.twinhull('events', '--no-follow')).stdout);
      await sleep(500);
    }
    await shop.allHealthy('app');
    assert.match(await interfaces(), /eth0/);
  });

  test('removed by hand, made anew, and so is who lives in it, within 60 s', async () => {
    const before = await inspect('app', '{{.Id}}');
    await shop.docker('rm', '-f', 'th-lodgers-net-1');
    const deadline = Date.now() + 60_000;
    while ((await inspect('app', '{{.Id}}')) === before) {
      assert.ok(Date.now() < deadline, (await shop.twinhull('events', '--no-follow')).stdout);
      await sleep(500);
    }
    await shop.allHealthy('app');
    assert.match(await interfaces(), /eth0/);
  });

  test('volumes_from: other volumes after a removal are the ones of who uses them, within 60 s', async () => {
    await shop.docker('rm', '-f', '-v', 'th-lodgers-data-1');
    const volume = (name: string): Promise<string> => inspect(name, '{{range .Mounts}}{{.Name}}{{end}}');
    const deadline = Date.now() + 60_000;
    while ((await volume('data')) === '' || (await volume('data')) !== (await volume('reader'))) {
      assert.ok(Date.now() < deadline, (await shop.twinhull('events', '--no-follow')).stdout);
      await sleep(500);
    }
    await shop.allHealthy('reader');
  });

  test('up again leaves all of them alone', async () => {
    const ids = (): Promise<string[]> =>
      Promise.all(['net', 'app', 'data', 'reader'].map((name) => inspect(name, '{{.Id}} {{.State.StartedAt}}')));
    const before = await ids();
    await shop.up();
    assert.deepEqual(await ids(), before);
  });
});
