import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment } from '../../support/deployment.ts';

/** Writes a file every second, as long as it is let. */
const worker = `
const fs = require("fs");
setInterval(() => fs.existsSync("/tmp/stuck") || fs.writeFileSync("/tmp/alive", String(Date.now())), 1000);
process.on("SIGTERM", () => process.exit(0));
`;
const compose = `services:
  queue:
    image: twinhull-local/redis:latest
    command: ["redis-server", "--save", "", "--protected-mode", "no"]
  worker:
    image: twinhull-local/node:latest
    command: ["node", "-e", ${JSON.stringify(worker)}]
    stop_grace_period: 2s
    x-twinhull:
      mode: single
      signs:
        - heartbeat: { file: /tmp/alive, fail: 10s }
        - queue: { redis: { service: queue, list: tasks }, warn: 100, window: 15s }
`;

describe('a worker without a port gives signs', () => {
  let project: Deployment;
  before(async () => {
    project = new Deployment('th-signs', compose);
    await project.up();
    await project.allHealthy('worker');
  });
  after(() => project[Symbol.asyncDispose]());

  const startedAt = async (): Promise<string> =>
    (await project.docker('inspect', '--format', '{{.State.StartedAt}}', await project.container('worker'))).stdout;

  async function untilTold(pattern: RegExp, timeoutMs: number): Promise<void> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const { stdout } = await project.twinhull('events', '--no-follow');
      if (pattern.test(stdout)) return;
      assert.ok(Date.now() < end, `not told within ${timeoutMs} ms: ${String(pattern)}\n${stdout}`);
      await sleep(500);
    }
  }

  test('120 tasks wait: an alert within 45 s, and nobody is restarted for it', async () => {
    const before = await startedAt();
    const tasks = Array.from({ length: 120 }, (_, index) => String(index));
    await project.docker('exec', await project.container('queue'), 'redis-cli', 'RPUSH', 'tasks', ...tasks);
    await untilTold(/queue .*has 120 entries or more/, 45_000);
    assert.equal(await startedAt(), before);
    assert.equal((await project.service('worker')).lastIncident, null);
  });

  test('its heartbeat stops: unresponsive, restarted, and proven by a new beat within 60 s', async () => {
    const before = await startedAt();
    await project.docker('exec', await project.container('worker'), 'touch', '/tmp/stuck');
    await project.until('an incident of the worker', 40_000, ({ services }) => {
      const found = services.find(({ name }) => name === 'worker')?.lastIncident;
      return found?.kind === 'unresponsive';
    });
    // a restart keeps the container's files: what makes it stick is taken away as a person would
    await project.docker('exec', await project.container('worker'), 'rm', '-f', '/tmp/stuck');
    await project.until('it is over', 60_000, ({ services }) => {
      const found = services.find(({ name }) => name === 'worker');
      return found?.lastIncident?.endedAt != null && found.members[0]?.verdict === 'healthy';
    });
    assert.notEqual(await startedAt(), before);
  });
});
