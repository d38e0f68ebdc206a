import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad, usualMix } from '../../../src/drill/load.ts';
import { Deployment, webService } from '../../support/deployment.ts';

const PORT = 18083;

/** Only a shell is in the gateway's image. */
const KILL_HAPROXY =
  'for p in /proc/[0-9]*; do read -r name <$p/comm; [ "$name" = haproxy ] && kill -9 ${p#/proc/} && killed=1; done; [ "$killed" = 1 ]';

describe('the supervisor itself', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment(
      'th-supervisor',
      `services:\n  web:${webService(`
ports: ["${PORT}:80"]
x-twinhull: { mode: pair }`)}`,
    );
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  test('a second one says who holds the lease, and ends', async () => {
    const { code, stderr } = await web.twinhull('supervise', '--project', 'th-supervisor');
    assert.notEqual(code, 0);
    assert.match(stderr, new RegExp(String(await web.supervisorPid())));
  });

  test('killed: the gateway alone fails over, a kill and a hang cost no idempotent request', async () => {
    await web.allHealthy('web');
    await web.killSupervisor();
    const primary = await web.container(await web.primary('web'));
    for (const signal of ['KILL', 'STOP']) {
      const load = runLoad({ url: `http://127.0.0.1:${PORT}`, rate: 200, mix: usualMix('/'), until: 5000 });
      await sleep(1000);
      await web.docker('kill', '-s', signal, primary);
      const result = await load.finished;
      assert.equal((result.failedByMethod as Record<string, number>)['GET'] ?? 0, 0, `SIG${signal}: of ${result.sent}`);
      await sleep(2000);
    }
    await web.docker('kill', '-s', 'CONT', primary);
  });

  test('status says that nobody supervises, up supervises again and keeps the members', async () => {
    const before = await web.status();
    assert.match((await web.twinhull('status')).stdout, /not supervised|no supervisor/i);
    await web.up();
    const whole = await web.allHealthy('web');
    assert.deepEqual(
      whole.services[0]?.members.map(({ containerId }) => containerId),
      before.services[0]?.members.map(({ containerId }) => containerId),
    );
  });

  test('killed right after a member died: it is started again by itself, and repairs it', async () => {
    const primary = await web.primary('web');
    await web.docker('update', '--restart=no', await web.container(primary));
    const pid = await web.supervisorPid();
    await web.docker('kill', await web.container(primary));
    process.kill(pid, 'SIGKILL');
    await web.until('supervised again', 20_000, ({ supervised }) => supervised);
    assert.notEqual(await web.supervisorPid(), pid);
    await web.allHealthy('web');
  });

  test('HAProxy killed inside its gateway at 400 requests a second: it is back at once, where a restarted container would lose hundreds', async () => {
    await web.allHealthy('web');
    const load = runLoad({ url: `http://127.0.0.1:${PORT}`, rate: 400, mix: usualMix('/'), until: 5000 });
    await sleep(1500);
    assert.equal((await web.docker('exec', 'th-supervisor-web-1', '/bin/sh', '-c', KILL_HAPROXY)).code, 0);
    const result = await load.finished;
    assert.ok(
      result.failed <= 40, // the figure itself is bench/gateway's
      `${result.failed} failed of ${result.sent}: ${JSON.stringify(result.failedByMethod)}`,
    );
    await web.allHealthy('web');
  });

  test("the gateway's container killed: it serves again within 10 s and the primary is the same", async () => {
    await web.allHealthy('web');
    const primary = await web.primary('web');
    await web.docker('kill', 'th-supervisor-web-1');
    const deadline = Date.now() + 10_000;
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${PORT}/`).catch(() => null);
      if (answer?.ok) break;
      assert.ok(Date.now() < deadline, 'not serving within 10 s');
      await sleep(50);
    }
    await web.allHealthy('web');
    assert.equal(await web.primary('web'), primary);
  });
});
