import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad, usualMix } from '../../../src/drill/load.ts';
import { Deployment, webService } from '../../support/deployment.ts';

const PORT = 18082;

describe('every health check fails at once, while the members still answer', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment(
      'th-brake',
      `services:\n  web:${webService(`
ports: ["${PORT}:80"]
x-twinhull: { mode: pair }`)}`,
    );
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  async function started({ containerId }: { readonly containerId: string | null }): Promise<string> {
    return (await web.docker('inspect', '-f', '{{.State.StartedAt}}', containerId ?? '')).stdout.trim();
  }

  test('every idempotent request is still served for 20 s, and no member is restarted', async () => {
    await web.allHealthy('web');
    const before = (await web.service('web')).members;
    const startedAt = await Promise.all(before.map(started));
    const load = runLoad({ url: `http://127.0.0.1:${PORT}`, rate: 200, mix: usualMix('/'), until: 22_000 });
    await sleep(1000);
    for (const { containerId } of before)
      await web.docker('exec', containerId ?? '', 'node', '-e', 'require("fs").writeFileSync("/tmp/sick","")');
    await sleep(8000);
    assert.equal((await web.service('web')).serving, true, 'they answer, and status says so');
    const result = await load.finished;
    assert.equal((result.failedByMethod as Record<string, number>)['GET'] ?? 0, 0, `of ${result.sent}`);
    assert.deepEqual(await Promise.all(before.map(started)), startedAt);
    for (const { containerId } of before)
      await web.docker('exec', containerId ?? '', 'node', '-e', 'require("fs").rmSync("/tmp/sick")');
    await web.allHealthy('web');
    assert.deepEqual(
      await Promise.all(before.map(started)),
      startedAt,
      'nor when they are well again, one after the other',
    );
  });
});
