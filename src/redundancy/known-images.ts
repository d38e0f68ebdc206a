import type { CheckConfig } from '../ports/gateway.ts';

/** What is known of an image by its name alone, before it is on this machine. */
export interface KnownImage {
  /** the port it serves, and what is spoken there */
  readonly port: number;
  readonly speaks: 'http' | 'tcp';
  readonly check?: CheckConfig['kind'];
  /** where it keeps data: its VOLUME */
  readonly data?: string;
}

const POSTGRES: KnownImage = { port: 5432, speaks: 'tcp', check: 'postgres', data: '/var/lib/postgresql/data' };
const MYSQL: KnownImage = { port: 3306, speaks: 'tcp', check: 'mysql', data: '/var/lib/mysql' };
const REDIS: KnownImage = { port: 6379, speaks: 'tcp', check: 'redis', data: '/data' };
const WEB: KnownImage = { port: 80, speaks: 'http' };
const WEB_8080: KnownImage = { port: 8080, speaks: 'http' };

const KNOWN: Readonly<Record<string, KnownImage>> = {
  postgres: POSTGRES,
  postgresql: POSTGRES,
  postgis: POSTGRES,
  timescaledb: POSTGRES,
  pgvector: POSTGRES,
  mysql: MYSQL,
  mariadb: MYSQL,
  percona: MYSQL,
  redis: REDIS,
  valkey: REDIS,
  keydb: REDIS,
  mongo: { port: 27017, speaks: 'tcp', data: '/data/db' },
  rabbitmq: { port: 5672, speaks: 'tcp', data: '/var/lib/rabbitmq' },
  nats: { port: 4222, speaks: 'tcp' },
  memcached: { port: 11211, speaks: 'tcp' },
  elasticsearch: { port: 9200, speaks: 'http', data: '/usr/share/elasticsearch/data' },
  opensearch: { port: 9200, speaks: 'http', data: '/usr/share/opensearch/data' },
  minio: { port: 9000, speaks: 'http', data: '/data' },
  influxdb: { port: 8086, speaks: 'http', data: '/var/lib/influxdb' },
  prometheus: { port: 9090, speaks: 'http', data: '/prometheus' },
  grafana: { port: 3000, speaks: 'http' },
  mailpit: { port: 1025, speaks: 'tcp', check: 'smtp' },
  mailhog: { port: 1025, speaks: 'tcp', check: 'smtp' },
  postfix: { port: 25, speaks: 'tcp', check: 'smtp' },
  nginx: WEB,
  httpd: WEB,
  caddy: WEB,
  wordpress: { ...WEB, data: '/var/www/html' },
  whoami: WEB,
  tomcat: WEB_8080,
  keycloak: WEB_8080,
  adminer: WEB_8080,
};

/** The last part of a reference without tag and digest: "ghcr.io/acme/redis:7@sha256:..." -> "redis". */
function imageName(reference: string): string {
  const path = reference.split('@')[0] ?? '';
  return (path.split('/').at(-1) ?? '').split(':')[0]?.toLowerCase() ?? '';
}

export function knownImage(reference: string): KnownImage | null {
  const name = imageName(reference);
  return Object.hasOwn(KNOWN, name) ? (KNOWN[name] ?? null) : null;
}

/** A watcher that acts on containers by itself, beside us; null for all others. */
export function meddlesWith(reference: string): string | null {
  const name = imageName(reference);
  if (name === 'watchtower') return 'watchtower recreates containers when an image changes, both members at once';
  if (name === 'autoheal' || name === 'docker-autoheal')
    return 'autoheal restarts unhealthy containers without knowing which one serves';
  if (name === 'ouroboros') return 'ouroboros recreates containers when an image changes, both members at once';
  return null;
}
