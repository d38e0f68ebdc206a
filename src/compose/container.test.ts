import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  containerSpec,
  type ContainerHost,
  linkAliases,
  networkAttachments,
  networkSpec,
  portBindings,
  volumeSpec,
} from './container.ts';
import type { Project, Service } from './project.ts';

const host: ContainerHost = {
  contentFolder: '/state/files',
  environment: { FROM_HERE: 'yes' },
  containerOf: (service) => `shop-${service}-1`,
  apiVersion: '1.41',
};

function project(service: Service, more: Partial<Project> = {}): Project {
  return {
    name: 'shop',
    workingDir: '/shop',
    files: ['/shop/compose.yaml'],
    environment: {},
    activeProfiles: [],
    services: { web: service },
    inactiveServices: [],
    networks: { default: { name: 'shop_default' } },
    volumes: { data: { name: 'shop_data' } },
    configs: {},
    secrets: {},
    extensions: {},
    locate: () => null,
    ...more,
  };
}

function specOf(service: Service, more: Partial<Project> = {}, on: Partial<ContainerHost> = {}) {
  const web = { image: 'web:1', ...service };
  return containerSpec('web', web, project(web, more), { ...host, ...on });
}

test('the process: command, environment, user, terminal, stop', () => {
  const { spec, unsupported } = specOf({
    command: ['serve'],
    entrypoint: ['/bin/init'],
    environment: { A: '1', EMPTY: '', FROM_HERE: null, NOWHERE: null },
    user: '1000:1000',
    working_dir: '/srv',
    tty: true,
    stop_signal: 'SIGQUIT',
    stop_grace_period: '1m30s',
    labels: { team: 'blue' },
    hostname: 'web',
  });
  assert.deepEqual(spec, {
    Image: 'web:1',
    Cmd: ['serve'],
    Entrypoint: ['/bin/init'],
    Env: ['A=1', 'EMPTY=', 'FROM_HERE=yes'],
    User: '1000:1000',
    WorkingDir: '/srv',
    Tty: true,
    StopSignal: 'SIGQUIT',
    StopTimeout: 90,
    Labels: { team: 'blue' },
    Hostname: 'web',
    HostConfig: {},
    Networks: [],
  });
  assert.deepEqual(unsupported, []);
});

test('a service that is built has the name Compose gives its image', () => {
  const built = containerSpec('web', { build: { context: '/shop' } }, project({}), host);
  assert.equal(built.spec.Image, 'shop-web');
});

test('limits of deploy win over the older keys', () => {
  const { spec } = specOf({
    mem_limit: '1048576',
    cpus: 0.5,
    pids_limit: 10,
    deploy: { resources: { limits: { memory: '2097152', cpus: 1.5 }, reservations: { memory: '1024' } } },
  });
  assert.deepEqual(spec.HostConfig, { Memory: 2097152, NanoCpus: 1.5e9, PidsLimit: 10, MemoryReservation: 1024 });
});

test('restart wins over deploy.restart_policy; tries are kept', () => {
  const policy = (service: Service): unknown => specOf(service).spec.HostConfig['RestartPolicy'];
  const deploy = { restart_policy: { condition: 'on-failure', max_attempts: 4 } };
  assert.deepEqual(policy({ restart: 'on-failure:3', deploy }), { Name: 'on-failure', MaximumRetryCount: 3 });
  assert.deepEqual(policy({ deploy }), { Name: 'on-failure', MaximumRetryCount: 4 });
  assert.deepEqual(policy({ deploy: { restart_policy: {} } }), { Name: 'always' });
  assert.equal(policy({}), undefined);
});

test('health checks count in nanoseconds; start_interval is named on an old engine', () => {
  const healthcheck = { test: ['CMD', 'true'], interval: '30s', timeout: '500ms', retries: 3, start_interval: '1s' };
  const old = specOf({ healthcheck });
  assert.deepEqual(old.spec.Healthcheck, { Test: ['CMD', 'true'], Interval: 30e9, Timeout: 5e8, Retries: 3 });
  assert.deepEqual(
    old.unsupported.map((item) => item.key),
    ['healthcheck.start_interval'],
  );
  assert.equal(specOf({ healthcheck }, {}, { apiVersion: '1.44' }).spec.Healthcheck?.StartInterval, 1e9);
  assert.deepEqual(specOf({ healthcheck: { disable: true } }).spec.Healthcheck, { Test: ['NONE'] });
});

