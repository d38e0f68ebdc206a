/** Nobody supervises, or whoever does was stopped for a while: gateways go on by themselves. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment, webService } from '../../support/deployment.ts';
import { losesNoGet, losesNothing } from '../../support/under-load.ts';

const PORT = 18105;

describe('the supervisor is away', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment(
      'th-absent',
      `services:\n  web:${webService(`
ports: ["${PORT}:80"]
x-twinhull: { mode: pair }`)}`,
    );
    await web.up();
    await web.allHealthy('web');
  });
  after(() => web[Symbol.asyncDispose]());

  test('stopped for 10 s under load, then continued: nothing is lost, nothing is done, nothing is called a failure', async () => {
    const pid = await web.supervisorPid();
    const stoppedAt = Date.now();
    await losesNothing(PORT, async () => {
      process.kill(pid, 'SIGSTOP');
      await sleep(10_000);
      process.kill(pid, 'SIGCONT');
      await sleep(3000);
    });
    await web.allHealthy('web');
    assert.equal(await web.supervisorPid(), pid);
    const done = web.onRecord((store) => store.journal({ sinceMs: stoppedAt, untilMs: Date.now() }));
    assert.deepEqual(done, []);
    assert.deepEqual(
      web.onRecord((store) => store.incidents()),
      [],
    );
  });

  test('stopped for 10 s while a member dies: the gateway fails over, no GET is lost, and it is repaired within 15 s after', async () => {
    const pid = await web.supervisorPid();
    const primary = await web.container(await web.primary('web'));
    await losesNoGet(PORT, async () => {
      process.kill(pid, 'SIGSTOP');
      await sleep(1000);
      await web.docker('kill', primary);
      await sleep(9000);
      process.kill(pid, 'SIGCONT');
      await web.allHealthy('web', 15_000);
    });
    assert.equal(await web.container('web-primary'), primary, 'it was made anew');
  });

  test('gone for a minute, its keeper too, and each member dies once: the gateway alone loses no GET, and up finds all whole within 20 s', async () => {
    const members = await Promise.all(['web-primary', 'web-backup'].map((name) => web.container(name)));
    await web.killSupervisor();
    await losesNoGet(PORT, async () => {
      for (const member of members) {
        await sleep(10_000);
        await web.docker('kill', member);
        await sleep(10_000);
        await web.docker('start', member);
        await sleep(10_000);
      }
    });
    assert.equal((await web.status()).supervised, false);
    await web.up();
    await web.allHealthy('web', 20_000);
    assert.deepEqual(await Promise.all(['web-primary', 'web-backup'].map((name) => web.container(name))), members);
  });
});
