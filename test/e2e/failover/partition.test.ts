import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad, usualMix } from '../../../src/drill/load.ts';
import { Deployment, webService } from '../../support/deployment.ts';
import { importTestImage } from '../../support/images.ts';

const PORT = 18082;

/** Runs ip(8) in the network of a container, as somebody with root on the host could. */
async function ipIn(web: Deployment, container: string, ...argv: string[]): Promise<string> {
  const inside = ['--rm', '--network', `container:${container}`, '--cap-add', 'NET_ADMIN'];
  const { code, stdout, stderr } = await web.docker(
    'run',
    ...inside,
    await importTestImage(),
    'busybox',
    'ip',
    ...argv,
  );
  assert.equal(code, 0, stderr);
  return stdout;
}

describe('a member that is well inside and out of reach for its gateway', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment(
      'th-partition',
      `services:\n  web:${webService(`
ports: ["127.0.0.1:${PORT}:80"]
x-twinhull: { mode: pair }`).replace('interval: 30s', 'interval: 1s')}`,
    );
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  test('is found to be partitioned, fails no idempotent request, and is connected anew without a restart', async () => {
    await web.allHealthy('web');
    const primary = await web.primary('web');
    const container = await web.container(primary);
    const address = '{{(index .NetworkSettings.Networks "th-partition_twinhull-web").IPAddress}}';
    const own = (await web.docker('inspect', '-f', address, container)).stdout.trim();
    const links = await ipIn(web, container, '-o', 'addr');
    const link = links
      .split('\n')
      .find((line) => line.includes(` ${own}/`))
      ?.split(/\s+/)[1];
    assert.ok(link, links);
    const load = runLoad({ url: `http://127.0.0.1:${PORT}`, rate: 200, mix: usualMix('/'), until: 5000 });
    await sleep(1000);
    await ipIn(web, container, 'link', 'set', link, 'down');
    const { failedByMethod } = await load.finished;
    assert.equal((failedByMethod as Record<string, number>)['GET'] ?? 0, 0);
    await web.allHealthy('web', 20_000);
    const { lastIncident } = await web.service('web');
    assert.equal(lastIncident?.kind, 'network_partition', (await web.twinhull('events', '--no-follow')).stdout);
    assert.equal(lastIncident?.member, primary);
    assert.equal(await web.container(primary), container, 'the container is the same');
    const { stdout } = await web.docker('inspect', '-f', '{{.RestartCount}} {{.State.StartedAt}}', container);
    assert.match(stdout, /^0 /);
  });
});
