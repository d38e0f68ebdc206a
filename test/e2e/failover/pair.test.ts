import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad, usualMix } from '../../../src/drill/load.ts';
import { Deployment, webService } from '../../support/deployment.ts';
import { losesNothing } from '../../support/under-load.ts';

const PORT = 18080;

/** A fault done by hand with docker to a container, and how a person would undo it (null: nothing to undo). */
const faults: Readonly<Record<string, { readonly inject: string[]; readonly undo: string[] | null }>> = {
  'docker kill': { inject: ['kill', '-s', 'KILL', 'MEMBER'], undo: null },
  'docker pause': { inject: ['pause', 'MEMBER'], undo: null },
  'a hang (SIGSTOP)': { inject: ['kill', '-s', 'STOP', 'MEMBER'], undo: null },
  'docker network disconnect': { inject: ['network', 'disconnect', '-f', 'NETWORK', 'MEMBER'], undo: null },
  'docker stop': { inject: ['stop', '-t', '3', 'MEMBER'], undo: ['start', 'MEMBER'] },
};

describe('a hot pair at 400 requests a second', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment(
      'th-pair',
      `services:\n  web:${webService(`
ports: ["${PORT}:80"]
x-twinhull: { mode: pair }`)}`,
    );
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  for (const [name, { inject, undo }] of Object.entries(faults)) {
    test(`${name} of the primary fails no idempotent request, and is whole again within 60 s`, async () => {
      await web.allHealthy('web');
      const primary = await web.primary('web');
      const container = await web.container(primary);
      const load = runLoad({ url: `http://127.0.0.1:${PORT}`, rate: 400, mix: usualMix('/'), until: 6000 });
      await sleep(1500);
      const words = inject.map((word) => word.replace('MEMBER', container).replace('NETWORK', 'th-pair_twinhull-web'));
      assert.equal((await web.docker(...words)).code, 0);
      const result = await load.finished;
      const { GET: failedGets = 0, POST: failedPosts = 0 } = result.failedByMethod as Record<string, number>;
      assert.equal(failedGets, 0, `failed GET requests of ${result.sent}; longest gap ${result.longestGapMs} ms`);
      assert.ok(failedPosts <= 24, `POST requests failed: ${failedPosts}, more than one member has in flight`);
      assert.notEqual(await web.primary('web'), primary, 'the backup took over and keeps the role');
      if (undo) assert.equal((await web.docker(...undo.map((word) => word.replace('MEMBER', container)))).code, 0);
      await web.allHealthy('web');
      const { lastIncident } = await web.service('web');
      if (name !== 'docker stop') {
        assert.equal(lastIncident?.member, primary);
        assert.notEqual(lastIncident?.endedAt, null);
      }
    });
  }

  test('docker stop of a member is no failure: traffic away, verdict stopped, no repair', async () => {
    await web.allHealthy('web');
    const backup = (await web.service('web')).members.find(({ role }) => role === 'backup');
    await web.docker('stop', '-t', '3', backup?.containerId ?? '');
    await web.until(
      'the backup is stopped',
      10_000,
      ({ services }) => services[0]?.members.find(({ name }) => name === backup?.name)?.verdict === 'stopped',
    );
    await sleep(5000);
    const state = await web.docker('inspect', '-f', '{{.State.Status}}', backup?.containerId ?? '');
    assert.equal(state.stdout.trim(), 'exited', 'it stays as it was asked to be');
    await web.up();
    await web.allHealthy('web');
  });

  test('twinhull failover switches without one failed request, POST included', async () => {
    await web.allHealthy('web');
    const primary = await web.primary('web');
    const load = runLoad({ url: `http://127.0.0.1:${PORT}`, rate: 400, mix: usualMix('/'), until: 4000 });
    await sleep(1000);
    const { code, stderr } = await web.twinhull('failover', 'web');
    assert.equal(code, 0, stderr);
    assert.equal((await load.finished).failed, 0);
    assert.notEqual(await web.primary('web'), primary);
  });

  test('twinhull restart web restarts both members without one failed request', async () => {
    await web.allHealthy('web');
    await losesNothing(PORT, async () => {
      const { code, stderr } = await web.twinhull('restart', 'web');
      assert.equal(code, 0, stderr);
    });
  });
});
