import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment, webService } from '../../support/deployment.ts';
import { losesNothing } from '../../support/under-load.ts';

const PORT = 18085;
const compose = (release: string, mode = 'pair', base = 'one'): string => `services:
  web:${webService(`
ports: ["${PORT}:80"]
environment: { RELEASE: "${release}" }
depends_on: { base: { condition: service_started, restart: true } }
x-twinhull: { mode: ${mode} }`)}
  base:
    image: twinhull-local/node:latest
    command: ["node", "-e", "setInterval(() => {}, 1e6)"]
    environment: { RELEASE: "${base}" }
    stop_grace_period: 1s
  other:${webService('')}
`;

describe('the file is edited and up is run again', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment('th-edit', compose('one'));
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  test('nothing changed: no container is touched', async () => {
    const ids = async (): Promise<string> =>
      (await web.docker('ps', '-aq', '--no-trunc', '--filter', 'label=com.docker.compose.project=th-edit')).stdout;
    const before = await ids();
    await web.up();
    assert.equal(await ids(), before);
  });

  test('a changed pair is rolled without one failed request, the other service is left alone', async () => {
    const other = await web.container('other');
    web.edit(compose('two'));
    await losesNothing(PORT, () => web.up());
    assert.match(await (await fetch(`http://127.0.0.1:${PORT}/`)).text(), /two/);
    assert.equal(await web.container('other'), other);
    await web.allHealthy('web');
  });

  test('what depends on a changed service with restart: true is restarted after it, without one failed request', async () => {
    const idsAndStarts = async (): Promise<readonly string[]> => {
      const members = (await web.service('web')).members.map(({ containerId }) => containerId ?? '');
      const format = '{{.Id}} {{.State.StartedAt}}';
      return (await web.docker('inspect', '--format', format, ...members)).stdout.trim().split('\n');
    };
    const before = await idsAndStarts();
    web.edit(compose('two', 'pair', 'two'));
    await losesNothing(PORT, () => web.up());
    const now = await idsAndStarts();
    for (const [index, line] of now.entries()) {
      const [id, start] = line.split(' ');
      const [idBefore, startBefore] = before[index]?.split(' ') ?? [];
      assert.equal(id, idBefore);
      assert.notEqual(start, startBefore);
    }
  });

  test('docker stop right after up is what somebody asked for', async () => {
    web.edit(compose('two', 'pair', 'three'));
    await web.up();
    const [member] = (await web.service('web')).members.filter(({ role }) => role === 'backup');
    await web.docker('stop', '-t', '1', member?.containerId ?? '');
    await sleep(6000);
    const found = (await web.service('web')).members.find(({ name }) => name === member?.name);
    assert.equal(found?.verdict, 'stopped');
    web.edit(compose('two'));
    await web.up();
    await web.allHealthy('web');
  });

  test('a pair becomes a cluster and a pair again: nobody is in the way of anybody', async () => {
    for (const mode of ['cluster', 'pair']) {
      web.edit(compose('two', mode));
      await web.up();
      await web.allHealthy('web');
    }
  });

  test('a broken file changes nothing and exits 2 with file, line and column', async () => {
    const before = await web.status();
    web.edit(compose('three').replace('stop_grace_period: 3s', 'stop_grace_period: soon'));
    const { code, stderr } = await web.twinhull('up', '-d');
    assert.equal(code, 2);
    assert.match(stderr, /compose\.yaml:\d+:\d+/);
    assert.deepEqual(
      (await web.status()).services.map(({ members }) => members),
      before.services.map(({ members }) => members),
    );
  });
});
