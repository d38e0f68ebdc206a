import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment, webService } from '../../support/deployment.ts';

const PORT = 18084;
const compose = `version: "3.8"
services:
  web:${webService(`
ports: ["${PORT}:80"]
x-twinhull: { mode: pair }`)}
  job:
    image: twinhull-local/node:latest
    command: ["node", "-e", "process.exit(0)"]
    restart: "no"
`;

/** What Compose commands on the original file do while twinhull supervises. */
describe('docker-compose on the original file', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment('th-owner', compose);
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  const serves = async (): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${PORT}/`).catch(() => null))?.ok ?? false;
  const untilServes = async (timeoutMs: number): Promise<void> => {
    const deadline = Date.now() + timeoutMs;
    while (!(await serves())) {
      assert.ok(Date.now() < deadline, `does not serve within ${timeoutMs} ms`);
      await sleep(100);
    }
  };

  test('a job that is done is completed and left alone', async () => {
    const [job] = (await web.service('job')).members;
    assert.equal(job?.verdict, 'completed');
  });

  test('a project that runs under Compose without us is refused with an explanation', async () => {
    const other = new Deployment('th-foreign', `version: "3.8"\nservices:\n  web:${webService('')}`);
    await using _ = other;
    assert.equal((await other.compose('up', '-d')).code, 0);
    const { code, stderr } = await other.twinhull('up', '-d');
    assert.equal(code, 2, stderr);
    assert.match(stderr, /docker compose down/);
    const { stdout } = await other.docker('ps', '-q', '--filter', 'label=com.docker.compose.project=th-foreign');
    assert.equal(stdout.trim().split('\n').length, 1, 'nothing was touched');
    await other.compose('down', '-t', '1');
  });

  test('restart web: serves again within 10 s, both members untouched', async () => {
    const before = await web.allHealthy('web');
    assert.equal((await web.compose('restart', '-t', '1', 'web')).code, 0);
    await untilServes(10_000);
    const now = await web.allHealthy('web');
    assert.deepEqual(
      now.services.map((service) => service.members.map(({ containerId }) => containerId)),
      before.services.map((service) => service.members.map(({ containerId }) => containerId)),
    );
  });

  test('stop web: the service is stopped and stays so until twinhull up', async () => {
    assert.equal((await web.compose('stop', '-t', '1', 'web')).code, 0);
    await sleep(5000);
    assert.equal(await serves(), false);
    assert.equal((await web.service('web')).serving, false);
    await web.up();
    await untilServes(10_000);
  });

  test('up -d: serves, or the service is foreign and says so; twinhull up takes it back', async () => {
    await sleep(3000); // a person's pace: what follows an up at once is taken for its echo
    const { code, stderr } = await web.compose('up', '-d');
    assert.equal(code, 0, stderr);
    await sleep(3000);
    const found = await web.service('web');
    if (!found.serving || !(await serves()))
      assert.ok(
        found.members.some(({ verdict }) => verdict === 'foreign'),
        JSON.stringify(found),
      );
    await web.up();
    await untilServes(15_000);
    await web.allHealthy('web');
  });

  test('up -d --remove-orphans: after twinhull up everything is whole', async () => {
    await sleep(3000);
    const { code, stderr } = await web.compose('up', '-d', '--remove-orphans');
    assert.equal(code, 0, stderr);
    await sleep(3000);
    await web.up();
    await untilServes(15_000);
    await web.allHealthy('web');
  });

  test('a member removed by hand is made anew within 40 s', async () => {
    await web.allHealthy('web');
    const backup = (await web.service('web')).members.find(({ role }) => role === 'backup');
    await web.docker('rm', '-f', backup?.containerId ?? '');
    await web.until('a new container', 40_000, ({ services }) => {
      const member = services.find(({ name }) => name === 'web')?.members.find(({ name }) => name === backup?.name);
      return member?.containerId !== null && member?.containerId !== backup?.containerId;
    });
    await web.allHealthy('web');
  });

  test('down: all is gone, and the supervisor ends', async () => {
    const pid = await web.supervisorPid();
    await web.compose('down', '--remove-orphans', '-t', '1');
    const deadline = Date.now() + 20_000;
    const alive = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    while (alive()) {
      assert.ok(Date.now() < deadline, 'the supervisor is still there');
      await sleep(200);
    }
  });
});
