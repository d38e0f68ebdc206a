import { join } from 'node:path';
import { TwinhullError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Files } from '../../ports/files.ts';
import type {
  Farewell,
  Gateway,
  GatewayConfig,
  GatewayDriver,
  GatewayReading,
  GatewaySignal,
  Protocol,
  RunBeside,
} from '../../ports/gateway.ts';
import {
  beginAnew,
  count,
  countMany,
  FAILED,
  FALL,
  isRetried,
  letIn,
  type MemberCondition,
  newServer,
  readingOf,
  RISE,
  saysTheSame,
  type Server,
  setTraffic,
} from './gateway-server.ts';

export type { MemberCondition } from './gateway-server.ts';

export interface MemoryResponse {
  /** 0: the connection was cut */
  readonly status: number;
  readonly member: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** As HAProxy is configured and watched (adapters/haproxy). */
const FAST_INTERVAL_MS = 100;
const SETTLE_MS = 250;
const STANDSTILL_MS = 80;
const PROBE_MS = 80;
/** How finely waiting is done, and how finely with nothing in flight. */
const STEP_MS = 5;
const IDLE_STEP_MS = 25;

/** What a gateway in memory knows of its world. */
export interface Surroundings {
  readonly clock: Clock;
  /** where the gateways' folders are; absent: nowhere */
  readonly files?: Files;
  readonly conditionOf: (member: string) => MemberCondition;
  /**
   * Whoever changes what members are like says so, by conditionsChanged(): then the gateway looks at nothing while
   * nothing happens, and time passes quickly.
   */
  readonly isTold?: boolean;
  /** how many checks of a member come through until one is lost on the way; Infinity: none is lost */
  readonly checksUntilLost?: (member: string) => number;
}

/**
 * The twin of adapters/haproxy in memory: the same roles, states, checks and signals over a world that is told
 * what its members are like. Checks are caught up whenever it is asked something, with the clock it is given.
 */
export class MemoryGateway implements Gateway {
  /** what it runs with, and what a reload makes of it */
  #config: GatewayConfig;
  #wanted: GatewayConfig;
  readonly #folder: string | null;
  readonly #clock: Clock;
  readonly #surroundings: Surroundings;
  /** as last looked at, by member */
  readonly #conditions = new Map<string, MemberCondition>();
  readonly #wakers = new Set<() => void>();
  #servers: readonly Server[];
  readonly #listeners = new Set<(signal: GatewaySignal) => void>();
  readonly #counters = { requests: 0, failed: 0, retried: 0, redispatched: 0 };
  #leader: string | null;
  #turn = 0;
  #away = false;

