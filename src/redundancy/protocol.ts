import type { Service } from '../compose/project.ts';
import type { Protocol } from '../ports/gateway.ts';
import type { HealthTarget } from './health-check.ts';
import { knownImage } from './known-images.ts';
import { publishedPorts, type ServicePort } from './ports.ts';
import type { GatewaySettings } from './settings.ts';

export interface ProtocolChoice {
  readonly protocol: Protocol;
  readonly reason: string;
}

/** What `app_protocol` means for a proxy: TLS and HTTP/2 pass through unread. */
const APP_PROTOCOLS: Readonly<Record<string, Protocol>> = {
  http: 'http',
  ws: 'http',
  'kubernetes.io/ws': 'http',
  https: 'tcp',
  wss: 'tcp',
  http2: 'tcp',
  h2c: 'tcp',
  grpc: 'tcp',
  'kubernetes.io/h2c': 'tcp',
  tcp: 'tcp',
};

/** Ports on which web servers, frameworks and widespread programs with a web page listen by default. */
const HTTP_PORTS: ReadonlySet<number> = new Set([
  80, 81, 1337, 2368, 3000, 3001, 3100, 4000, 4200, 4318, 5000, 5001, 5173, 5601, 5678, 7860, 8000, 8001, 8008, 8065,
  8069, 8080, 8081, 8082, 8083, 8084, 8085, 8086, 8087, 8088, 8090, 8096, 8123, 8181, 8500, 8501, 8888, 9090, 9091,
  9200, 11434, 15672,
]);

/** Finds out what is spoken on a port: who said so most clearly counts; tcp when nobody did, which never breaks anything. */
export function chooseProtocol(
  service: Service,
  port: ServicePort,
  health: HealthTarget | null,
  settings: GatewaySettings,
): ProtocolChoice {
  const own = settings.ports.find((entry) => entry.port === port.port)?.protocol;
  if (own !== undefined) return { protocol: own, reason: 'x-twinhull' };
  if (settings.protocol !== undefined) return { protocol: settings.protocol, reason: 'x-twinhull' };
  const named = port.appProtocol === undefined ? undefined : APP_PROTOCOLS[port.appProtocol.toLowerCase()];
  if (named !== undefined) return { protocol: named, reason: `app_protocol ${port.appProtocol}` };
  // A check that only connects says nothing about what is spoken.
  if (health?.port === port.port && (health.kind !== 'connect' || health.tls)) return fromHealth(health);
  return fromHabit(service, port.port);
}

function fromHealth(health: HealthTarget): ProtocolChoice {
  if (health.kind === 'http') return { protocol: 'http', reason: 'the health check asks a URL there' };
  if (health.tls) return { protocol: 'tcp', reason: 'the health check speaks TLS there' };
  return { protocol: 'tcp', reason: 'the health check speaks no HTTP there' };
}

function fromHabit(service: Service, port: number): ProtocolChoice {
  const known = knownImage(service.image ?? '');
  if (known?.port === port) return { protocol: known.speaks, reason: `usual for the image ${service.image ?? ''}` };
  if (proxiedPorts(service).includes(port))
    return { protocol: 'http', reason: 'another proxy is told to speak HTTP there' };
  if (HTTP_PORTS.has(port)) return { protocol: 'http', reason: `usual for port ${port}` };
  const published = publishedPorts(service).find(({ target }) => target === port)?.published;
  if (HTTP_PORTS.has(Number(published)))
    return { protocol: 'http', reason: `usual for what is published as ${published}` };
  return { protocol: 'tcp', reason: 'nothing says otherwise' };
}

/** Ports that labels and variables for other HTTP proxies name. */
function proxiedPorts(service: Service): readonly number[] {
  const labels = Object.entries(service.labels ?? {}).filter(([key]) =>
    /^traefik\.http\.services\..+\.loadbalancer\.server\.port$/i.test(key),
  );
  return [...labels.map(([, value]) => value), service.environment?.['VIRTUAL_PORT'] ?? '']
    .map(Number)
    .filter((port) => port > 0);
}
