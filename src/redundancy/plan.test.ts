import assert from 'node:assert/strict';
import { test } from 'node:test';
import { image, paperDriver, planOf, projectOf, servicePlanOf } from '../../test/support/project.ts';
import { planFleet } from './plan.ts';

const PAIR = `
services:
  web:
    image: acme/web:1
    container_name: shop-front
    hostname: front
    ports: ["127.0.0.1:8080-8090:80"]
    labels: { traefik.enable: "true", com.example.team: front }
    environment: { LEVEL: info, VIRTUAL_HOST: shop.example }
    networks: { front: { aliases: [shop], ipv4_address: 172.30.0.5 }, back: }
    x-twinhull: { mode: pair }
  client:
    image: acme/client
    networks: [front]
    links: ["web:site"]
    depends_on: { web: { condition: service_healthy } }
networks:
  front: { ipam: { config: [{ subnet: 172.30.0.0/24 }] } }
  back:
`;

test('the reason names the key that the file has', async () => {
  const fleet = await planOf('services: { a: { image: a, scale: 2 }, b: { image: b, deploy: { replicas: 3 } } }');
  assert.deepEqual(
    fleet.services.map(({ reason }) => reason),
    ['scale is 2', 'deploy.replicas is 3'],
  );
});

test('a gateway holds the name, aliases, addresses, ports and proxy labels of its service', async () => {
  const { gateway } = await servicePlanOf('web', PAIR);
  assert.ok(gateway);
  assert.equal(gateway.containerName, 'shop-front');
  assert.deepEqual(gateway.spec.HostConfig['PortBindings'], {
    '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080-8090' }],
  });
  const front = gateway.spec.Networks.find(({ network }) => network === 'shop_front');
  assert.deepEqual(front, { network: 'shop_front', aliases: ['web', 'shop', 'site'], ipv4Address: '172.30.0.5' });
  assert.equal(gateway.spec.Labels['traefik.enable'], 'true');
  assert.equal(gateway.spec.Labels['com.example.team'], undefined);
  assert.deepEqual(gateway.spec.Env, ['VIRTUAL_HOST=shop.example']);
  assert.equal(gateway.spec.Labels['com.docker.compose.service'], 'web');
  assert.equal(gateway.spec.Labels['twinhull.role'], 'gateway');
});

test('members keep everything else, under names of their own', async () => {
  const { members, gateway } = await servicePlanOf('web', PAIR);
  const [primary, backup] = members;
  assert.ok(primary && backup && gateway);
  assert.deepEqual([primary.containerName, backup.containerName], ['shop-web-primary-1', 'shop-web-backup-1']);
  assert.deepEqual(primary.spec.HostConfig['PortBindings'], undefined);
  assert.deepEqual(primary.spec.Env?.toSorted(), [
    'LEVEL=info',
    'REDUNDANCY_ENABLED=true',
    'SERVICE_NAME=web',
    'SERVICE_ROLE=primary',
  ]);
  assert.equal(primary.spec.Labels['com.example.team'], 'front');
  assert.equal(primary.spec.Labels['traefik.enable'], undefined);
  assert.equal(primary.spec.Labels['twinhull.role'], 'primary');
  assert.deepEqual(
    primary.spec.Networks.map(({ network, aliases }) => [network, aliases]),
    [
      ['shop_back', ['web-primary']],
      ['shop_front', ['web-primary']],
      ['shop_twinhull-web', []],
    ],
  );
  assert.equal(primary.spec.Networks.find(({ network }) => network === 'shop_front')?.ipv4Address, undefined);
  assert.equal(primary.spec.Networks.at(-1)?.ipv4Address, primary.address);
  assert.deepEqual(
    gateway.config.members.map(({ name, address }) => [name, address]),
    [
      ['web-primary', primary.address],
      ['web-backup', backup.address],
    ],
  );
  assert.deepEqual(primary.spec.HostConfig['RestartPolicy'], { Name: 'unless-stopped' });
});