  /** @param folder its own on the host; null: it has none */
  constructor(config: GatewayConfig, surroundings: Surroundings, folder: string | null = null) {
    this.#folder = folder;
    this.#config = config;
    this.#wanted = config;
    this.#surroundings = surroundings;
    this.#clock = surroundings.clock;
    this.#leader = config.leader;
    this.#servers = config.ports.flatMap((port) =>
      config.members.map((member) => newServer(member.name, port, member.takesTraffic, this.#clock.monotonic())),
    );
    this.#lookAtMembers();
    this.#drawLosses();
  }

  async read(signal?: AbortSignal): Promise<GatewayReading> {
    this.#reach(signal);
    const servers = this.#servers.map((server) => readingOf(server, this.#conditionOf(server.member)));
    return {
      configuration: configurationOf(this.#config),
      leader: this.#config.balance === 'leader' ? this.#leader : null,
      servers,
      counters: { ...this.#counters },
      serving: this.#config.ports.every(({ port }) =>
        servers.some((server) => server.port === port && server.traffic === 'in' && server.check === 'passing'),
      ),
    };
  }

  async lead(member: string, signal?: AbortSignal): Promise<void> {
    this.#reach(signal);
    this.#of(member);
    if (this.#config.balance !== 'leader') {
      throw new TwinhullError('TH_GATEWAY_REFUSED', `the gateway of ${this.#config.service} has no leader`);
    }
    this.#leader = member;
  }

  async drain(member: string, signal?: AbortSignal): Promise<void> {
    const { leader, servers } = await this.read(signal);
    const serves = (name: string): boolean =>
      servers.every((server) => server.member !== name || (server.traffic === 'in' && server.check === 'passing'));
    const heir = this.#config.members.find(({ name }) => name !== member && serves(name));
    if (leader === member && heir) this.#leader = heir.name;
    for (const server of this.#of(member)) setTraffic(server, 'draining', this.#clock.monotonic());
    this.#wake();
  }

  async drainAndWait(member: string, timeoutMs: number, signal?: AbortSignal): Promise<number> {
    await this.drain(member, signal);
    const until = this.#clock.monotonic() + timeoutMs;
    for (;;) {
      const left = this.#of(member).reduce((sum, server) => sum + server.sessions, 0);
      if (left === 0 || this.#clock.monotonic() >= until) return left;
      await this.#clock.sleep(STEP_MS, signal);
    }
  }

  async takeOut(member: string, signal?: AbortSignal): Promise<void> {
    this.#reach(signal);
    const servers = this.#of(member);
    for (const server of servers) setTraffic(server, 'out', this.#clock.monotonic());
    if (servers.every((server) => server.sessions === 0)) return;
    await this.#clock.sleep(SETTLE_MS, signal);
    this.#cut(servers);
  }

  #cut(servers: readonly Server[]): void {
    for (const server of servers) server.cuts += 1;
    this.#wake();
  }

  async putIn(member: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    this.#reach(signal);
    const servers = this.#of(member);
    const out = servers.filter((server) => server.traffic === 'out');
    for (const server of servers) letIn(server, this.#clock.monotonic());
    this.#wake();
    const until = this.#clock.monotonic() + timeoutMs;
    while (!servers.every((server) => readingOf(server, this.#conditionOf(server.member)).check === 'passing')) {
      if (this.#clock.monotonic() >= until) throw this.#leaveOut(member, out, timeoutMs);
      await this.#untilNews(signal, until - this.#clock.monotonic());
      this.#reach(signal);
    }
    for (const server of servers) server.brakeOut = false;
  }

  /** Opened again, with another configuration: it goes on with its own until it is reloaded. */
  want(config: GatewayConfig): this {
    this.#wanted = config;
    return this;
  }

  async reload(beside: RunBeside, { members, timeoutMs }: Farewell, signal?: AbortSignal): Promise<void> {
    this.#reach(signal);
    const { exitCode, output } = await beside(['gateway', 'check'], signal);
    if (exitCode !== 0) {
      const { service } = this.#wanted;
      throw new TwinhullError(
        'TH_GATEWAY_REFUSED',
        `the gateway of ${service} cannot work with its new configuration: ${output}`,
      );
    }
    if (this.#folder !== null)
      await this.#surroundings.files?.write(
        join(this.#folder, CONFIGURATION_FILE),
        configurationOf(this.#wanted),
        0o600,
      );
    await beside(['gateway', 'reload'], signal);
    const old = this.#servers.filter(({ member }) => members.includes(member));
    this.#takeOver();
    for (const listener of this.#listeners) listener({ kind: 'started' });
    const until = this.#clock.monotonic() + timeoutMs;
    while (old.some(({ sessions }) => sessions > 0) && this.#clock.monotonic() < until)
      await this.#clock.sleep(STEP_MS, signal);
  }

  /** Requests under way stay with the servers they are in. */
  #takeOver(): void {
    const before = this.#config;
    const addressIn = (config: GatewayConfig, member: string): string | undefined =>
      config.members.find(({ name }) => name === member)?.address;
    this.#config = this.#wanted;
    this.#servers = this.#config.ports.flatMap((port) =>
      this.#config.members.map(({ name, address, takesTraffic }) => {
        const known = this.#servers.find((server) => server.member === name && server.port.port === port.port);
        if (known && addressIn(before, name) === address) return { ...known, port, sessions: 0, cuts: 0 };
        return newServer(name, port, takesTraffic, this.#clock.monotonic());
      }),
    );
    this.#lookAtMembers();
    this.#drawLosses();
    this.#wake();
    const knowsLeader = this.#config.members.some(({ name }) => name === this.#leader);
    if (!knowsLeader) this.#leader = this.#config.leader;
    Object.assign(this.#counters, { requests: 0, failed: 0, retried: 0, redispatched: 0 });
  }

  async watch(onSignal: (signal: GatewaySignal) => void, abort: AbortSignal): Promise<void> {
    this.#listeners.add(onSignal);
    onSignal({ kind: 'started' });
    while (!abort.aborted) {
      if (!this.#away) this.#catchUp();
      await this.#untilNews(abort);
    }
    this.#listeners.delete(onSignal);
  }

  /** Members are not what they were; those that are told need not look. */
  conditionsChanged(): void {
    if (!this.#away) this.#catchUp();
    this.#lookAtMembers();
    this.#drawLosses();
    this.#wake();
  }

  /** Each check is lost by the same chance, whatever came before: so it may be drawn at any time. */
  #drawLosses(): void {
    for (const server of this.#servers) server.checksUntilLost = this.#untilLost(server.member);
  }

  #lookAtMembers(): void {
    for (const { name } of this.#config.members) this.#conditions.set(name, this.#surroundings.conditionOf(name));
  }

  #conditionOf(member: string): MemberCondition {
    return this.#conditions.get(member) ?? 'refusing';
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }

  /** Until a check is due that may say something new, or until something is done with the gateway. */
  #untilNews(abort: AbortSignal | undefined, atMostMs = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((resolve) => {
      const waitMs = Math.min(atMostMs, this.#newsInMs());
      const cancel = waitMs === Number.POSITIVE_INFINITY ? () => undefined : this.#clock.timer(waitMs, () => end());
      const end = (): void => {
        cancel();
        this.#wakers.delete(end);
        abort?.removeEventListener('abort', end);
        resolve();
      };
      this.#wakers.add(end);
      abort?.addEventListener('abort', end, { once: true });
    });
  }

  #newsInMs(): number {
    if (this.#surroundings.isTold !== true)
      return this.#servers.some(({ sessions }) => sessions > 0) ? STEP_MS : IDLE_STEP_MS;
    if (this.#away) return Number.POSITIVE_INFINITY;
    const next = this.#servers.reduce(
      (least, server) => Math.min(least, this.#newsAt(server)),
      Number.POSITIVE_INFINITY,
    );
    return Math.max(0, next - this.#clock.monotonic());
  }

  #newsAt(server: Server): number {
    if (server.traffic === 'out') return Number.POSITIVE_INFINITY;
    return Math.min(this.#checkSaysAt(server), this.#stallSaysAt(server));
  }

  #checkSaysAt(server: Server): number {
    const isSettled = saysTheSame(server, this.#passes(server, this.#conditionOf(server.member)));
    if (!isSettled) return server.nextCheckAt;
    return server.nextCheckAt + server.checksUntilLost * server.port.check.intervalMs;
  }

  #stallSaysAt(server: Server): number {
    if (!this.#mayStall(server)) return Number.POSITIVE_INFINITY;
    return Math.max(server.stillSince + STANDSTILL_MS + PROBE_MS, server.stalledSaidAt + FAST_INTERVAL_MS + PROBE_MS);
  }

  #mayStall(server: Server): boolean {
    return server.sessions > 0 && this.#conditionOf(server.member) === 'hung' && server.port.check.kind !== 'connect';
  }

  /** A client's request, for tests and the simulator. `takesMs`: how long a well member works on it. */
  async request(
    port: number,
    options: { readonly method?: string; readonly takesMs?: number } = {},
  ): Promise<MemoryResponse> {
    if (this.#away) return { status: 0, member: null, headers: {} };
    this.#catchUp();
    this.#counters.requests += 1;
    const tried = new Set<Server>();
    for (let server = this.#choose(port, tried); server !== null; server = this.#choose(port, tried)) {
      tried.add(server);
      const end = await this.#send(server, options.takesMs ?? 0);
      if (end === 'answered') return { status: 200, member: server.member, headers: {} };
      if (end === 'cut' && !isRetried(server.port.protocol, options.method ?? 'GET'))
        return this.#fail(server.port.protocol, 502);
      this.#counters.retried += 1;
      this.#counters.redispatched += 1;
    }
    return this.#fail(this.#config.ports.find((one) => one.port === port)?.protocol ?? 'tcp', 503);
  }

  /** Whether a request that came now, and may be tried again, would be answered at once. */
  wouldAnswer(port: number): boolean {
    if (this.#away) return false;
    this.#catchUp();
    const tried = new Set<Server>();
    for (let server = this.#choose(port, tried); server !== null; server = this.#choose(port, tried)) {
      const condition = this.#conditionOf(server.member);
      if (condition === 'up' || condition === 'sick') return true;
      if (condition === 'hung') return false;
      tried.add(server);
    }
    return false;
  }

  /** The gateway's process dies; what it was told lies on disk, what was in flight is lost. */
  crash(): void {
    this.#away = true;
    this.#cut(this.#servers);
  }

  /** It comes back, with the roles and states it had. */
  comeBack(): void {
    this.#away = false;
    for (const server of this.#servers) beginAnew(server, this.#clock.monotonic());
    this.#lookAtMembers();
    this.#wake();
    Object.assign(this.#counters, { requests: 0, failed: 0, retried: 0, redispatched: 0 });
    for (const listener of this.#listeners) listener({ kind: 'started' });
  }

  async #send(server: Server, takesMs: number): Promise<'answered' | 'refused' | 'cut'> {
    const meets = this.#conditionOf(server.member);
    if (meets === 'refusing' || meets === 'unreachable') return 'refused';
    const { cuts } = server;
    if (server.sessions === 0) server.stillSince = this.#clock.monotonic();
    server.sessions += 1;
    if (server.sessions === 1) this.#wake();
    const until = this.#clock.monotonic() + takesMs;
    try {
      while (this.#isHeldUp(server) || this.#clock.monotonic() < until) {
        await this.#stepOf(server, until);
        if (server.cuts !== cuts || this.#conditionOf(server.member) === 'refusing') return 'cut';
      }
      server.stillSince = this.#clock.monotonic();
      return 'answered';
    } finally {
      server.sessions -= 1;
    }
  }

  /** Until what a request waits for may have come. */
  #stepOf(server: Server, until: number): Promise<void> {
    if (this.#surroundings.isTold !== true) return this.#clock.sleep(STEP_MS);
    const leftMs = until - this.#clock.monotonic();
    return this.#untilNews(undefined, this.#isHeldUp(server) ? Number.POSITIVE_INFINITY : leftMs);
  }

  #isHeldUp({ member }: Server): boolean {
    const condition = this.#conditionOf(member);
    return condition === 'hung' || condition === 'unreachable';
  }

  /** The leader, else any that is up; when nobody passes its check, the brake: all that are not taken out. */
  #choose(port: number, tried: ReadonlySet<Server>): Server | null {
    const here = this.#servers.filter((server) => server.port.port === port);
    const up = here.filter((server) => server.traffic !== 'out' && server.up);
    const braked = !up.some((server) => server.traffic === 'in');
    const usable = (braked ? here.filter((server) => !server.brakeOut) : up).filter((server) => !tried.has(server));
    const leader = usable.find((server) => server.member === this.#leader);
    if (leader && this.#config.balance === 'leader') return leader;
    const open = usable.filter((server) => server.traffic === 'in');
    this.#turn += 1;
    return open[this.#turn % Math.max(1, open.length)] ?? null;
  }

  #fail(protocol: Protocol, status: number): MemoryResponse {
    this.#counters.failed += 1;
    if (protocol === 'tcp') return { status: 0, member: null, headers: {} };
    const headers = { 'cache-control': 'no-store', ...(status === 503 && { 'retry-after': '1' }) };
    return { status, member: null, headers };
  }

  #leaveOut(member: string, out: readonly Server[], timeoutMs: number): TwinhullError {
    for (const server of out) setTraffic(server, 'out', this.#clock.monotonic());
    return new TwinhullError(
      'TH_GATEWAY_CHECK_FAILED',
      `${member} did not pass the gateway's check within ${timeoutMs} ms`,
    );
  }

  #of(member: string): Server[] {
    const servers = this.#servers.filter((server) => server.member === member);
    if (servers.length > 0) return servers;
    throw new TwinhullError(
      'TH_INTERNAL',
      `the gateway of ${this.#config.service} has no member ${JSON.stringify(member)}`,
    );
  }

  #reach(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.#away) throw new TwinhullError('TH_GATEWAY_UNREACHABLE', `the gateway of ${this.#config.service} is away`);
    this.#catchUp();
  }

  #catchUp(): void {
    const now = this.#clock.monotonic();
    if (this.#surroundings.isTold !== true) this.#lookAtMembers();
    for (const server of this.#servers) {
      if (server.traffic === 'out') continue;
      this.#skipDullChecks(server, now);
      while (server.nextCheckAt <= now) this.#check(server);
      this.#lookForStall(server, now);
    }
  }

  /** Checks that say once more what was said, and are not lost. */
  #skipDullChecks(server: Server, now: number): void {
    const passes = this.#passes(server, this.#conditionOf(server.member));
    if (server.nextCheckAt > now || !saysTheSame(server, passes)) return;
    const period = server.port.check.intervalMs;
    const dull = Math.min(Math.floor((now - server.nextCheckAt) / period), server.checksUntilLost);
    if (dull <= 0) return;
    server.nextCheckAt += dull * period;
    server.checksUntilLost -= dull;
    countMany(server, passes, dull);
  }

  /** Whether a check that comes through is passed. */
  #passes({ port }: Server, condition: MemberCondition): boolean {
    if (condition === 'up') return true;
    return port.check.kind === 'connect' && condition !== 'refusing' && condition !== 'unreachable';
  }

  #check(server: Server): void {
    const isLost = server.checksUntilLost <= 0;
    const condition = isLost ? 'hung' : this.#conditionOf(server.member);
    const { timeoutMs, kind } = server.port.check;
    const isSilent = condition === 'unreachable' || (condition === 'hung' && (isLost || kind !== 'connect'));
    if (isSilent && !server.checking) {
      server.checking = true;
      server.nextCheckAt += timeoutMs;
      return;
    }
    server.checking = false;
    server.checksUntilLost = isLost ? this.#untilLost(server.member) : server.checksUntilLost - 1;
    const passed = !isLost && this.#passes(server, condition);
    const before = { up: server.up, last: server.lastCheck };
    count(server, passed);
    const settled = passed ? server.passesInARow >= RISE : server.failuresInARow >= FALL;
    const interval = server.port.check.intervalMs;
    server.nextCheckAt += settled ? interval : Math.min(FAST_INTERVAL_MS, interval);
    const last = passed ? 'passed' : 'failed';
    if (before.last !== last || before.up !== server.up) this.#sayChecked(server, passed, condition);
  }

  #untilLost(member: string): number {
    return this.#surroundings.checksUntilLost?.(member) ?? Number.POSITIVE_INFINITY;
  }

  #sayChecked(server: Server, passed: boolean, condition: MemberCondition): void {
    const where = { member: server.member, port: server.port.port };
    const { checkFailure, detail } = FAILED[condition];
    const signal: GatewaySignal = passed
      ? { kind: 'check_passed', ...where }
      : { kind: 'check_failed', ...where, checkFailure, detail };
    for (const listener of this.#listeners) listener(signal);
  }

  #lookForStall(server: Server, now: number): void {
    if (now < this.#stallSaysAt(server)) return;
    server.stalledSaidAt = now;
    const forMs = Math.round(now - server.stillSince);
    for (const listener of this.#listeners)
      listener({ kind: 'stalled', member: server.member, port: server.port.port, forMs });
  }
}

const CONFIGURATION_FILE = 'gateway.json';
const configurationOf = (config: GatewayConfig): string => JSON.stringify(config);

/** Makes gateways in memory; one folder is one gateway, however often it is opened. */
export class MemoryGatewayDriver implements GatewayDriver {
  readonly #surroundings: Surroundings;
  readonly #gateways = new Map<string, MemoryGateway>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  files(config: GatewayConfig): ReturnType<GatewayDriver['files']> {
    return { [CONFIGURATION_FILE]: { kind: 'configuration', text: configurationOf(config), mode: 0o600 } };
  }

  configuration(config: GatewayConfig): string {
    return configurationOf(config);
  }

  container(_config: GatewayConfig, hostFolder: string): ReturnType<GatewayDriver['container']> {
    const mount = { Type: 'bind', Source: hostFolder, Target: '/gw' };
    return {
      Image: 'memory/gateway:1',
      Cmd: [],
      HostConfig: { Mounts: [mount], RestartPolicy: { Name: 'unless-stopped' } },
    };
  }

  /** null: nobody has opened it yet */
  find(hostFolder: string): MemoryGateway | null {
    return this.#gateways.get(hostFolder) ?? null;
  }

  open(config: GatewayConfig, hostFolder: string): MemoryGateway {
    const known = this.#gateways.get(hostFolder);
    if (known) return known.want(config);
    const gateway = new MemoryGateway(config, this.#surroundings, hostFolder);
    this.#gateways.set(hostFolder, gateway);
    return gateway;
  }
}
