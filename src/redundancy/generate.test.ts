import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { paperDriver, projectOf } from '../../test/support/project.ts';
import { generateFiles } from './generate.ts';
import { planFleet } from './plan.ts';
import { isMapping } from './shape.ts';

interface Generated {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

async function generated(
  text: string,
  environment: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
) {
  const [project, written] = await Promise.all([
    projectOf(text, { environment, files }),
    projectOf(text, { environment, files, interpolate: false }),
  ]);
  const fleet = planFleet(project, { images: new Map(), networks: [], stateFolder: '/state', driver: paperDriver });
  const made = generateFiles(written, fleet, paperDriver, { fileName: 'docker-compose.redundancy.yml' });
  const compose = made[0]?.text ?? '';
  return { files: made, compose, content: parse(compose, { version: '1.1' }) as Generated };
}

/** How a generated service is on a network. */
function networkOf(service: Readonly<Record<string, unknown>> | undefined, network: string): unknown {
  return isMapping(service?.['networks']) ? service['networks'][network] : undefined;
}

const WEB = `
services:
  web:
    image: "acme/web:\${TAG:-1}"
    container_name: front
    ports: ["127.0.0.1:\${PORT:-8080}:80"]
    environment: { PASSWORD: "\${SECRET}", PRICE: "5$$", VIRTUAL_HOST: shop.example }
    labels: { traefik.enable: "true", team: shop }
    networks: { default: { aliases: [shop] } }
    depends_on: { db: { condition: service_healthy } }
    x-twinhull: { mode: pair }
  db: { image: postgres, volumes: ["data:/var/lib/postgresql/data"] }
  client: { image: c, links: ["web:site"], depends_on: { web: { condition: service_healthy } } }
volumes: { data: }
`;

test('variables stay what they are and no secret is frozen into the file', async () => {
  const { compose, files } = await generated(WEB, { SECRET: 'hunter2', TAG: '9', PORT: '1234' });
  assert.doesNotMatch(compose, /hunter2|acme\/web:9|1234/);
  assert.match(compose, /PASSWORD: "?\$\{SECRET\}/);
  assert.match(compose, /PRICE: "?5\$\$/);
  assert.ok(files.every(({ mode }) => (mode & 0o077) === 0));
});

test('the gateway has the name, the members the rest', async () => {
  const { content } = await generated(WEB);
  assert.deepEqual(Object.keys(content.services), ['db', 'web', 'web-primary', 'web-backup', 'client']);
  const { web, 'web-primary': primary } = content.services;
  assert.equal(web?.['image'], '${TWINHULL_GATEWAY_IMAGE:-gateway:1}');
  assert.equal(web['container_name'], 'front');
  assert.deepEqual(web['ports'], ['127.0.0.1:${PORT:-8080}:80']);
  assert.deepEqual(web['volumes'], ['./docker-compose.redundancy/web:/gw']);
  assert.deepEqual(web['environment'], { VIRTUAL_HOST: 'shop.example' });
  assert.equal(primary?.['container_name'], undefined);
  assert.equal(primary?.['ports'], undefined);
  assert.deepEqual(primary?.['labels'], { team: 'shop' });
  assert.deepEqual(primary?.['environment'], {
    SERVICE_ROLE: 'primary',
    SERVICE_NAME: 'web',
    REDUNDANCY_ENABLED: 'true',
    PASSWORD: '${SECRET}',
    PRICE: '5$$',
  });
  assert.deepEqual(networkOf(web, 'default'), { aliases: ['shop'] });
  assert.equal(networkOf(primary, 'default'), null);
});

test('who waited for a healthy service waits for its first member', async () => {
  const { content } = await generated(WEB);
  assert.deepEqual(content.services['client']?.['depends_on'], {
    web: { condition: 'service_started' },
    'web-primary': { condition: 'service_healthy' },
  });
  assert.deepEqual(content.services['web']?.['depends_on'], {
    'web-primary': { condition: 'service_started' },
    'web-backup': { condition: 'service_started' },
  });
  assert.deepEqual(content.services['web-backup']?.['depends_on'], { db: { condition: 'service_healthy' } });
});

test('the addresses in the file are those of the gateway configuration', async () => {
  const { content, files } = await generated(WEB);
  const config = JSON.parse(
    files.find(({ path }) => path === 'docker-compose.redundancy/web/gateway.json')?.text ?? '',
  ) as { members: { name: string; address: string }[] };
  for (const { name, address } of config.members) {
    assert.deepEqual(networkOf(content.services[name], 'twinhull-web'), {
      ipv4_address: address,
    });
  }
});

test('a single service keeps its short forms, env_file and health check', async () => {
  const { content } = await generated(
    `
services:
  app:
    image: a
    env_file: [.env.app]
    volumes: ["./data:/data:ro", "cache:/cache"]
    extra_hosts: ["db=10.0.0.5"]
    healthcheck: { test: ["CMD", "true"], interval: 30s, start_interval: 1s }
    tmpfs: /tmp
volumes: { cache: }
`,
    {},
    { '.env.app': 'KEY=secret' },
  );
  assert.deepEqual(content.services['app'], {
    image: 'a',
    env_file: ['.env.app'],
    volumes: ['./data:/data:ro', 'cache:/cache'],
    extra_hosts: ['db:10.0.0.5'],
    healthcheck: { test: ['CMD', 'true'], interval: '30s' },
    tmpfs: ['/tmp'],
  });
  assert.equal(content.networks, undefined);
});

test('a cluster is rolled out one by one, and a cold standby the project asks for waits behind a profile', async () => {
  const { content } = await generated(`
services:
  task: { image: t, deploy: { replicas: 3, resources: { limits: { cpus: "0.5" } } }, x-twinhull: { mode: pair+cluster, standby: cold } }
  pm: { image: p, x-twinhull: { mode: pair } }
`);
  const updates = { parallelism: 1, delay: '10s', failure_action: 'rollback', monitor: '60s' };
  assert.deepEqual(content.services['task']?.['deploy'], {
    replicas: 3,
    resources: { limits: { cpus: 0.5 } },
    update_config: updates,
  });
  assert.deepEqual(content.services['task-primary']?.['deploy'], { resources: { limits: { cpus: 0.5 } } });
  assert.deepEqual(content.services['task-backup']?.['profiles'], ['twinhull-standby']);
  assert.equal(content.services['pm-backup']?.['profiles'], undefined);
  assert.deepEqual(content.services['pm-backup']?.['networks'], { default: { aliases: ['pm'] } });
});

test('of two that write the same data plain Compose starts one, with the restart policy of the project', async () => {
  const { content, files } = await generated(`
services:
  db: { image: d, restart: always, ports: ["5432"], volumes: ["data:/data"], x-twinhull: { mode: pair } }
volumes: { data: }
`);
  const { 'db-primary': primary, 'db-backup': backup, db: gateway } = content.services;
  assert.deepEqual([primary?.['profiles'], backup?.['profiles']], [undefined, ['twinhull-standby']]);
  assert.deepEqual([primary?.['restart'], backup?.['restart']], ['unless-stopped', 'no']);
  assert.deepEqual([primary?.['volumes'], backup?.['volumes']], [['data:/data'], ['data:/data']]);
  assert.deepEqual(gateway?.['depends_on'], { 'db-primary': { condition: 'service_started' } });
  const config = files.find(({ path }) => path.endsWith('gateway.json'))?.text ?? '';
  assert.doesNotMatch(config, /"takesTraffic":false/, 'one that a person starts is found by the gateway alone');
});

test('a warm standby that the project asks for waits behind a profile: nobody would pause it', async () => {
  const { content } = await generated(
    'services: { a: { image: a, restart: always, x-twinhull: { mode: pair, standby: warm } } }',
  );
  assert.deepEqual(content.services['a-backup']?.['profiles'], ['twinhull-standby']);
  assert.equal(content.services['a-backup']['restart'], 'always');
});

test('how a project rolls out itself stays', async () => {
  const { content } = await generated(
    'services: { a: { image: a, deploy: { replicas: 3, update_config: { parallelism: 2, order: start-first } } } }',
  );
  assert.deepEqual(content.services['a']?.['deploy'], {
    replicas: 3,
    update_config: { parallelism: 2, delay: '10s', failure_action: 'rollback', monitor: '60s', order: 'start-first' },
  });
});

test('no path of this machine gets into the file', async () => {
  const { compose } = await generated(
    'services: { web: { build: ., ports: ["80"], volumes: ["./site:/site:ro"], x-twinhull: { mode: pair } } }',
  );
  assert.doesNotMatch(compose, /\/tmp\/|twinhull-gateway-folder|\/state/);
  assert.match(compose, /image: shop-web/);
});