test('a single service is what Compose would make, with our labels beside', async () => {
  const text = `
services:
  job:
    image: acme/job
    container_name: the-job
    ports: ["8080:80", "53:53/udp"]
    environment: { LEVEL: info }
    networks: { default: { aliases: [jobs] } }
`;
  const { members, gateway, mode } = await servicePlanOf('job', text);
  const [only] = members;
  assert.ok(only);
  assert.equal(mode, 'single');
  assert.equal(gateway, null);
  assert.equal(only.containerName, 'the-job');
  assert.equal(only.name, 'job');
  assert.deepEqual(only.spec.Env, ['LEVEL=info']);
  assert.deepEqual(only.spec.Networks, [{ network: 'shop_default', aliases: ['job', 'jobs'] }]);
  assert.deepEqual(only.spec.HostConfig['PortBindings'], {
    '80/tcp': [{ HostIp: '', HostPort: '8080' }],
    '53/udp': [{ HostIp: '', HostPort: '53' }],
  });
  assert.equal(only.spec.Labels['com.docker.compose.service'], 'job');
  assert.equal(only.spec.Labels['com.docker.compose.oneoff'], 'False');
});

test('without x-twinhull the number of replicas decides', async () => {
  const fleet = await planOf(`
services:
  one: { image: acme/x }
  two: { image: acme/x, deploy: { replicas: 2 } }
  three: { image: acme/x, deploy: { replicas: 3 } }
  none: { image: acme/x, scale: 0 }
`);
  assert.deepEqual(
    fleet.services.map(({ name, mode, members }) => [name, mode, members.map((member) => member.name)]),
    [
      ['one', 'single', ['one']],
      ['two', 'pair', ['two-primary', 'two-backup']],
      ['three', 'cluster', ['three-1', 'three-2', 'three-3']],
      ['none', 'single', []],
    ],
  );
});

test('a cluster without a port keeps the names and numbers that Compose gives', async () => {
  const { members } = await servicePlanOf('worker', 'services: { worker: { image: acme/w, deploy: { replicas: 3 } } }');
  assert.deepEqual(
    members.map(({ containerName, composeService, number }) => [containerName, composeService, number]),
    [1, 2, 3].map((number) => [`shop-worker-${number}`, 'worker', number]),
  );
  assert.deepEqual(members[0]?.spec.Networks, [{ network: 'shop_default', aliases: ['worker'] }]);
});

test('a cluster with a port stands behind a gateway that spreads', async () => {
  const { members, gateway } = await servicePlanOf(
    'web',
    'services: { web: { image: acme/w, ports: ["80"], deploy: { replicas: 3 } } }',
  );
  assert.deepEqual(
    members.map(({ composeService, number, role }) => [composeService, number, role]),
    [1, 2, 3].map((index) => [`web-${index}`, 1, 'replica']),
  );
  assert.equal(gateway?.config.balance, 'spread');
  assert.equal(gateway?.config.leader, null);
});

test('pair and cluster without a port are both: two by name, the replicas by number', async () => {
  const { members } = await servicePlanOf(
    'task',
    'services: { task: { image: acme/t, restart: always, deploy: { replicas: 3 }, x-twinhull: { mode: pair+cluster } } }',
  );
  assert.deepEqual(
    members.map(({ name, composeService, number, startsAtUp }) => [name, composeService, number, startsAtUp]),
    [
      ['task-primary', 'task-primary', 1, true],
      ['task-backup', 'task-backup', 1, false],
      ['task-1', 'task', 1, true],
      ['task-2', 'task', 2, true],
      ['task-3', 'task', 3, true],
    ],
  );
  assert.deepEqual(
    members.map(({ spec }) => spec.HostConfig['RestartPolicy']).map((policy) => (policy as { Name: string }).Name),
    ['unless-stopped', 'unless-stopped', 'always', 'always', 'always'],
  );
});

