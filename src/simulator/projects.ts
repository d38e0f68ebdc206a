/** Projects to break: what people run on one host, put together by chance. */

import type { Project, Service } from '../compose/project.ts';
import type { Random } from './random.ts';
import { DONE, FAILED, SIGN_PORT } from './signs.ts';

const webPort = { target: 80, protocol: 'tcp', mode: 'ingress' } as const;
const webCheck = {
  test: ['CMD', 'curl', '-f', 'http://localhost/health'],
  interval: '30s',
  timeout: '10s',
  retries: 3,
  start_period: '20s',
};

/** Kinds of services, each with its share in a hundred. */
const kinds: readonly { readonly name: string; readonly weight: number; make(random: Random): Service }[] = [
  {
    name: 'web',
    weight: 30,
    make: (random) => ({
      ...web(random),
      'x-twinhull': { mode: 'pair', ...signs(random, { errors }), ...manners(random) },
    }),
  },
  {
    name: 'shop',
    weight: 20,
    make: (random) => ({
      ...web(random),
      deploy: { replicas: random.whole(3, 5) },
      'x-twinhull': { mode: 'cluster', ...signs(random, { errors }), ...manners(random) },
    }),
  },
  {
    name: 'mixed',
    weight: 8,
    make: (random) => ({
      ...web(random),
      deploy: { replicas: 3 },
      'x-twinhull': { mode: 'pair+cluster', ...manners(random) },
    }),
  },
  {
    name: 'worker',
    weight: 18,
    make: (random) => ({
      image: 'sim/worker:1',
      stop_grace_period: '5s',
      'x-twinhull': { mode: 'pair', ...signs(random, { heartbeat }), ...manners(random) },
    }),
  },
  {
    name: 'store',
    weight: 16,
    make: (random) => ({
      image: 'sim/store:1',
      ...(random.chance(0.7) ? { ports: [{ ...webPort, target: 6379 }] } : {}),
      volumes: [{ type: 'volume', source: 'data', target: '/data' }],
      stop_grace_period: random.pick(['1s', '10s']),
      'x-twinhull': { mode: 'pair', ...manners(random) },
    }),
  },
  {
    name: 'warm',
    weight: 8,
    make: (random) => ({ ...web(random), 'x-twinhull': { mode: 'pair', standby: 'warm', ...manners(random) } }),
  },
  {
    name: 'alone',
    weight: 14,
    make: (random) => ({ image: 'sim/alone:1', restart: random.pick(['always', 'unless-stopped', 'on-failure']) }),
  },
  {
    name: 'probed',
    weight: 10,
    make: (random) => ({
      image: 'sim/probed:1',
      restart: 'unless-stopped',
      healthcheck: { ...webCheck, interval: random.pick(['5s', '10s', '30s']) },
    }),
  },
];

const errors = {
  failed: { prometheus: { port: SIGN_PORT, metric: FAILED } },
  all: { prometheus: { port: SIGN_PORT, metric: DONE } },
};
const heartbeat = { http: { port: SIGN_PORT, path: '/alive' } };

/** Some projects say more of themselves than a port tells. */
function signs(random: Random, sign: object): Record<string, unknown> {
  return random.chance(0.4) ? { signs: [sign] } : {};
}

function web(random: Random): Service {
  return {
    image: 'sim/web:1',
    ports: [webPort],
    stop_grace_period: random.pick(['1s', '3s', '10s']),
    ...(random.chance(0.8) ? { healthcheck: webCheck } : {}),
  };
}

function manners(random: Random): Record<string, unknown> {
  return {
    ...(random.chance(0.3)
      ? { failover: { threshold: random.whole(1, 5), timeout: random.pick(['10s', '30s', '60s']) } }
      : {}),
    ...(random.chance(0.2) ? { budget: { actions: random.whole(2, 6), window: random.pick(['5m', '10m']) } } : {}),
  };
}

/** @param count how many services */
export function makeProject(random: Random, count: number): Project {
  const services: Record<string, Service> = {};
  for (let number = 1; number <= count; number++) {
    const kind = pickKind(random);
    const before = Object.keys(services);
    const needs = before.length > 0 && random.chance(0.3) ? [random.pick(before)] : [];
    const name = `${kind.name}${number}`;
    services[name] = {
      networks: { default: null },
      ...ownVolumes(name, kind.make(random)),
      ...(needs.length > 0 ? { depends_on: dependsOn(needs) } : {}),
    };
  }
  return {
    name: 'sim',
    workingDir: '/srv/sim',
    files: ['/srv/sim/compose.yaml'],
    environment: {},
    activeProfiles: [],
    services,
    inactiveServices: [],
    networks: { default: { name: 'sim_default' } },
    volumes: volumesOf(services),
    configs: {},
    secrets: {},
    extensions: { 'x-twinhull': {} },
    locate: () => null,
  };
}

/** Each service has its own. */
function ownVolumes(name: string, service: Service): Service {
  if (service.volumes === undefined) return service;
  return { ...service, volumes: service.volumes.map((mount) => ({ ...mount, source: `${name}-${mount.source}` })) };
}

function volumesOf(services: Readonly<Record<string, Service>>): Project['volumes'] {
  const sources = Object.values(services).flatMap(({ volumes }) => (volumes ?? []).map(({ source }) => source ?? ''));
  return Object.fromEntries(sources.map((source) => [source, { name: `sim_${source}` }]));
}

function dependsOn(names: readonly string[]): NonNullable<Service['depends_on']> {
  return Object.fromEntries(names.map((name) => [name, { condition: 'service_started', required: true }]));
}

function pickKind(random: Random): (typeof kinds)[number] {
  let left = random.whole(
    1,
    kinds.reduce((sum, { weight }) => sum + weight, 0),
  );
  for (const kind of kinds) {
    left -= kind.weight;
    if (left <= 0) return kind;
  }
  return random.pick(kinds);
}
