import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment, webService } from '../../support/deployment.ts';

const PORT = 18087;
const binary = resolve(import.meta.dirname, '../../../bin/twinhull');
const BARE_IMAGE = 'twinhull-test/no-shell:1';

/** A web server, two pages, and nothing else: no shell, no sleep. */
async function importBareImage(project: Deployment): Promise<void> {
  const root = join(project.folder, 'bare');
  mkdirSync(join(root, 'www'), { recursive: true });
  copyFileSync('/usr/bin/busybox', join(root, 'httpd'));
  for (const page of ['index.html', 'health']) writeFileSync(join(root, 'www', page), 'ok');
  const archive = join(project.folder, 'bare.tar');
  execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '-cf', archive, '.']);
  assert.equal((await project.docker('import', archive, BARE_IMAGE)).code, 0);
}

describe('a drill that must not become an outage', () => {
  let project: Deployment;
  before(async () => {
    project = new Deployment(
      'th-drill',
      `
x-twinhull:
  budget: { actions: 50, window: 10m }
  host_actions: 200
services:
  web:${webService(`
ports: ["127.0.0.1:${PORT}:80"]
x-twinhull: { mode: pair, gateway: { protocol: http, check: { path: /health } } }`)}
  alone:${webService('x-twinhull: { mode: single }')}
  bare:
    image: ${BARE_IMAGE}
    command: ["/httpd", "-f", "-p", "80", "-h", "/www"]
    expose: ["80"]
    mem_limit: 64m
    restart: unless-stopped
    x-twinhull: { mode: pair, gateway: { protocol: http, check: { path: /health } } }
`,
    );
    await importBareImage(project);
    await project.up();
    for (const service of ['web', 'alone', 'bare']) await project.allHealthy(service);
  });
  after(() => project[Symbol.asyncDispose]());

  async function refused(argv: readonly string[], why: RegExp): Promise<void> {
    const { code, stdout, stderr } = await project.twinhull('drill', ...argv);
    assert.equal(code, 1, stdout + stderr);
    assert.match(stderr, why);
  }

  /** A drill in the background, when its fault has begun. */
  async function begun(fault: string, duration = '30s'): Promise<ChildProcess> {
    await project.allHealthy('web');
    const argv = ['drill', fault, 'web', '--rate', '20', '--duration', duration];
    const drill = spawn(binary, argv, { cwd: project.folder, env: project.env });
    let said = '';
    drill.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    drill.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    for (let look = 0; !said.includes(`${fault} web-`) && look < 300; look++) await sleep(50);
    await sleep(500);
    assert.equal(drill.exitCode, null, said);
    return drill;
  }

  async function killed(drill: ChildProcess): Promise<void> {
    drill.kill('SIGKILL');
    await once(drill, 'exit');
  }

  /** Those that look after the drills of this project. */
  function guards(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
          return words.includes('drill-guard') && words.some((word) => word.startsWith(project.folder));
        } catch {
          return false;
        }
      })
      .map(Number);
  }

  async function quota(container: string): Promise<number> {
    return Number((await project.docker('inspect', '-f', '{{.HostConfig.CpuQuota}}', container)).stdout);
  }

  test('the last member: refused; with --force it is broken, and repaired within 60 s', async () => {
    await refused(['kill', 'alone'], /one member only/);
    const argv = ['kill', 'alone', '--force', '--rate', '20', '--duration', '5s', '--repair-timeout', '60s'];
    const { code, stdout, stderr } = await project.twinhull('drill', ...argv);
    assert.equal(code, 0, stdout + stderr);
    await project.allHealthy('alone');
  });

  test('frozen, or in maintenance: refused', async () => {
    await project.twinhull('freeze', 'on', 'purpose');
    await refused(['kill', 'web'], /frozen/);
    await project.twinhull('thaw');
    await project.twinhull('maintenance', 'on', 'web');
    await refused(['kill', 'web'], /maintenance/);
    await project.twinhull('maintenance', 'off', 'web');
  });

  test('while an incident is open, of another service too: refused', async () => {
    await project.allHealthy('web');
    const container = await project.container('alone');
    await project.docker('exec', container, 'touch', '/tmp/sick');
    await project.docker('pause', container);
    await project.until('an open incident', 20_000, ({ services }) =>
      services.some(({ lastIncident }) => lastIncident?.endedAt === null),
    );
    await refused(['kill', 'web'], /an incident is open/);
    await project.docker('exec', container, 'rm', '/tmp/sick');
    await project.allHealthy('alone', 120_000);
  });

  test('memory of a member without a limit, or without a shell in its image: refused, and said why', async () => {
    await project.allHealthy('web');
    await refused(['oom', 'web'], /web-.* has no memory limit/);
    await refused(['leak', 'bare'], /no shell/);
    await refused(['oom', 'bare'], /no shell/);
  });

  test('the daemon that no service manager keeps: refused, and it goes on', async () => {
    await refused(['daemon', 'web', '--force'], /systemd|only root/);
    assert.equal((await project.docker('version')).code, 0);
  });

  test('a second one at the same time: refused', async () => {
    const drill = await begun('cpu', '8s');
    await refused(['cpu', 'bare'], /another drill goes on: cpu of web-/);
    await once(drill, 'exit');
    assert.equal(drill.exitCode, 0);
  });

  test('interrupted: the fault is taken back at once, within 5 s', async () => {
    const drill = await begun('cpu');
    const container = await project.container(await limited());
    assert.equal(await quota(container), 1000);
    drill.kill('SIGINT');
    await once(drill, 'exit');
    assert.ok((await quota(container)) <= 0);
    assert.equal(drill.exitCode, 130);
  });

  test('killed -9: its guard takes the fault back within 5 s, with the supervisor dead too', async () => {
    const drill = await begun('cpu');
    const container = await project.container(await limited());
    await project.killSupervisor();
    await killed(drill);
    await sleep(4000);
    assert.ok((await quota(container)) <= 0);
    await project.up();
  });

  test('killed -9 together with its guard: the next command takes the fault back', async () => {
    const drill = await begun('cpu');
    const container = await project.container(await limited());
    for (const pid of guards()) process.kill(pid, 'SIGKILL');
    await killed(drill);
    assert.equal(await quota(container), 1000);
    const { stderr } = await project.twinhull('events', '--no-follow');
    assert.match(stderr, /a drill \(cpu of web-.*\) had not come to its end; its fault was taken back/);
    assert.ok((await quota(container)) <= 0);
    await project.allHealthy('web');
  });

  /** The member that has nearly no processor now. */
  async function limited(): Promise<string> {
    for (const { name, containerId } of (await project.service('web')).members)
      if (containerId !== null && (await quota(containerId)) === 1000) return name;
    throw new Error('no member of web is limited');
  }

  test('drills.yaml beside the Compose file: each from a steady state, with a report for its owner alone, within 120 s', async () => {
    await project.allHealthy('web');
    writeFileSync(
      join(project.folder, 'drills.yaml'),
      `
steady_state: { within: 60s }
drills:
  - name: the leader dies
    fault: kill
    service: web
    load: { rate: 100, duration: 5s, methods: [GET, POST] }
    expect: { longest_gap: 2s, repaired_within: 60s }
  - fault: oom
    service: web
  - name: too much is asked
    fault: pause
    service: web
    load: { rate: 50, duration: 5s }
    expect: { repaired_within: 1ms }
`,
    );
    const { code, stdout, stderr } = await project.twinhull(
      'drill',
      '--json',
      '--report',
      join(project.folder, 'reports'),
    );
    assert.equal(code, 1, stderr);
    const { verdict, drills, report } = JSON.parse(stdout) as {
      verdict: string;
      drills: { name: string; verdict: string; reasons: string[] }[];
      report: { markdown: string; json: string };
    };
    assert.equal(verdict, 'fail');
    assert.deepEqual(
      drills.map(({ name, verdict: each }) => [name, each]),
      [
        ['the leader dies', 'pass'],
        ['oom web', 'fail'],
        ['too much is asked', 'fail'],
      ],
      stdout,
    );
    assert.match(drills[1]?.reasons.join() ?? '', /no memory limit/);
    assert.match(drills[2]?.reasons.join() ?? '', /not repaired within 1 ms/);
    for (const path of Object.values(report)) assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.match(readFileSync(report.markdown, 'utf8'), /## the leader dies: pass[\s\S]*\| POST \|/);
    await project.allHealthy('web');
  });

  test('a file with mistakes: each with its place, exit code 2, and nothing is broken', async () => {
    const file = join(project.folder, 'wrong.yaml');
    writeFileSync(file, 'drills:\n  - { fault: burn, service: web }\n  - { fault: kill, service: shop }\n');
    const { code, stderr } = await project.twinhull('drill', '-f', file);
    assert.equal(code, 2);
    assert.match(stderr, /wrong\.yaml:2:7: drills\[0\]\.fault: "burn"/);
    writeFileSync(file, 'drills:\n  - { fault: kill, service: shop }\n');
    const unknown = await project.twinhull('drill', '-f', file);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /wrong\.yaml:2:20: drills\[0\]\.service: "shop" is no service/);
  });
});