test('volumes of every kind', () => {
  const { spec, unsupported } = specOf({
    volumes: [
      { type: 'bind', source: '/shop/data', target: '/data', bind: { create_host_path: true, selinux: 'z' } },
      { type: 'bind', source: '/must/exist', target: '/x', read_only: true, bind: { create_host_path: false } },
      { type: 'volume', source: 'data', target: '/v', volume: { nocopy: true } },
      { type: 'volume', target: '/anonymous' },
      { type: 'tmpfs', target: '/t', tmpfs: { size: '1024', mode: '01777' } },
      { type: 'volume', source: 'data', target: '/s', volume: { subpath: 'a' } },
      { type: 'cluster', source: 'c', target: '/c' },
    ],
    tmpfs: ['/run', '/tmp:size=64m,mode=1777'],
  });
  assert.deepEqual(spec.HostConfig, {
    Binds: ['/shop/data:/data:rw,z'],
    Mounts: [
      { Type: 'bind', Source: '/must/exist', Target: '/x', ReadOnly: true, BindOptions: {} },
      { Type: 'volume', Source: 'shop_data', Target: '/v', VolumeOptions: { NoCopy: true } },
      { Type: 'volume', Target: '/anonymous' },
      { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1024, Mode: 0o1777 } },
    ],
    Tmpfs: { '/run': '', '/tmp': 'size=64m,mode=1777' },
  });
  assert.deepEqual(
    unsupported.map((item) => item.key),
    ['volumes (/s)', 'volumes (/c)'],
  );
});

test('configs and secrets become read-only mounts; text becomes a file with a digest in its name', () => {
  const more = {
    configs: { app: { name: 'shop_app', content: 'a=1' }, swarm: { name: 'swarm', external: true } },
    secrets: {
      token: { name: 'shop_token', file: '/shop/token' },
      key: { name: 'shop_key', environment: 'FROM_HERE' },
    },
  };
  const { spec, contentFiles, unsupported } = specOf(
    {
      configs: [{ source: 'app', target: '/etc/app' }, { source: 'swarm' }],
      secrets: [{ source: 'token' }, { source: 'key', target: 'k', mode: '0400' }],
    },
    more,
  );
  const mounts = spec.HostConfig['Mounts'] as { Source: string; Target: string }[];
  assert.deepEqual(
    mounts.map((mount) => mount.Target),
    ['/etc/app', '/run/secrets/token', '/run/secrets/k'],
  );
  assert.equal(mounts[1]?.Source, '/shop/token');
  assert.deepEqual(
    contentFiles.map(({ content, mode }) => [content, mode]),
    [
      ['a=1', 0o444],
      ['yes', 0o400],
    ],
  );
  assert.deepEqual(
    contentFiles.map((file) => file.path),
    [mounts[0]?.Source, mounts[2]?.Source],
  );
  assert.deepEqual(unsupported, [{ key: 'configs.swarm', why: 'external ones are kept in a Swarm' }]);
});

test('isolation, devices and kernel settings', () => {
  const { spec } = specOf({
    cap_add: ['NET_ADMIN'],
    privileged: true,
    read_only: true,
    init: true,
    ulimits: { nofile: { soft: 1, hard: 2 }, nproc: 5 },
    sysctls: { 'net.core.somaxconn': '1024' },
    security_opt: ['no-new-privileges', 'label:disable'],
    extra_hosts: ['db=10.0.0.5', 'six=::1'],
    devices: [{ source: '/dev/fuse', target: '/dev/fuse', permissions: 'rwm' }],
    gpus: [{ count: -1 }],
    logging: { driver: 'json-file', options: { 'max-size': '1m' } },
    network_mode: 'service:db',
    pid: 'host',
    volumes_from: ['db:ro'],
    shm_size: '1024',
  });
  assert.deepEqual(spec.HostConfig, {
    CapAdd: ['NET_ADMIN'],
    Privileged: true,
    ReadonlyRootfs: true,
    Init: true,
    Ulimits: [
      { Name: 'nofile', Soft: 1, Hard: 2 },
      { Name: 'nproc', Soft: 5, Hard: 5 },
    ],
    Sysctls: { 'net.core.somaxconn': '1024' },
    SecurityOpt: ['no-new-privileges', 'label=disable'],
    ExtraHosts: ['db:10.0.0.5', 'six:::1'],
    Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' }],
    DeviceRequests: [{ Driver: '', Count: -1, DeviceIDs: [], Capabilities: [['gpu']], Options: {} }],
    LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
    NetworkMode: 'container:shop-db-1',
    PidMode: 'host',
    VolumesFrom: ['shop-db-1:ro'],
    ShmSize: 1024,
  });
});

