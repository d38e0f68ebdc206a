import type { Service } from '../compose/project.ts';
import type { CheckConfig, GatewayPort } from '../ports/gateway.ts';
import { defaults } from './defaults.ts';
import type { HealthTarget } from './health-check.ts';
import { knownImage } from './known-images.ts';
import type { ServicePort } from './ports.ts';
import { chooseProtocol, type ProtocolChoice } from './protocol.ts';
import type { CheckSettings, GatewaySettings } from './settings.ts';

export interface GatewayPorts {
  readonly ports: readonly GatewayPort[];
  /** one line a port, for a person: "8080 http (usual for port 8080)" */
  readonly explained: readonly string[];
  /** a hang is seen only by Docker's own health check, if there is one */
  readonly blindToHangs: boolean;
}

interface KnownPort extends ServicePort, ProtocolChoice {}

/**
 * The gateway's ports and how each is checked.
 *
 * A member has one check, on the port that tells most; all ports go by it. Images declare ports that nobody
 * opens (a web server's 443 without certificates, an admin port on loopback), and projects publish them: a check
 * of its own on such a port would hold a well member out for ever.
 */
export function gatewayPorts(
  service: Service,
  ports: readonly ServicePort[],
  health: HealthTarget | null,
  settings: GatewaySettings,
): GatewayPorts {
  const known = ports.map((port): KnownPort => ({ ...port, ...chooseProtocol(service, port, health, settings) }));
  const main = mainPort(service, known, health, settings);
  if (main === undefined) return { ports: [], explained: [], blindToHangs: false };
  const { port: checked = main.port, ...check } = withSettings(checkOf(service, main, health), settings.check);
  return {
    ports: known.map(({ port, protocol }) => ({
      port,
      protocol,
      check: port === checked ? check : { ...check, port: checked },
    })),
    explained: known.map(({ port, protocol, reason }) => `${port} ${protocol} (${reason})`),
    blindToHangs: check.kind === 'connect',
  };
}

/** The port that tells most about a member: the settings', the health check's, a known one of the image, the first named. */
function mainPort(
  service: Service,
  ports: readonly KnownPort[],
  health: HealthTarget | null,
  settings: GatewaySettings,
): KnownPort | undefined {
  const byNumber = (wanted: number | undefined) => ports.find(({ port }) => port === wanted);
  const named = ports.find(({ source }) => source !== 'image');
  const lowest = ports.toSorted((a, b) => a.port - b.port)[0];
  return (
    byNumber(settings.check.port) ??
    byNumber(health?.port) ??
    byNumber(knownImage(service.image ?? '')?.port) ??
    named ??
    lowest
  );
}

function checkOf(service: Service, main: KnownPort, health: HealthTarget | null): CheckConfig {
  const intervalMs = defaults.checkIntervalMs.value;
  const patience = { intervalMs, timeoutMs: defaults.checkTimeoutMs.value, port: main.port };
  if (health !== null && health.port === main.port && !(health.kind === 'connect' && main.protocol === 'http')) {
    const { kind, path, host, expect } = health.tls ? { ...health, kind: 'connect' as const } : health;
    const timeoutMs = kind === 'http' && expect === 'success' ? defaults.healthUrlTimeoutMs.value : patience.timeoutMs;
    return { ...patience, kind, timeoutMs, ...defined({ path, host, expect }) };
  }
  if (main.protocol === 'http') return { ...patience, kind: 'http', path: '/', expect: 'any' };
  return { ...patience, kind: usualCheck(service, main.port) };
}

const CHECKS_BY_PORT: Readonly<Record<number, CheckConfig['kind']>> = {
  25: 'smtp',
  587: 'smtp',
  1025: 'smtp',
  3306: 'mysql',
  5432: 'postgres',
  6379: 'redis',
};

function usualCheck(service: Service, port: number): CheckConfig['kind'] {
  const known = knownImage(service.image ?? '');
  return (known?.port === port ? known.check : undefined) ?? CHECKS_BY_PORT[port] ?? 'connect';
}

/** What the user set wins; a path of his must answer well. */
function withSettings(check: CheckConfig, settings: CheckSettings): CheckConfig {
  const { path, host, port, interval, timeout } = settings;
  const other = settings.kind !== undefined && settings.kind !== check.kind ? settings.kind : undefined;
  const asksPath: Partial<CheckConfig> =
    path === undefined ? {} : { kind: 'http', path, expect: 'success', timeoutMs: defaults.healthUrlTimeoutMs.value };
  const { host: _, ...withoutHost } = check;
  const kept = port === undefined || port === check.port ? check : withoutHost;
  const base = other === undefined ? kept : ofKind(other, kept);
  return { ...base, ...asksPath, ...defined({ host, port, intervalMs: interval, timeoutMs: timeout }) };
}

function ofKind(kind: CheckConfig['kind'], { intervalMs, timeoutMs, port }: CheckConfig): CheckConfig {
  const asked = kind === 'http' ? ({ path: '/', expect: 'any' } as const) : {};
  return { kind, intervalMs, timeoutMs, ...asked, ...defined({ port }) };
}

/** An object without the keys whose value is undefined. */
function defined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
