import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '../../../src/compose/project.ts';
import { runLoad, usualMix } from '../../../src/drill/load.ts';
import { isCode } from '../../../src/errors.ts';
import { Site } from '../../support/site.ts';

const PORT = 18571;

/** Answers who it is; /health is what the gateway asks. It needs `bootMs` before it listens. */
const program = (bootMs: number): string => `
  const http = require('http');
  setTimeout(() => http.createServer((q, s) => s.end(q.url === '/health' ? 'ok' : process.env.RELEASE + ' ' + require('os').hostname())).listen(80), ${bootMs});
  process.on('SIGTERM', () => process.exit(0));`;

function web(release: string, changes: Service = {}): Service {
  return {
    image: 'twinhull-local/node:latest',
    command: ['node', '-e', program(100)],
    environment: { RELEASE: release },
    ports: [{ target: 80, published: String(PORT), protocol: 'tcp' }],
    stop_grace_period: '3s',
    'x-twinhull': { mode: 'pair', gateway: { check: { path: '/health', interval: '250ms' } } },
    ...changes,
  };
}

function idle(changes: Service = {}): Service {
  return {
    image: 'twinhull-local/node:latest',
    command: ['sleep', '3600'],
    stop_grace_period: '1s',
    restart: 'unless-stopped',
    'x-twinhull': { mode: 'single' },
    ...changes,
  };
}

