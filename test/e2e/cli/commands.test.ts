import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment, webService } from '../../support/deployment.ts';

const PORT = 18090;
const binary = resolve(import.meta.dirname, '../../../bin/twinhull');
const compose = `services:
  web:${webService(`
ports: ["127.0.0.1:${PORT}:80"]
x-twinhull: { mode: pair }`)}
  alone:
    image: twinhull-local/node:latest
    command: ["node", "-e", "console.log('\\\\x1b[2J\\\\x1b[31mhello'); setInterval(() => {}, 1000)"]
    stop_grace_period: 1s
`;

describe('the commands on a project that runs', () => {
  let project: Deployment;
  before(async () => {
    project = new Deployment('th-cli', compose);
    await project.up();
    await project.allHealthy('web');
  });
  after(() => project[Symbol.asyncDispose]());

  test('status fits 80 columns and says who is primary', async () => {
    const { code, stdout } = await project.twinhull('status');
    assert.equal(code, 0);
    assert.match(stdout, /^th-cli: 2 of 2 services serve\n/);
    assert.match(stdout, /web-primary +primary +healthy/);
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.length > 80),
      [],
    );
  });

  test('exec runs in the primary of this moment, hands on standard input and the exit code', async () => {
    const primary = await project.container(await project.primary('web'));
    const host = await project.twinhull('exec', 'web', 'node', '-e', 'console.log(require("os").hostname())');
    assert.equal(host.stdout.trim(), primary.slice(0, 12));
    assert.equal((await project.twinhull('exec', 'web-backup', '--', 'node', '-e', 'process.exit(7)')).code, 7);
    assert.equal((await project.twinhull('exec', 'absent', 'true')).code, 2);
  });

  test('logs are told apart by member; as JSON each line is an object', async () => {
    const { stdout } = await project.twinhull('logs', 'alone');
    assert.match(stdout, /^alone \| .*hello/);
    const json = await project.twinhull('logs', 'alone', '--json');
    const [line] = json.stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    assert.deepEqual([line?.['service'], line?.['member'], line?.['stream']], ['alone', 'alone', 'stdout']);
  });

  test('events as JSON are one object a line, with what the interface promises', async () => {
    const { code, stdout } = await project.twinhull('events', '--json', '--since', '1h', '--no-follow');
    assert.equal(code, 0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.ok(events.length > 0);
    for (const event of events)
      for (const key of ['time', 'kind', 'service', 'member', 'incident', 'message']) assert.ok(key in event, key);
  });

  test('a switch to a member that does not run is refused with the reason', async () => {
    const status = await project.service('web');
    const backup = status.members.find(({ role }) => role === 'backup');
    await project.docker('stop', '-t', '1', backup?.containerId ?? '');
    await project.until('stopped', 10_000, ({ services }) =>
      services.some(({ members }) => members.some(({ verdict }) => verdict === 'stopped')),
    );
    const { code, stderr } = await project.twinhull('failover', 'web');
    assert.equal(code, 1);
    assert.match(stderr, /stopped/);
    await project.up();
    await project.allHealthy('web');
  });

  test('a drill on the last member is refused', async () => {
    const { code, stderr } = await project.twinhull('drill', 'kill', 'alone', '--json');
    assert.equal(code, 1);
    assert.match(stderr, /one member only/);
  });

  test('a drill reports what it saw, and its exit code is its verdict', async () => {
    await project.allHealthy('web');
    const { code, stdout, stderr } = await project.twinhull(
      'drill',
      'kill',
      'web',
      '--rate',
      '100',
      '--duration',
      '6s',
      '--json',
    );
    const report = JSON.parse(stdout) as Record<string, unknown> & { requests: Record<string, unknown> };
    assert.equal(code, report['verdict'] === 'pass' ? 0 : 1, stderr);
    assert.ok(Number(report.requests['sent']) > 300);
    assert.equal(typeof report['longestGapMs'], 'number');
    assert.equal(typeof report['switchedMs'], 'number');
    assert.equal(typeof report['repairedMs'], 'number');
    await project.allHealthy('web');
  });

  test('a drill that is killed with kill -9 leaves no frozen container', async () => {
    await project.allHealthy('web');
    const target = await project.container(await project.primary('web'));
    const drill = spawn(binary, ['drill', 'hang', 'web', '--rate', '20', '--duration', '30s'], {
      cwd: project.folder,
      env: project.env,
    });
    let said = '';
    drill.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    for (let look = 0; !said.includes('hang ') && look < 200; look++) await sleep(50);
    drill.kill('SIGKILL');
    await once(drill, 'exit');
    await sleep(3000);
    const { stdout } = await project.docker('top', target, '-eo', 'pid,stat');
    const states = stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/)[1] ?? '');
    assert.deepEqual(
      states.filter((state) => state.startsWith('T')),
      [],
      stdout,
    );
    assert.doesNotMatch((await project.twinhull('doctor')).stdout, /drill/);
  });

  test('with a broken file the project can still be looked at', async () => {
    const { COMPOSE_PROJECT_NAME: _name, ...env } = project.env;
    writeFileSync(join(project.folder, 'compose.yaml'), `name: th-cli\n${compose}  broken: [\n`);
    const child = spawn(binary, ['status', '--json'], { cwd: project.folder, env });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    project.edit(compose);
    assert.equal(code, 0);
    assert.equal((JSON.parse(out) as { project: string }).project, 'th-cli');
  });

  test('down takes everything away, and a second one finds nothing to do', async () => {
    assert.equal((await project.twinhull('down')).code, 0);
    const { stdout } = await project.docker('ps', '-aq', '--filter', 'label=com.docker.compose.project=th-cli');
    assert.equal(stdout.trim(), '');
    assert.equal((await project.twinhull('down')).code, 0);
    assert.match((await project.twinhull('status')).stdout, /nothing running/);
  });
});