test('what cannot be carried out is named with its reason', () => {
  const { unsupported } = specOf({ provider: { type: 'x' }, external_links: ['a'], post_start: [{ command: ['x'] }] });
  assert.deepEqual(unsupported.map(({ key }) => key).sort(), ['external_links', 'post_start', 'provider']);
  assert.ok(unsupported.every(({ why }) => why.length > 10));
});

function attachmentsOf(shop: Project): ReturnType<typeof networkAttachments> {
  const linked = linkAliases(shop).flatMap(([service, alias]) => (service === 'web' ? [alias] : []));
  return networkAttachments('web', shop.services['web'] ?? {}, shop, linked);
}

test('networks by priority, with the service name, aliases and links', () => {
  const shop = project(
    { networks: { b: { aliases: ['site'], ipv4_address: '10.1.1.4' }, a: null, first: { priority: 9 } } },
    { networks: { a: { name: 'shop_a' }, b: { name: 'elsewhere' }, first: { name: 'shop_first' } } },
  );
  const linked = { ...shop, services: { ...shop.services, worker: { links: ['web:www'] } } };
  assert.deepEqual(attachmentsOf(linked), [
    { network: 'shop_first', aliases: ['web', 'www'] },
    { network: 'shop_a', aliases: ['web', 'www'] },
    { network: 'elsewhere', aliases: ['web', 'site', 'www'], ipv4Address: '10.1.1.4' },
  ]);
  assert.deepEqual(
    attachmentsOf(project({})).map((item) => item.network),
    ['shop_default'],
  );
  assert.deepEqual(attachmentsOf(project({ network_mode: 'host' })), []);
});

test('the default route and the name of an interface; an old engine has neither', () => {
  const service: Service = { networks: { default: { gw_priority: 3, interface_name: 'eth9' } } };
  assert.deepEqual(
    specOf(service).unsupported.map(({ key }) => key),
    ['networks.default.gw_priority', 'networks.default.interface_name'],
  );
  assert.deepEqual(specOf(service, {}, { apiVersion: '1.49' }).unsupported, []);
  const [attachment] = attachmentsOf(project(service));
  assert.equal(attachment?.gatewayPriority, 3);
  assert.deepEqual(attachment?.driverOptions, { 'com.docker.network.endpoint.ifname': 'eth9' });
});

test("ports, networks and volumes in the engine's words", () => {
  assert.deepEqual(
    portBindings([
      { target: 80, published: '8080', protocol: 'tcp', host_ip: '127.0.0.1' },
      { target: 80, protocol: 'tcp' },
    ]),
    {
      ExposedPorts: { '80/tcp': {} },
      PortBindings: {
        '80/tcp': [
          { HostIp: '127.0.0.1', HostPort: '8080' },
          { HostIp: '', HostPort: '' },
        ],
      },
    },
  );
  assert.deepEqual(specOf({ expose: ['80', '90-91/udp'] }).spec.ExposedPorts, {
    '80/tcp': {},
    '90/udp': {},
    '91/udp': {},
  });
  const shop = project(
    {},
    {
      networks: {
        back: { name: 'back', internal: true, ipam: { config: [{ subnet: '10.9.0.0/24', ip_range: '10.9.0.0/25' }] } },
      },
    },
  );
  assert.deepEqual(networkSpec('back', shop), {
    name: 'back',
    internal: true,
    labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.network': 'back' },
    ipam: { config: [{ subnet: '10.9.0.0/24', ipRange: '10.9.0.0/25' }] },
  });
  assert.equal(volumeSpec('data', shop).labels['com.docker.compose.volume'], 'data');
});
