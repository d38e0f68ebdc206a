import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Deployment, webService } from '../../support/deployment.ts';

const compose = `services:
  worker:
    image: twinhull-local/node:latest
    command: ["node", "-e", "setInterval(() => {}, 1000)"]
    x-twinhull: { mode: pair }
  looper:
    image: twinhull-local/node:latest
    command: ["node", "-e", "setTimeout(() => process.exit(3), require('fs').existsSync('/tmp/loop') ? 50 : 1e9); setInterval(() => { if (require('fs').existsSync('/tmp/loop')) process.exit(3); }, 200)"]
    restart: unless-stopped
  alone:${webService('')}
`;

describe('services without a gateway', () => {
  let project: Deployment;
  before(async () => {
    project = new Deployment('th-repair', compose);
    await project.up();
  });
  after(() => project[Symbol.asyncDispose]());

  test('a worker pair has a cold backup', async () => {
    const { members } = await project.service('worker');
    assert.deepEqual(members.map(({ verdict }) => verdict).sort(), ['healthy', 'standby']);
  });

  test('the primary killed: the backup runs within 10 s and is primary, the other becomes the backup', async () => {
    const primary = await project.primary('worker');
    await project.docker('kill', await project.container(primary));
    await project.until('the other is primary and healthy', 10_000, ({ services }) => {
      const found = services.find(({ name }) => name === 'worker')?.members.find(({ role }) => role === 'primary');
      return found !== undefined && found.name !== primary && found.verdict === 'healthy';
    });
    await project.allHealthy('worker');
  });

  test('a single service that is killed is back within 30 s, with an incident', async () => {
    await project.docker('kill', await project.container('alone'));
    await project.until('alone is healthy and its incident closed', 30_000, ({ services }) => {
      const found = services.find(({ name }) => name === 'alone');
      return (
        found?.members[0]?.verdict === 'healthy' &&
        found.lastIncident?.kind === 'container_exit' &&
        found.lastIncident.endedAt !== null
      );
    });
  });

  test('a crash loop ends in quarantine, and the container is still there', async () => {
    const container = await project.container('looper');
    await project.docker('exec', container, 'node', '-e', 'require("fs").writeFileSync("/tmp/loop","")');
    await project.until(
      'looper is quarantined',
      120_000,
      ({ services }) => services.find(({ name }) => name === 'looper')?.members[0]?.verdict === 'quarantined',
    );
    assert.equal((await project.docker('inspect', '-f', '{{.State.Status}}', container)).stdout.trim(), 'exited');
    assert.equal((await project.service('alone')).serving, true, 'nobody else is touched');
  });
});
