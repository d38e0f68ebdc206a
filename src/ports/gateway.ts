/**
 * What twinhull asks of a gateway: the proxy in front of one service. A gateway that does not answer is
 * unknown, never down: every call may throw `TH_GATEWAY_UNREACHABLE`; one that answers and does not obey gives
 * `TH_GATEWAY_REFUSED`.
 */

import type { CheckFailure } from '../core/model.ts';
import type { ContainerSpec } from './engine.ts';

export type { CheckFailure };
export type Protocol = 'http' | 'tcp';

/** How the gateway finds out whether a member answers. All times in milliseconds. */
export interface CheckConfig {
  readonly kind: 'http' | 'redis' | 'postgres' | 'mysql' | 'smtp' | 'connect';
  /** http only: the request path with query */
  readonly path?: string;
  /** http only: the Host header; default: the service's name */
  readonly host?: string;
  /** http only. success: 2xx and 3xx (the user named a health URL). any: any HTTP answer (liveness only). */
  readonly expect?: 'success' | 'any';
  /** the port checked, where it is not the port served */
  readonly port?: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export interface GatewayPort {
  /** the port members listen on, and the gateway too */
  readonly port: number;
  readonly protocol: Protocol;
  readonly check: CheckConfig;
}

export interface GatewayMember {
  readonly name: string;
  /** fixed address on the service's own network */
  readonly address: string;
  /** false: a cold or warm standby, held in maintenance until it is put in */
  readonly takesTraffic: boolean;
}

export interface GatewayConfig {
  readonly project: string;
  readonly service: string;
  readonly members: readonly GatewayMember[];
  /** leader: all traffic to one member, the others at hand (pair). spread: over all of them (cluster). */
  readonly balance: 'leader' | 'spread';
  /** the leader at the first start; null for `spread` */
  readonly leader: string | null;
  readonly ports: readonly GatewayPort[];
  /** at most this many requests at once inside one member; more wait in the gateway, unsent */
  readonly maxConnectionsPerMember: number;
}

export type CheckState = 'passing' | 'failing' | 'unknown';
/** in: may get traffic (if its check passes). draining: no new requests. out: no traffic, no check. */
export type TrafficState = 'in' | 'draining' | 'out';

export interface GatewayServer {
  readonly member: string;
  readonly port: number;
  readonly traffic: TrafficState;
  readonly check: CheckState;
  /** null: it does not fail */
  readonly checkFailure: CheckFailure | null;
  /** the gateway's word for how the last check ended, for a person ("L7OK", "L4CON") */
  readonly checkStatus: string;
  readonly checkDurationMs: number;
  /** failed checks since the gateway started; only grows */
  readonly checkFailures: number;
  /** checks failed in a row until now */
  readonly failuresInARow: number;
  readonly sessions: number;
  readonly queued: number;
}

export interface GatewayReading {
  /** what it was started with, as {@link GatewayDriver.configuration} names it; null: it does not say */
  readonly configuration: string | null;
  readonly leader: string | null;
  readonly servers: readonly GatewayServer[];
  /** counters since the gateway started, over all ports */
  readonly counters: {
    readonly requests: number;
    /** answered 5xx by the gateway itself, or cut, because no member answered */
    readonly failed: number;
    readonly retried: number;
    readonly redispatched: number;
  };
  /** members whose check passes and who may get traffic, for every port, are enough to serve */
  readonly serving: boolean;
}

/** Something the gateway says by itself, within a millisecond of seeing it. */
export type GatewaySignal =
  | {
      readonly kind: 'check_failed';
      readonly member: string;
      readonly port: number;
      readonly checkFailure: CheckFailure;
      /** in the gateway's words, for a person */
      readonly detail: string;
    }
  | { readonly kind: 'check_passed'; readonly member: string; readonly port: number }
  /** responses stood still while requests were in flight, and a probe of ours was not answered either */
  | { readonly kind: 'stalled'; readonly member: string; readonly port: number; readonly forMs: number }
  /** the gateway itself came (back) up: read it again */
  | { readonly kind: 'started' };

export interface Gateway {
  read(signal?: AbortSignal): Promise<GatewayReading>;
  /**
   * Makes `member` the leader for new requests; nothing in flight is cut. Harmless, milliseconds, reversible:
   * this is the answer to a first suspicion. With `spread` nobody leads, and this is refused: use drain().
   */
  lead(member: string, signal?: AbortSignal): Promise<void>;
  /**
   * No new requests to this member; nothing is cut (spread: a first suspicion; both: the start of a drain). A
   * leader hands over first, if another member serves.
   */
  drain(member: string, signal?: AbortSignal): Promise<void>;
  /** Drain, then wait until it has no session left or `timeoutMs` has passed; gives the sessions left. */
  drainAndWait(member: string, timeoutMs: number, signal?: AbortSignal): Promise<number>;
  /**
   * Takes a member out for good reason (dead or hung): maintenance, then its sessions are cut so that the
   * idempotent requests hanging on it are sent to another member.
   */
  takeOut(member: string, signal?: AbortSignal): Promise<void>;
  /** Puts a member in: no request reaches it before its first good check. Rejects TH_GATEWAY_CHECK_FAILED after `timeoutMs`. */
  putIn(member: string, timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Makes the running gateway what this one was opened with, with no connection refused and none cut: a new process
   * takes over, the old one finishes what it has. Leader and states stay as they are; members that are new get
   * nothing before their first good check. Where the new configuration is no good, nothing has changed.
   * Idempotent. Resolves when the new one serves and `farewell` is over.
   */
  reload(beside: RunBeside, farewell: Farewell, signal?: AbortSignal): Promise<void>;
  /** Signals until `abort`. Reconnects by itself; a gateway that is away is waited for. */
  watch(onSignal: (signal: GatewaySignal) => void, abort: AbortSignal): Promise<void>;
}

/** Runs a command where the gateway's process runs. `output`: what it said, for a person. */
export type RunBeside = (
  command: readonly string[],
  signal?: AbortSignal,
) => Promise<{ readonly exitCode: number; readonly output: string }>;

/** Members that will be stopped next: the process that ends is waited for until it has no request in them any more. */
export interface Farewell {
  readonly members: readonly string[];
  readonly timeoutMs: number;
}

/**
 * program: what the container runs; another one needs another container. configuration: read when the gateway is
 * reloaded. record: leader and states of the moment, kept true by whoever steers the gateway.
 */
export type GatewayFileKind = 'program' | 'configuration' | 'record';

export interface GatewayFile {
  readonly kind: GatewayFileKind;
  readonly text: string;
  readonly mode: number;
}

/** Makes gateways: their files, their container, the handle that steers them. */
export interface GatewayDriver {
  /** Files of the gateway's folder, by relative name; text is complete and true at first start. */
  files(config: GatewayConfig): Readonly<Record<string, GatewayFile>>;
  /** Names the configuration: another name, and the gateway that runs has to be reloaded. */
  configuration(config: GatewayConfig): string;
  /** Image, entrypoint, command, user, health check and the mount of `hostFolder`; ports, labels and networks are the caller's. */
  container(
    config: GatewayConfig,
    hostFolder: string,
  ): Pick<ContainerSpec, 'Image' | 'Cmd' | 'Entrypoint' | 'User' | 'Healthcheck' | 'StopSignal' | 'StopTimeout'> & {
    readonly HostConfig: Readonly<Record<string, unknown>>;
  };
  open(config: GatewayConfig, hostFolder: string): Gateway;
}
