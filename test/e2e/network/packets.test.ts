import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Deployment, webService } from '../../support/deployment.ts';
import { losesNoGet } from '../../support/under-load.ts';

const PORT = 18096;

/** What a firewall within the member's network does to requests from outside; it goes on answering itself. */
const firewalls = [
  { what: 'are dropped', target: ['DROP'], kind: 'network_partition', withinMs: 60_000 },
  { what: 'are refused', target: ['REJECT', '--reject-with', 'tcp-reset'], kind: 'unresponsive', withinMs: 30_000 },
] as const;

describe('packets to a member that is well inside', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment(
      'th-packets',
      `services:\n  web:${webService(`
ports: ["${PORT}:80"]
x-twinhull: { mode: pair }`).replace('interval: 30s', 'interval: 1s')}`,
    );
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());
  beforeEach(() => web.allHealthy('web'));

  for (const { what, target, kind, withinMs } of firewalls) {
    test(`${what}: ${kind}, no GET lost, whole within ${withinMs / 1000} s`, async () => {
      const primary = await web.primary('web');
      const { stdout } = await web.docker('inspect', '--format', '{{.State.Pid}}', await web.container(primary));
      const rule = ['INPUT', '!', '-i', 'lo', '-p', 'tcp', '--dport', '80', '-j', ...target];
      await losesNoGet(PORT, async () => {
        execFileSync('nsenter', [`--net=/proc/${stdout.trim()}/ns/net`, 'iptables', '-I', ...rule]);
        await web.until(
          'it is repaired',
          withinMs,
          ({ services }) => services[0]?.lastIncident?.member === primary && services[0].lastIncident.endedAt !== null,
        );
        await web.allHealthy('web');
      });
      assert.equal((await web.service('web')).lastIncident?.kind, kind, (await web.twinhull('incident')).stdout);
      assert.notEqual(await web.primary('web'), primary);
    });
  }
});