const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${PORT}/`)).text();

describe('deploying to a real engine', () => {
  let site: Site;
  before(() => {
    site = new Site('deploy-e2e');
  });
  afterEach(() => site.down({ volumes: true }));
  after(() => site[Symbol.asyncDispose]());

  test('up brings everything in dependency order, a second up touches nothing', async () => {
    const services = {
      db: idle({
        healthcheck: { test: ['CMD', 'test', '-e', '/tmp/ready'], interval: '1s', retries: 3 },
        command: ['sh', '-c', 'sleep 1; touch /tmp/ready; sleep 3600'],
      }),
      migrate: idle({
        restart: 'no',
        command: ['sh', '-c', 'sleep 0.5'],
        depends_on: { db: { condition: 'service_healthy', required: true } },
      }),
      web: web('one', { depends_on: { migrate: { condition: 'service_completed_successfully', required: true } } }),
    } satisfies Record<string, Service>;
    const result = await site.upAndServing(services);
    assert.deepEqual([[...result.serving].sort(), result.finished], [['db', 'web'], ['migrate']]);
    const { 'db-1': db, 'migrate-1': migrate, 'web-primary-1': primary, ...others } = await site.containers();
    assert.deepEqual(Object.keys(others), ['web-1', 'web-backup-1']);
    assert.ok((migrate?.startedAt ?? 0) > (db?.startedAt ?? 0) + 1000, 'the job waited until the database was healthy');
    assert.ok((primary?.startedAt ?? 0) >= (migrate?.finishedAt ?? 0), 'web waited until the job was done');
    assert.match(await ask(), /^one /);

    await site.upAndServing({ db: services.db, web: web('one') }, { removeOrphans: true });
    const before = await site.containers();
    assert.deepEqual(Object.keys(before), ['db-1', 'web-1', 'web-backup-1', 'web-primary-1']);
    await site.upAndServing({ db: services.db, web: web('one') });
    assert.deepEqual(
      site.lines.filter((line) => !line.endsWith('serves')),
      [],
    );
    assert.deepEqual(
      await startsOf(site),
      Object.fromEntries(Object.entries(before).map(([name, { id, startedAt }]) => [name, `${id} ${startedAt}`])),
    );
  });

  test('a changed pair is rolled with no failed request, and the other member leads afterwards', async () => {
    await site.upAndServing({ web: web('one') });
    const load = runLoad({ url: `http://127.0.0.1:${PORT}`, rate: 200, mix: usualMix('/'), until: 15_000 });
    await site.upAndServing({ web: web('two') });
    load.stop();
    const { failed, failedByMethod, sent } = await load.finished;
    assert.equal(failed, 0, `${JSON.stringify(failedByMethod)} of ${sent}`);
    assert.match(await ask(), /^two /);
    assert.ok(
      site.lines.some((line) => /move traffic away from web-primary/.test(line)),
      site.lines.join('\n'),
    );
    const { 'web-primary-1': primary, 'web-backup-1': backup } = await site.containers();
    assert.ok((primary?.createdAt ?? 0) > (backup?.startedAt ?? 0), 'the one with traffic came last');
    assert.equal((await reading(site)).leader, 'web-backup');
  });

  test('a release that does not come up stops at the member without traffic', async () => {
    await site.upAndServing({ web: web('one') });
    const load = runLoad({ url: `http://127.0.0.1:${PORT}`, rate: 100, mix: usualMix('/'), until: 30_000 });
    const result = await site.up(
      { web: web('broken', { command: ['node', '-e', 'console.error("no such table"); process.exit(3)'] }) },
      { waitTimeoutMs: 4000 },
    );
    load.stop();
    assert.equal((await load.finished).failed, 0);
    assert.match(result.notServing[0]?.why ?? '', /web-backup.*no such table.*it serves as before/s);
    assert.match(await ask(), /^one /);
    await site.upAndServing({ web: web('three') });
    assert.match(await ask(), /^three /);
  });

  test('a cluster grows, shrinks and is changed one by one', async () => {
    const cluster = (release: string, replicas: number): Service =>
      web(release, {
        deploy: { replicas },
        'x-twinhull': { mode: 'cluster', gateway: { check: { path: '/health', interval: '250ms' } } },
      });
    await site.upAndServing({ web: cluster('one', 3) });
    const load = runLoad({ url: `http://127.0.0.1:${PORT}`, rate: 100, mix: usualMix('/'), until: 30_000 });
    await site.upAndServing({ web: cluster('two', 3) });
    load.stop();
    assert.equal((await load.finished).failed, 0);
    await site.upAndServing({ web: cluster('two', 4) });
    assert.equal(Object.keys(await site.containers()).length, 5);
    assert.ok(
      site.lines.some((line) => /reload deploy-e2e-web-1 .*no connection through it is cut/.test(line)),
      site.lines.join('\n'),
    );
    await site.upAndServing({ web: cluster('two', 2) });
    assert.equal(Object.keys(await site.containers()).length, 3);
    assert.match(await ask(), /^two /);
  });

  test('a service that runs alone becomes a pair and comes back', async () => {
    const single = web('one', { 'x-twinhull': { mode: 'single' } });
    await site.upAndServing({ web: single });
    await site.upAndServing({ web: web('one') });
    assert.deepEqual(Object.keys(await site.containers()), ['web-1', 'web-backup-1', 'web-primary-1']);
    assert.match(await ask(), /^one /);
    await site.upAndServing({ web: single });
    assert.deepEqual(Object.keys(await site.containers()), ['web-1']);
    assert.match(await ask(), /^one /);
  });

  test('a service made anew keeps what is on its anonymous volumes; down takes them only when asked', async () => {
    const db = (release: string): Service =>
      idle({
        environment: { RELEASE: release },
        volumes: [
          { type: 'volume', target: '/data' },
          { type: 'volume', source: 'kept', target: '/kept' },
        ],
      });
    const more = { volumes: { kept: { name: 'deploy-e2e_kept' } } };
    await site.upAndServing({ db: db('one') }, { more });
    const old = (await site.containers())['db-1'];
    await site.engine.exec(old?.id ?? '', ['sh', '-c', 'echo here > /data/note; echo here > /kept/note'], {});
    await site.upAndServing({ db: db('two') }, { more });
    const fresh = (await site.containers())['db-1'];
    assert.notEqual(fresh?.id, old?.id);
    const { stdout } = await site.engine.exec(fresh?.id ?? '', ['sh', '-c', 'cat /data/note /kept/note'], {});
    assert.equal(stdout, 'here\nhere\n');
    const anonymous = fresh?.mounts.find(({ destination }) => destination === '/data')?.name ?? '';
    await site.down();
    assert.deepEqual(await site.containers(), {});
    assert.ok(await site.engine.inspectVolume('deploy-e2e_kept'));
    assert.ok(await site.engine.inspectVolume(anonymous));
    await site.engine.removeVolume(anonymous);
    await site.upAndServing({ db: db('two') }, { more });
    const again =
      (await site.containers())['db-1']?.mounts.find(({ destination }) => destination === '/data')?.name ?? '';
    await site.down({ volumes: true });
    assert.equal(await site.engine.inspectVolume('deploy-e2e_kept'), null);
    assert.equal(await site.engine.inspectVolume(again), null);
  });

  test('what cannot work is refused before anything is touched, all of it at once', async () => {
    const other = await site.engine.createContainer('deploy-e2e-db-1', {
      Image: 'twinhull-local/node:latest',
      Cmd: ['sleep', '3600'],
      Labels: {},
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: String(PORT) }] } },
      Networks: [],
    });
    try {
      await site.engine.startContainer(other);
      const services = {
        web: web('one'),
        db: idle({ networks: { outside: null }, volumes: [{ type: 'volume', source: 'away', target: '/x' }] }),
      };
      const more = {
        networks: { outside: { name: 'deploy-e2e-nowhere', external: true } },
        volumes: { away: { name: 'deploy-e2e-away', external: true } },
      };
      await assert.rejects(
        site.up(services, { more }),
        (error) =>
          isCode(error, 'TH_EXTERNAL_MISSING') &&
          [
            /network deploy-e2e-nowhere/,
            /volume deploy-e2e-away/,
            /container name deploy-e2e-db-1/,
            new RegExp(`port ${PORT}/tcp`),
          ].every((part) => part.test(error.message)),
      );
      assert.deepEqual(await site.engine.listNetworks({ labels: { 'com.docker.compose.project': site.project } }), []);
    } finally {
      await site.engine.removeContainer(other, { force: true, volumes: true });
    }
  });

  test('a project that runs under Compose is left alone, by up and by down', async () => {
    const labels = {
      'com.docker.compose.project': site.project,
      'com.docker.compose.service': 'db',
      'com.docker.compose.oneoff': 'False',
    };
    const other = await site.engine.createContainer('deploy-e2e_db_1', {
      Image: 'twinhull-local/node:latest',
      Cmd: ['sleep', '3600'],
      Labels: labels,
      HostConfig: {},
      Networks: [],
    });
    try {
      await assert.rejects(
        site.up({ db: idle() }),
        (error) =>
          isCode(error, 'TH_PROJECT_RUNS_UNDER_COMPOSE') &&
          error.exitCode === 2 &&
          /deploy-e2e_db_1/.test(error.message),
      );
      await site.down();
      assert.ok(await site.engine.inspectContainer(other));
    } finally {
      await site.engine.removeContainer(other, { force: true, volumes: true });
    }
  });

  test('why a service does not serve is told with its last words, and others serve', async () => {
    const result = await site.up({
      good: idle(),
      bad: idle({ restart: 'no', command: ['sh', '-c', 'echo "cannot open the ledger"; exit 7'] }),
      after: idle({ depends_on: { bad: { condition: 'service_healthy', required: true } } }),
      anyway: idle({ depends_on: { bad: { condition: 'service_healthy', required: false } } }),
    });
    assert.deepEqual([...result.serving].sort(), ['anyway', 'good']);
    const why = Object.fromEntries(result.notServing.map((entry) => [entry.service, entry.why]));
    assert.match(why['bad'] ?? '', /ended with code 7[\s\S]*cannot open the ledger/);
    assert.match(why['after'] ?? '', /not begun/);
  });

  test('down works by labels alone, and twice', async () => {
    await site.upAndServing({ web: web('one'), db: idle() });
    rmSync(site.stateFolder, { recursive: true });
    await site.down();
    assert.deepEqual(await site.containers(), {});
    assert.deepEqual(await site.engine.listNetworks({ labels: { 'com.docker.compose.project': site.project } }), []);
    await site.down();
    assert.deepEqual(site.lines, []);
  });

  test('state lost under a running project: the next up makes the gateway anew, members go on', async () => {
    await site.upAndServing({ web: web('one') });
    const before = await site.containers();
    rmSync(site.stateFolder, { recursive: true });
    await site.upAndServing({ web: web('one') });
    const now = await site.containers();
    assert.equal(now['web-primary-1']?.id, before['web-primary-1']?.id);
    assert.notEqual(now['web-1']?.id, before['web-1']?.id);
    assert.match(await ask(), /^one /);
  });

  test('an up that is killed while it works is finished by the next one', async () => {
    await site.upAndServing({ web: web('one') });
    for (const [round, afterMs] of [150, 700, 1300].entries()) {
      const release = `round-${round}`;
      const program = `
        const { Site } = await import(${JSON.stringify(new URL('../../support/site.ts', import.meta.url).href)});
        await new Site(${JSON.stringify(site.project)}, ${JSON.stringify(site.stateFolder)}).up(JSON.parse(process.argv[1]));`;
      const child = spawn(process.execPath, [
        '--input-type=module',
        '-e',
        program,
        JSON.stringify({ web: web(release) }),
      ]);
      const recreating = Promise.withResolvers<void>();
      const { id } = (await site.containers())['web-backup-1'] ?? {};
      void (async () => {
        while ((await site.engine.inspectContainer(id ?? ''))?.name === `${site.project}-web-backup-1`) await sleep(10);
        recreating.resolve();
      })();
      await recreating.promise;
      await sleep(afterMs);
      child.kill('SIGKILL');
      await site.upAndServing({ web: web(release) });
      assert.deepEqual(Object.keys(await site.containers()), ['web-1', 'web-backup-1', 'web-primary-1']);
      assert.match(await ask(), new RegExp(`^${release} `));
    }
  });

  async function reading(of: Site) {
    const config = (await of.fleet({ web: web('two') })).services[0]?.gateway?.config;
    assert.ok(config);
    return of.driver.open(config, `${of.stateFolder}/gateways/web`).read();
  }

  async function startsOf(of: Site): Promise<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(await of.containers()).map(([name, { id, startedAt }]) => [name, `${id} ${startedAt}`]),
    );
  }
});
