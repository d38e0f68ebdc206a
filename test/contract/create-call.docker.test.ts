/** What a service asks for is what the engine then has: the table's engine column against a real engine. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openDockerEngine } from '../../src/adapters/docker/engine.ts';
import { containerSpec } from '../../src/compose/container.ts';
import type { Project, Service } from '../../src/compose/project.ts';
import { docker, importTestImage } from '../support/images.ts';

const NAME = `engine-create-call-${process.pid}`;

const service: Service = {
  image: 'twinhull-test/busybox:1',
  command: ['sh', '-c', 'cat /etc/app.conf /run/secrets/token; id -u; ls -d /made /tmpfs; echo $A; sleep 3600'],
  environment: { A: 'with = and $ signs' },
  user: '1000',
  hostname: 'boat',
  domainname: 'example.org',
  working_dir: '/tmp',
  labels: { team: 'blue' },
  tty: false,
  init: true,
  read_only: true,
  cap_drop: ['ALL'],
  cap_add: ['NET_BIND_SERVICE'],
  security_opt: ['no-new-privileges'],
  dns: ['10.9.8.7'],
  dns_search: ['example.org'],
  dns_opt: ['ndots:2'],
  extra_hosts: ['db=10.0.0.5'],
  group_add: ['1234'],
  ulimits: { nofile: { soft: 100, hard: 200 } },
  sysctls: { 'net.core.somaxconn': '256' },
  shm_size: '1048576',
  mem_limit: '67108864',
  mem_reservation: '33554432',
  cpus: 0.5,
  cpu_shares: 512,
  pids_limit: 50,
  oom_score_adj: 10,
  restart: 'on-failure:3',
  stop_grace_period: '7s',
  stop_signal: 'SIGINT',
  ipc: 'private',
  logging: { driver: 'json-file', options: { 'max-size': '1m' } },
  healthcheck: { test: ['CMD', 'true'], interval: '30s', timeout: '5s', retries: 4, start_period: '1m0s' },
  tmpfs: ['/tmpfs:size=1m'],
  expose: ['8080'],
  network_mode: 'none',
};

test('every field arrives', { timeout: 60_000 }, async () => {
  await importTestImage();
  const folder = mkdtempSync(join(tmpdir(), 'twinhull-create-call.'));
  const engine = openDockerEngine(process.env);
  try {
    writeFileSync(join(folder, 'token'), 'secret\n');
    const project = projectIn(folder);
    const { spec, unsupported, contentFiles } = containerSpec('web', project.services['web'] ?? {}, project, {
      contentFolder: folder,
      environment: {},
      containerOf: (name) => name,
      apiVersion: (await engine.info()).apiVersion,
    });
    assert.deepEqual(unsupported, []);
    for (const file of contentFiles) {
      mkdirSync(dirname(file.path), { recursive: true });
      writeFileSync(file.path, file.content, { mode: file.mode });
    }
    const id = await engine.createContainer(NAME, spec);
    await engine.startContainer(id);
    assertArrived(JSON.parse((await docker(['inspect', '--format', '{{json .}}', NAME])).output));
    const said = await firstLines(engine.logs(id, { follow: true }), 6);
    assert.deepEqual(said, ['setting', 'secret', '1000', '/made', '/tmpfs', 'with = and $ signs']);
  } finally {
    await docker(['rm', '-f', '-v', NAME]);
    await engine.close();
    rmSync(folder, { recursive: true });
  }
});

function projectIn(folder: string): Project {
  const configured: Service = {
    ...service,
    configs: [{ source: 'app', target: '/etc/app.conf' }],
    secrets: [{ source: 'token' }],
    volumes: [
      {
        type: 'bind',
        source: join(folder, 'made'),
        target: '/made',
        read_only: true,
        bind: { create_host_path: true },
      },
      { type: 'tmpfs', target: '/scratch', tmpfs: { size: '1048576', mode: '01777' } },
      { type: 'volume', target: '/anonymous', volume: { nocopy: true } },
    ],
  };
  return {
    name: NAME,
    workingDir: folder,
    files: [],
    environment: {},
    activeProfiles: [],
    services: { web: configured },
    inactiveServices: [],
    networks: {},
    volumes: {},
    configs: { app: { name: 'app', content: 'setting\n' } },
    secrets: { token: { name: 'token', file: join(folder, 'token') } },
    extensions: {},
    locate: () => null,
  };
}

function assertArrived(found: { Config: Record<string, unknown>; HostConfig: Record<string, unknown> }): void {
  const { Config: config, HostConfig: host } = found;
  const expectedConfig = {
    User: '1000',
    Hostname: 'boat',
    Domainname: 'example.org',
    WorkingDir: '/tmp',
    StopSignal: 'SIGINT',
    StopTimeout: 7,
    Healthcheck: { Test: ['CMD', 'true'], Interval: 30e9, Timeout: 5e9, StartPeriod: 60e9, Retries: 4 },
  };
  for (const [name, value] of Object.entries(expectedConfig)) assert.deepEqual(config[name], value, name);
  assert.deepEqual(Object.keys(config['ExposedPorts'] ?? {}).sort(), ['80/tcp', '8080/tcp']);
  const expectedHost = {
    Init: true,
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    CapAdd: ['NET_BIND_SERVICE'],
    SecurityOpt: ['no-new-privileges'],
    Dns: ['10.9.8.7'],
    DnsSearch: ['example.org'],
    DnsOptions: ['ndots:2'],
    ExtraHosts: ['db:10.0.0.5'],
    GroupAdd: ['1234'],
    ShmSize: 1048576,
    Memory: 67108864,
    MemoryReservation: 33554432,
    NanoCpus: 5e8,
    CpuShares: 512,
    PidsLimit: 50,
    OomScoreAdj: 10,
    IpcMode: 'private',
    NetworkMode: 'none',
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
    LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
    Sysctls: { 'net.core.somaxconn': '256' },
    Tmpfs: { '/tmpfs': 'size=1m' },
  };
  for (const [name, value] of Object.entries(expectedHost)) assert.deepEqual(host[name], value, name);
}

async function firstLines(lines: AsyncIterable<{ readonly text: string }>, count: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const line of lines) {
    texts.push(line.text);
    if (texts.length === count) break;
  }
  return texts;
}
