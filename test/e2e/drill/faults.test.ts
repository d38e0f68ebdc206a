import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment, webService } from '../../support/deployment.ts';

const PORT = 18086;

interface Report {
  readonly verdict: 'pass' | 'fail';
  readonly reasons: readonly string[];
  readonly member: string;
  readonly requests: { readonly sent: number; readonly failed: number };
  readonly longestGapMs: number;
  readonly repairedMs: number | null;
  readonly note: string;
}

describe('each fault of `twinhull drill`, under 100 requests a second', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment(
      'th-faults',
      `
x-twinhull:
  budget: { actions: 50, window: 10m }
  host_actions: 200
services:
  web:${webService(`
ports: ["127.0.0.1:${PORT}:80"]
mem_limit: 96m
x-twinhull: { mode: pair, gateway: { protocol: http, check: { path: /health } } }`)}`,
    );
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  async function drill(fault: string, ...options: string[]): Promise<Report> {
    await web.allHealthy('web', 60_000);
    const usual = ['--rate', '100', '--duration', '6s', '--repair-timeout', '60s', '--json'];
    const { code, stdout, stderr } = await web.twinhull('drill', fault, 'web', ...usual, ...options);
    const report = JSON.parse(stdout) as Report;
    assert.equal(code, 0, `${stderr}\n${stdout}\n${(await web.twinhull('events', '--no-follow')).stdout}`);
    assert.equal(report.verdict, 'pass', stdout);
    assert.ok(report.requests.sent > 300, stdout);
    return report;
  }

  for (const fault of ['kill', 'hang', 'stop', 'pause', 'disconnect', 'oom'])
    test(`${fault}: no GET fails, and everything is well again within 60 s`, async () => {
      const { repairedMs } = await drill(fault);
      assert.equal(typeof repairedMs, 'number');
    });

  test('oom: the kernel ended the member for want of memory', async () => {
    const { member } = await drill('oom');
    const { stdout } = await web.twinhull('events', '--no-follow');
    assert.match(stdout, new RegExp(`${member}.*(out of memory|memory)`, 'i'));
  });

  test('cpu: no GET fails; the limit is gone after it, within 60 s', async () => {
    const { member } = await drill('cpu');
    const quota = await web.docker('inspect', '-f', '{{.HostConfig.CpuQuota}}', await web.container(member));
    assert.ok(Number(quota.stdout) <= 0, quota.stdout);
  });

  test('leak: the member dies of it, no GET fails, and nothing of it runs on after it, within 60 s', async () => {
    const { member, repairedMs } = await drill('leak');
    assert.equal(typeof repairedMs, 'number');
    assert.equal(await leaks(await web.container(member)), false);
  });

  async function leaks(container: string): Promise<boolean> {
    const { code, stdout, stderr } = await web.docker('top', container, '-eo', 'pid,args');
    assert.equal(code, 0, stderr);
    return stdout.includes('twinhull-drill');
  }

  test('leak: one that reaches no limit yet is ended by a Ctrl-C, within 10 s', async (t) => {
    await web.allHealthy('web', 60_000);
    const argv = ['drill', 'leak', 'web', '--rate', '20', '--duration', '10m'];
    const running = spawn(join(import.meta.dirname, '../../../bin/twinhull'), argv, { cwd: web.folder, env: web.env });
    let said = '';
    running.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    t.after(() => running.kill('SIGINT'));
    const target = await web.container(await web.primary('web'));
    for (let look = 0; !(await leaks(target)) && look < 100; look++) await sleep(100);
    assert.ok(await leaks(target), said);
    running.kill('SIGINT');
    await once(running, 'exit');
    for (let look = 0; (await leaks(target)) && look < 20; look++) await sleep(100);
    assert.equal(await leaks(target), false);
  });

  test('crash-loop: killed three times, no GET fails, well again within 60 s', async () => {
    const { note } = await drill('crash-loop', '--times', '3');
    assert.equal(note, 'killed 3 of 3 times');
  });

  test('gateway: HAProxy is back within a second', async () => {
    const { longestGapMs } = await drill('gateway');
    assert.ok(longestGapMs < 1000, String(longestGapMs));
  });

  test('supervisor: its keeper starts it again within 60 s, and no GET fails meanwhile', async () => {
    const before = await web.supervisorPid();
    await drill('supervisor');
    assert.notEqual(await web.supervisorPid(), before);
  });

  test('supervisor in a container: Docker starts it again within 60 s, and no GET fails meanwhile', async () => {
    assert.equal((await web.twinhull('down')).code, 0);
    web.env['TWINHULL_SUPERVISOR_IMAGE'] = 'twinhull-local/supervisor:latest';
    await web.up();
    await drill('supervisor');
    const format = '{{.RestartCount}}';
    const { stdout } = await web.docker('inspect', '-f', format, 'th-faults-twinhull-supervisor');
    assert.equal(stdout.trim(), '1');
  });
});
