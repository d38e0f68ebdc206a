import type { Service } from '../compose/project.ts';
import type { Protocol } from '../ports/gateway.ts';
import type { HealthTarget } from './health-check.ts';
import { knownImage } from './known-images.ts';
import type { ServicePort } from './ports.ts';
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

/** Ports on which web frameworks and web servers listen by default. */
const HTTP_PORTS: ReadonlySet<number> = new Set([
  80, 3000, 4000, 4200, 5000, 5173, 8000, 8008, 8080, 8081, 8088, 8090, 8888, 9090,
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
  if (health?.port === port.port) return fromHealth(health);
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