describe('where the supervisor lives', () => {
  let project: Deployment;
  before(() => {
    project = new Deployment('th-cli-home', compose.replace(`127.0.0.1:${PORT}:`, ''));
  });
  after(() => project[Symbol.asyncDispose]());

  const states = async (): Promise<string[]> => {
    const format = '{{.Label "twinhull.service"}} {{.State}}';
    const { stdout } = await project.docker(
      'ps',
      '-a',
      '--filter',
      'label=com.docker.compose.project=th-cli-home',
      '--format',
      format,
    );
    return [...new Set(stdout.trim().split('\n'))].toSorted();
  };

  test('up in the foreground says what happens; Ctrl-C stops the project and keeps its containers', async () => {
    const child = project.upInForeground();
    for (let look = 0; !project.output.includes('2 of 2 services serve') && look < 600; look++) await sleep(100);
    assert.match(project.output, /Ctrl-C stops the project/);
    const second = await project.twinhull('up', '-d');
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stdout, /in a terminal/);
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    assert.equal(code, 0, project.output);
    assert.deepEqual(await states(), ['alone exited', 'web exited']);
  });

  test('where its image is, up -d leaves a container that Docker starts again; down removes it', async () => {
    project.env['TWINHULL_SUPERVISOR_IMAGE'] = 'twinhull-local/supervisor:latest';
    const { code, stdout, stderr } = await project.twinhull('up', '-d');
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.match(stdout, /container, which Docker starts again/);
    const policy = await project.docker(
      'inspect',
      '-f',
      '{{.HostConfig.RestartPolicy.Name}}',
      'th-cli-home-twinhull-supervisor',
    );
    assert.equal(policy.stdout.trim(), 'always');
    await project.docker('restart', '-t', '2', 'th-cli-home-twinhull-supervisor');
    await project.until(
      'supervised again',
      20_000,
      (status) => (status as unknown as { supervised: boolean }).supervised,
    );
    await project.allHealthy('web');
    assert.equal((await project.twinhull('down')).code, 0);
    const left = await project.docker('ps', '-aq', '--filter', 'name=th-cli-home');
    assert.equal(left.stdout.trim(), '');
  });
});