test('a standby is hot with ports and cold without, unless the project says otherwise', async () => {
  const standby = async (text: string) =>
    (await servicePlanOf('a', `services: { a: { image: acme/a, ${text} } }`)).policy.standby;
  assert.equal(await standby('ports: ["80"], x-twinhull: { mode: pair }'), 'hot');
  assert.equal(await standby('x-twinhull: { mode: pair }'), 'cold');
  assert.equal(await standby('x-twinhull: { mode: pair, standby: hot }'), 'hot');
  assert.equal(await standby('ports: ["80"], x-twinhull: { mode: pair, standby: cold }'), 'cold');
  assert.equal(await standby('deploy: { replicas: 2 }'), 'hot');
});

test('a cold backup behind a gateway takes no traffic until it is put in', async () => {
  const { gateway } = await servicePlanOf(
    'a',
    'services: { a: { image: acme/a, ports: ["80"], x-twinhull: { mode: pair, standby: cold } } }',
  );
  assert.deepEqual(
    gateway?.config.members.map(({ takesTraffic }) => takesTraffic),
    [true, false],
  );
});

const DB = `
services:
  db:
    image: acme/db
    restart: always
    ports: ["5432:5432"]
    volumes: ["data:/data", "./dump:/dump"]
    x-twinhull: { mode: pair }
volumes: { data: }
`;

test('of a pair with state one runs: both have its volumes, the backup waits in maintenance, and only we start them', async () => {
  const { members, gateway, mode, policy, notes } = await servicePlanOf('db', DB);
  assert.deepEqual([mode, policy.standby, policy.oneWriter], ['pair', 'cold', true]);
  const [primary, backup] = members;
  assert.deepEqual(primary?.spec.HostConfig['Mounts'], backup?.spec.HostConfig['Mounts']);
  assert.deepEqual(primary?.spec.HostConfig['Binds'], backup?.spec.HostConfig['Binds']);
  assert.deepEqual(
    members.map(({ name, startsAtUp, spec }) => [
      name,
      startsAtUp,
      spec.HostConfig['RestartPolicy'],
      spec.Labels['twinhull.one-writer'],
    ]),
    [
      ['db-primary', true, { Name: 'no' }, 'true'],
      ['db-backup', false, { Name: 'no' }, 'true'],
    ],
  );
  assert.deepEqual(
    gateway?.config.members.map(({ takesTraffic }) => takesTraffic),
    [true, false],
  );
  assert.equal(gateway.config.balance, 'leader');
  assert.ok(notes.some(({ what }) => what === 'one writer'));
});

test('of a pair with state and no gateway one runs too', async () => {
  const text =
    'services: { db: { image: d, volumes: ["data:/data"], x-twinhull: { mode: pair, gateway: none } } }\nvolumes: { data: }';
  const { members, gateway, policy } = await servicePlanOf('db', text);
  assert.deepEqual([gateway, policy.standby, policy.oneWriter], [null, 'cold', true]);
  assert.deepEqual(
    members.map(({ startsAtUp }) => startsAtUp),
    [true, false],
  );
});

test('a lone container with state is one writer, and its restart policy stays', async () => {
  const { members, policy } = await servicePlanOf('db', DB.replace('mode: pair', 'mode: single'));
  assert.equal(policy.oneWriter, true);
  assert.deepEqual(members[0]?.spec.HostConfig['RestartPolicy'], { Name: 'always' });
  assert.equal(members[0].spec.Labels['twinhull.one-writer'], undefined);
});

test('several may write where the project says so', async () => {
  const { policy } = await servicePlanOf('db', DB.replace('mode: pair', 'mode: pair, shared_volumes: true'));
  assert.deepEqual([policy.standby, policy.oneWriter], ['hot', false]);
});

