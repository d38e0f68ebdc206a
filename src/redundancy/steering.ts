/**
 * Labels and variables that steer another proxy (Traefik, caddy-docker-proxy, nginx-proxy, SWAG): they must
 * point at the gateway, or that proxy would go past it to one of the members.
 */

import type { Project, Service } from '../compose/project.ts';
import { defaultedNetworks } from './service-networks.ts';

const LABELS = /^(?:traefik\.|caddy(?:$|[_.])|swag(?:$|_))/i;
const VARIABLES = /^(?:VIRTUAL_[A-Z_]+|LETSENCRYPT_[A-Z_]+|CERT_NAME|HTTPS_METHOD)$/;

export interface Steering {
  readonly labels: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | null>>;
}

/** The part of a service's labels and environment that moves to the gateway. */
export function steeringOf(project: Project, service: Service): Steering {
  const labels = pick(service.labels ?? {}, LABELS);
  const environment = pick(service.environment ?? {}, VARIABLES);
  const steersNginx =
    Object.hasOwn(environment, 'VIRTUAL_HOST') || Object.hasOwn(environment, 'VIRTUAL_HOST_MULTIPORTS');
  return {
    labels: { ...traefikNetwork(project, service, labels), ...labels },
    environment: steersNginx ? environment : {},
  };
}

/** What is left for the members. */
export function withoutSteering(service: Service, steering: Steering): Service {
  return {
    ...service,
    labels: omit(service.labels ?? {}, steering.labels),
    environment: omit(service.environment ?? {}, steering.environment),
  };
}

/** Traefik takes any network of a container when told nothing; the gateway has one more than the service had. */
function traefikNetwork(
  project: Project,
  service: Service,
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const keys = Object.keys(labels).map((key) => key.toLowerCase());
  const networks = Object.keys(defaultedNetworks(service));
  const only = networks.length === 1 ? project.networks[networks[0] ?? ''] : undefined;
  const steers = keys.some((key) => key.startsWith('traefik.')) && !keys.includes('traefik.docker.network');
  return steers && only !== undefined ? { 'traefik.docker.network': only.name } : {};
}

function pick<V>(record: Readonly<Record<string, V>>, keys: RegExp): Readonly<Record<string, V>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => keys.test(key)));
}

function omit<V>(
  record: Readonly<Record<string, V>>,
  without: Readonly<Record<string, unknown>>,
): Readonly<Record<string, V>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !Object.hasOwn(without, key)));
}
