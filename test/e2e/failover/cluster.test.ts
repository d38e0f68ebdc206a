import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad, usualMix } from '../../../src/drill/load.ts';
import { Deployment, webService } from '../../support/deployment.ts';

const PORT = 18081;

describe('a cluster of three at 400 requests a second', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment(
      'th-cluster',
      `services:\n  web:${webService(`
ports: ["127.0.0.1:${PORT}:80"]
deploy: { replicas: 3 }`)}`,
    );
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  for (const signal of ['KILL', 'STOP']) {
    test(`SIG${signal} to one replica fails no idempotent request, and it is whole again within 60 s`, async () => {
      await web.allHealthy('web');
      const load = runLoad({ url: `http://127.0.0.1:${PORT}`, rate: 400, mix: usualMix('/'), until: 6000 });
      await sleep(1500);
      await web.docker('kill', '-s', signal, await web.container('web-2'));
      const result = await load.finished;
      assert.equal((result.failedByMethod as Record<string, number>)['GET'] ?? 0, 0);
      await web.allHealthy('web');
    });
  }

  test('requests are spread over all replicas', async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 30; i++)
      seen.add(await (await fetch(`http://127.0.0.1:${PORT}/`, { headers: { connection: 'close' } })).text());
    assert.equal(seen.size, 3);
  });
});
