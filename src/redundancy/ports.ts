import type { PortMapping, Service } from '../compose/project.ts';
import type { Image } from '../ports/engine.ts';
import type { HealthTarget } from './health-check.ts';
import { knownImage } from './known-images.ts';
import type { GatewaySettings } from './settings.ts';

/** Each is two pools of servers in the gateway, and a check. */
export const MAX_GATEWAY_PORTS = 100;

type PortSource = 'settings' | 'health check' | 'published' | 'exposed' | 'image';

/** A TCP port that members listen on, and who said so first. */
export interface ServicePort {
  readonly port: number;
  readonly source: PortSource;
  readonly appProtocol?: string;
}

/** A port on the host, as the gateway must hold it. `published` may be a range; '' lets the engine choose. */
export interface Published {
  readonly hostIp: string;
  readonly published: string;
  readonly target: number;
}

/**
 * All ports of a service, each once, those that someone named on purpose first: published, exposed, the health
 * check's, the settings', then what the image declares.
 */
export function servicePorts(
  service: Service,
  image: Image | null,
  health: HealthTarget | null,
  settings: GatewaySettings,
): readonly ServicePort[] {
  const found: ServicePort[] = [
    ...(service.ports ?? []).filter(isTcp).map((mapping) => ({
      port: mapping.target,
      source: 'published' as const,
      ...(mapping.app_protocol === undefined ? {} : { appProtocol: mapping.app_protocol }),
    })),
    ...(service.expose ?? []).flatMap(portsOf).map((port) => ({ port, source: 'exposed' as const })),
    ...(health === null ? [] : [{ port: health.port, source: 'health check' as const }]),
    ...settings.ports.map(({ port }) => ({ port, source: 'settings' as const })),
    ...imagePorts(service, image).map((port) => ({ port, source: 'image' as const })),
  ];
  const first = new Map(found.toReversed().map((entry) => [entry.port, entry]));
  return found.filter((entry) => entry.port > 0 && first.get(entry.port) === entry);
}

/** EXPOSE of the image; while it is not on this machine, what is known of it by name. */
function imagePorts(service: Service, image: Image | null): readonly number[] {
  if (image) return image.exposedPorts.flatMap(portsOf);
  const known = knownImage(service.image ?? '');
  return known ? [known.port] : [];
}

/** "8080", "8080/tcp" and "3000-3005"; nothing for other protocols than TCP. */
function portsOf(text: string): readonly number[] {
  const match = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(String(text));
  if (!match || (match[3] ?? 'tcp').toLowerCase() !== 'tcp') return [];
  const first = Number(match[1]);
  const last = Number(match[2] ?? first);
  return last < first || last > 65_535 ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function isTcp(mapping: PortMapping): boolean {
  return mapping.protocol === 'tcp';
}

/** Ports of other protocols than TCP that the project names, as people write them: "53/udp". */
export function otherProtocolPorts(service: Service): readonly string[] {
  const published = (service.ports ?? [])
    .filter((mapping) => !isTcp(mapping))
    .map(({ target, protocol }) => `${target}/${protocol}`);
  const exposed = (service.expose ?? []).map(String).filter((text) => /\/(?!tcp$)\w+$/i.test(text));
  return [...new Set([...published, ...exposed])];
}

export function publishedPorts(service: Service): readonly Published[] {
  return (service.ports ?? [])
    .filter(isTcp)
    .map(({ host_ip: hostIp, published, target }) => ({ hostIp: hostIp ?? '', published: published ?? '', target }));
}
