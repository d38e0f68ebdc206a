import type { CheckFailure, GatewayPort, GatewayServer, Protocol, TrafficState } from '../../ports/gateway.ts';

/**
 * What a member is like, as a gateway meets it. hung: accepts connections, answers nothing. refusing: nobody
 * listens. unreachable: nothing comes back, not even a refusal. sick: serves, and fails its check.
 */
export type MemberCondition = 'up' | 'hung' | 'refusing' | 'unreachable' | 'sick';

/** As HAProxy is configured (adapters/haproxy/render.ts). */
export const FALL = 2;
export const RISE = 2;

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/** One member at one port, as the gateway in memory knows it. */
export interface Server {
  readonly member: string;
  readonly port: GatewayPort;
  traffic: TrafficState;
  /** the brake lets nothing through to it either */
  brakeOut: boolean;
  up: boolean;
  lastCheck: 'passed' | 'failed' | null;
  failures: number;
  failuresInARow: number;
  passesInARow: number;
  nextCheckAt: number;
  /** a check waits for an answer until nextCheckAt */
  checking: boolean;
  /** so many checks come through until one is lost on the way */
  checksUntilLost: number;
  sessions: number;
  /** cuts so far; a request that sees it change while it waits was cut */
  cuts: number;
  stillSince: number;
  stalledSaidAt: number;
}

export function newServer(member: string, port: GatewayPort, takesTraffic: boolean, now: number): Server {
  return {
    member,
    port,
    traffic: takesTraffic ? 'in' : 'out',
    brakeOut: !takesTraffic,
    up: false,
    lastCheck: null,
    failures: 0,
    failuresInARow: 0,
    passesInARow: 0,
    nextCheckAt: now,
    checking: false,
    checksUntilLost: Number.POSITIVE_INFINITY,
    sessions: 0,
    cuts: 0,
    stillSince: now,
    stalledSaidAt: 0,
  };
}

export function setTraffic(server: Server, traffic: TrafficState, now: number): void {
  const wasOut = server.traffic === 'out';
  server.traffic = traffic;
  server.brakeOut = traffic === 'out';
  if (wasOut && traffic !== 'out') comeDown(server, now);
}

/** Checked anew before it gets anything, unless its checks went on all the while; the brake lets it in when it passed. */
export function letIn(server: Server, now: number): void {
  if (server.traffic === 'out') comeDown(server, now);
  server.traffic = 'in';
}

function comeDown(server: Server, now: number): void {
  Object.assign(server, {
    up: false,
    lastCheck: null,
    passesInARow: 0,
    failuresInARow: 0,
    checking: false,
    nextCheckAt: now,
  });
}

/** Its gateway's process is another one: who was up counts as up, and is checked at once. */
export function beginAnew(server: Server, now: number): void {
  Object.assign(server, {
    passesInARow: 0,
    failuresInARow: 0,
    failures: 0,
    checking: false,
    nextCheckAt: now,
  });
}

export function count(server: Server, passed: boolean): void {
  server.lastCheck = passed ? 'passed' : 'failed';
  server.passesInARow = passed ? server.passesInARow + 1 : 0;
  server.failuresInARow = passed ? 0 : server.failuresInARow + 1;
  if (!passed) server.failures += 1;
  if (server.passesInARow >= RISE) server.up = true;
  if (server.failuresInARow >= FALL) server.up = false;
}

/** Many checks that say once more what was said. */
export function countMany(server: Server, passed: boolean, many: number): void {
  if (passed) server.passesInARow += many;
  else {
    server.failuresInARow += many;
    server.failures += many;
  }
}

/** One more check with this outcome changes nothing but counts. */
export function saysTheSame({ lastCheck, up, checking }: Server, passes: boolean): boolean {
  return !checking && up === passes && lastCheck === (passes ? 'passed' : 'failed');
}

export function readingOf(server: Server, condition: MemberCondition): GatewayServer {
  const out = server.traffic === 'out';
  const check = out ? 'unknown' : checkOf(server);
  return {
    member: server.member,
    port: server.port.port,
    traffic: server.traffic,
    check,
    checkFailure: check === 'failing' ? FAILED[condition].checkFailure : null,
    checkStatus:
      out || server.lastCheck === null ? 'INI' : server.lastCheck === 'passed' ? 'L7OK' : FAILED[condition].status,
    checkDurationMs: 1,
    checkFailures: server.failures,
    failuresInARow: out ? 0 : server.failuresInARow,
    sessions: server.sessions,
    queued: 0,
  };
}

interface Failed {
  readonly checkFailure: CheckFailure;
  /** HAProxy's word for it where it is read, and where it is said */
  readonly status: string;
  readonly detail: string;
}

const SILENT: Failed = { checkFailure: 'silent', status: 'L7TOUT', detail: 'Layer7 timeout' };

/** Whoever is up again failed its last check by silence. */
export const FAILED: Readonly<Record<MemberCondition, Failed>> = {
  up: SILENT,
  hung: SILENT,
  refusing: { checkFailure: 'other', status: 'L4CON', detail: 'Layer4 connection problem' },
  unreachable: { checkFailure: 'unreachable', status: 'L4TOUT', detail: 'Layer4 timeout' },
  sick: { checkFailure: 'answered', status: 'L7STS', detail: 'Layer7 wrong status' },
};

function checkOf(server: Server): GatewayServer['check'] {
  if (server.lastCheck === 'failed') return 'failing';
  return server.lastCheck === 'passed' && server.up ? 'passing' : 'unknown';
}

export const isRetried = (protocol: Protocol, method: string): boolean => protocol === 'http' && idempotent.has(method);