test('a warm pair is started, both of it, and only by us; its backup takes traffic when it is woken', async () => {
  const text = (gateway: string) =>
    `services: { a: { image: a, restart: always, x-twinhull: { mode: pair, standby: warm }${gateway} } }`;
  for (const ports of [', ports: ["80"]', '']) {
    const { members, gateway, policy } = await servicePlanOf('a', text(ports));
    assert.deepEqual([policy.standby, policy.oneWriter], ['warm', false]);
    assert.deepEqual(
      members.map(({ startsAtUp, spec }) => [startsAtUp, spec.HostConfig['RestartPolicy']]),
      [
        [true, { Name: 'no' }],
        [true, { Name: 'no' }],
      ],
    );
    if (ports !== '') assert.equal(gateway?.config.members[1]?.takesTraffic, false);
  }
});

test('what the project sets itself is not overwritten', async () => {
  const { members, notes } = await servicePlanOf(
    'a',
    'services: { a: { image: acme/a, environment: { SERVICE_NAME: mine }, x-twinhull: { mode: pair } } }',
  );
  assert.ok(members[0]?.spec.Env?.includes('SERVICE_NAME=mine'));
  assert.ok(!members[0]?.spec.Env?.includes('SERVICE_NAME=a'));
  assert.ok(notes.some(({ what }) => what === 'SERVICE_NAME'));
});

test('Traefik is told which network to use, since the gateway has one more than the service had', async () => {
  const { gateway } = await servicePlanOf(
    'web',
    'services: { web: { image: acme/w, expose: ["80"], labels: { traefik.enable: "true" }, x-twinhull: { mode: pair } } }',
  );
  assert.equal(gateway?.spec.Labels['traefik.docker.network'], 'shop_default');
});

test('services stand in the order in which they need each other', async () => {
  const fleet = await planOf(`
services:
  web: { image: a, depends_on: [api] }
  api: { image: a, links: [db], depends_on: { setup: { condition: service_completed_successfully } } }
  db: { image: a }
  setup: { image: a, depends_on: [db], restart: always }
`);
  assert.deepEqual(
    fleet.services.map(({ name }) => name),
    ['db', 'setup', 'api', 'web'],
  );
  assert.deepEqual(
    fleet.services.find(({ name }) => name === 'api')?.dependsOn.map(({ service, condition }) => [service, condition]),
    [
      ['setup', 'service_completed_successfully'],
      ['db', 'service_started'],
    ],
  );
  assert.equal(fleet.services.find(({ name }) => name === 'setup')?.completes, true);
});

test('exit 0 is what a lone container without a restart policy is for, and a failure of a protected one', async () => {
  const completes = async (text: string) =>
    (await servicePlanOf('a', `services: { a: { image: acme/a, ${text} } }`)).completes;
  assert.equal(await completes('labels: {}'), true);
  assert.equal(await completes('restart: always'), false);
  assert.equal(await completes('restart: "on-failure:3"'), true);
  assert.equal(await completes('x-twinhull: { mode: pair }'), false);
  assert.equal(await completes('restart: "no", x-twinhull: { mode: pair }'), true);
});

test('two gateways of a project never share a subnet, and an existing one is kept', async () => {
  const text =
    'services: { a: { image: a, ports: ["80"], x-twinhull: { mode: pair } }, b: { image: a, ports: ["80"], x-twinhull: { mode: pair } } }\nx-twinhull: { address_pool: 10.9.0.0/27 }';
  const subnets = (await planOf(text)).services.map(({ gateway }) => gateway?.network.ipam?.config[0]?.subnet);
  assert.deepEqual(new Set(subnets), new Set(['10.9.0.0/28', '10.9.0.16/28']));
  const kept = await planOf(text, { networks: [{ name: 'shop_twinhull-b', subnets: ['10.9.0.0/28'] }] });
  assert.deepEqual(
    kept.services.map(({ gateway }) => gateway?.network.ipam?.config[0]?.subnet),
    ['10.9.0.16/28', '10.9.0.0/28'],
  );
});

test('when the address pool is used up the service stays as it is and says why', async () => {
  const text =
    'services: { a: { image: a, ports: ["80"], x-twinhull: { mode: pair } } }\nx-twinhull: { address_pool: 10.9.0.0/28 }';
  const { mode, members, refused } = await servicePlanOf('a', text, {
    networks: [{ name: 'other', subnets: ['10.9.0.0/24'] }],
  });
  assert.equal(mode, 'single');
  assert.deepEqual(
    members.map(({ name }) => name),
    ['a'],
  );
  assert.equal(refused[0]?.what, 'address pool 10.9.0.0/28');
});

test('a hash changes with what the container is made of, and with nothing else', async () => {
  const hash = async (text: string) => (await servicePlanOf('a', text)).members[0]?.hash;
  const one = await hash('services: { a: { image: a:1, environment: { X: "1", Y: "2" } } }');
  assert.equal(await hash('services: { a: { environment: { Y: "2", X: "1" }, image: a:1 } }'), one);
  assert.notEqual(await hash('services: { a: { image: a:2, environment: { X: "1", Y: "2" } } }'), one);
  assert.equal(await hash('services: { a: { image: a:1, environment: { X: "1", Y: "2" } }, b: { image: b } }'), one);
});

test("a gateway's hash changes with its ports; its configuration and the members' images are no reason for another container", async () => {
  const hash = async (text: string) =>
    (await servicePlanOf('a', `services: { a: { ports: ["80"], ${text} } }`)).gateway?.hash;
  const one = await hash('image: a:1, x-twinhull: { mode: pair }');
  assert.equal(await hash('image: a:2, x-twinhull: { mode: pair }'), one);
  assert.equal(await hash('image: a:1, x-twinhull: { mode: pair, gateway: { check: { path: /up } } }'), one);
  assert.notEqual(await hash('image: a:1, expose: ["81"], x-twinhull: { mode: pair }'), one);
});

test('the fleet is plain data', async () => {
  const fleet = await planOf(PAIR);
  assert.deepEqual(JSON.parse(JSON.stringify(fleet)), fleet);
});

test('ports that the image declares are served too, and checked by the port that matters', async () => {
  const project = await projectOf(
    'services: { web: { image: "caddy:2", ports: ["8080:80"], x-twinhull: { mode: pair, shared_volumes: true } } }',
  );
  const images = new Map([
    ['caddy:2', image({ exposedPorts: ['2019/tcp', '443/tcp', '443/udp', '80/tcp'], volumes: ['/data'] })],
  ]);
  const fleet = planFleet(project, { images, networks: [], stateFolder: '/state', driver: paperDriver });
  const ports = fleet.services[0]?.gateway?.config.ports;
  assert.deepEqual(
    ports?.map(({ port, protocol, check }) => [port, protocol, check.port ?? port]),
    [
      [80, 'http', 80],
      [2019, 'tcp', 80],
      [443, 'tcp', 80],
    ],
  );
});

test('twice as many services are twice the work, not four times', async () => {
  const worked = await Promise.all([40, 80].map(lookedAt));
  const [once = 0, twice = 0] = worked;
  assert.ok(once > 0 && twice < 2.2 * once, worked.join(' and '));
});

/** How often anything of the services is looked at while so many, in a chain, are planned. */
async function lookedAt(count: number): Promise<number> {
  const services = Array.from(
    { length: count },
    (_, i) =>
      `  s${i}: { image: acme/web, ports: ["80"], x-twinhull: { mode: pair }, depends_on: [s${Math.max(0, i - 1)}] }`,
  );
  const project = await projectOf(`services:\n${services.join('\n').replace(', depends_on: [s0]', '')}\n`);
  let looks = 0;
  const counted = <T extends object>(object: T): T =>
    new Proxy(object, {
      get: (target, key) => {
        looks += 1;
        return Reflect.get(target, key) as unknown;
      },
    });
  const watched = Object.fromEntries(
    Object.entries(project.services).map(([name, service]) => [name, counted(service)]),
  );
  planFleet(
    { ...project, services: counted(watched) },
    { images: new Map(), networks: [], stateFolder: '/state', driver: paperDriver },
  );
  return looks;
}
