/**
 * The world as last seen: containers, how they ended, what the gateways said. Events change it at once and
 * provisionally (a die is a die), inspections afterwards for good. Synchronous and without any call to the
 * outside; observe.ts feeds it.
 */

import { followTrail, howItEnded, noTrail, type Trail } from '../core/intent.ts';
import type { GatewaySeen, MemberSeen, Observation, ServiceSeen } from '../core/model.ts';
import { absentMember } from '../core/turn.ts';
import { LABEL } from '../labels.ts';
import type { Container, ContainerState, EngineEvent } from '../ports/engine.ts';
import type { GatewayReading } from '../ports/gateway.ts';
import type { Fleet, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { leftBehind, type Lodging } from './left-behind.ts';
import { type Measured, nothingMeasured } from './measured.ts';
import { OomEvents } from './oom-events.ts';
import { OwnEnds } from './own-ends.ts';
import { inPlace, isForeignTo, keyOfOwner, ownerOf, type Owner } from './owners.ts';

interface Reading {
  readonly reading: GatewayReading | null;
  readonly readAt: number;
}

export class Picture {
  #fleet: Fleet;
  engineAnswers = false;
  readonly #containers = new Map<string, Container>();
  /** containers by their place in the plan; null: to be found out anew */
  #byOwner: Map<string, Container[]> | null = null;
  /** ids, and names of which no container is known, for which the engine did not answer when it was last asked */
  readonly #unanswered = new Set<string>();
  readonly #trails = new Map<string, Trail>();
  readonly #readings = new Map<string, Reading>();
  /** services whose gateway did not answer when it was last asked */
  readonly #silent = new Set<string>();
  readonly #ownEnds: OwnEnds;
  /** by owner: events from before are of what a process of ours had begun */
  readonly #ownUntil = new Map<string, number>();
  readonly #oomEvents = new OomEvents();
  /** whoever measures says so */
  measured: Measured = nothingMeasured;

  constructor(fleet: Fleet, ownEnds = new OwnEnds()) {
    this.#fleet = fleet;
    this.#ownEnds = ownEnds;
  }

  setFleet(fleet: Fleet): void {
    this.#fleet = fleet;
    this.#byOwner = null;
  }

  /**
   * Everything there is: what is not in it is gone.
   * @param touched what events named while the list was made: they know better than the list does
   * @param unknown ids and names of which nothing could be said: they stay as they were
   */
  replaceAll(
    containers: readonly Container[],
    touched: ReadonlySet<string>,
    unknown: ReadonlySet<string> = new Set(),
  ): void {
    const before = new Map(this.#containers);
    this.#changing().clear();
    for (const container of containers) if (!touched.has(container.id)) this.#put(container, before.get(container.id));
    for (const [id, container] of before) if (touched.has(id) || unknown.has(id)) this.#changing().set(id, container);
    for (const known of this.#unanswered) if (!this.#containers.has(known)) this.#unanswered.delete(known);
    for (const idOrName of unknown) this.#unanswered.add(idOrName);
    this.engineAnswers = true;
  }

  /** What was there or should be, and is not in this list: ids, and names in the plan of which no container is known. */
  missingFrom(listed: readonly Container[]): string[] {
    const ids = new Set(listed.map(({ id }) => id));
    const names = new Set(listed.map(({ name }) => name));
    const gone = [...this.#containers.values()].filter(({ id }) => !ids.has(id));
    for (const { name } of gone) names.add(name);
    const planned = this.#fleet.services.flatMap(({ members, gateway }) => [
      ...members.map(({ containerName }) => containerName),
      ...(gateway ? [gateway.containerName] : []),
    ]);
    return [...gone.map(({ id }) => id), ...planned.filter((name) => !names.has(name))];
  }

  #changing(): Map<string, Container> {
    this.#byOwner = null;
    return this.#containers;
  }

  put(container: Container): void {
    this.#put(container, this.#containers.get(container.id));
  }

  remove(id: string): void {
    this.#unanswered.delete(id);
    this.#changing().delete(id);
  }

  ids(): string[] {
    return [...this.#containers.keys()];
  }

  /** An engine that answers for the list and not for this container leaves what was known of it. */
  #put(container: Container, before: Container | undefined): void {
    const known = container.partial && before ? { ...before, state: container.state, name: container.name } : container;
    this.#changing().set(container.id, known);
    if (container.partial) this.#unanswered.add(container.id);
    else this.#unanswered.delete(container.id);
    if (known.state === 'running' && known.startedAt > (before?.startedAt ?? 0)) this.#runsAnew(known);
  }

  /** A run whose start no event told us, or of a container that we did not know: how the last one ended is over. */
  #runsAnew(container: Container): void {
    this.#ownEnds.forget(container.id);
    const owner = ownerOf(this.#fleet, container);
    if (owner) this.#trails.delete(keyOfOwner(owner));
  }

  engineLost(): void {
    this.engineAnswers = false;
    this.#trails.clear();
  }

  setReading(service: string, reading: GatewayReading | null, readAt: number): void {
    const last = this.#readings.get(service);
    this.#readings.set(service, {
      reading: reading ?? last?.reading ?? null,
      readAt: reading ? readAt : (last?.readAt ?? 0),
    });
    if (reading) this.#silent.delete(service);
    else this.#silent.add(service);
  }

  reading(service: string): GatewayReading | null {
    return this.#readings.get(service)?.reading ?? null;
  }

  /** We begin something: how its owner's last run ended no longer counts. */
  forgetTrail(key: string): void {
    this.#trails.delete(key);
  }

  /** What the last process had begun with it: until now, whatever ended it was that process. */
  resumeOwn(key: string, now: number): void {
    this.#ownUntil.set(key, now);
    this.presumeFailed(key, now);
  }

  /** Something we had begun is over, or was never seen to end: an exit is none that was asked for, unless that was seen. */
  presumeFailed(key: string, now: number): void {
    if (this.#trails.get(key)?.stopped !== true) this.#trails.set(key, { ...noTrail, diedAt: now - 60_000 });
  }

  /** @returns whether the event changes anything */
  see(event: EngineEvent, now: number): boolean {
    const container = this.#containers.get(event.containerId);
    this.#oomEvents.note(event);
    if (event.action === 'start') this.#ownEnds.forget(event.containerId);
    if (!container || isPast(event, container)) return false;
    const owner = ownerOf(this.#fleet, container);
    if (owner && !this.#ownEnds.has(event.containerId)) this.#follow(owner, event, now);
    if (event.action === 'destroy') this.#ownEnds.forget(event.containerId);
    const changed = afterEvent(container, event);
    if (changed) this.#changing().set(container.id, changed);
    else if (event.action === 'destroy') this.#changing().delete(container.id);
    return true;
  }

  #follow(owner: Owner, event: EngineEvent, now: number): void {
    const key = keyOfOwner(owner);
    if (event.at <= (this.#ownUntil.get(key) ?? 0)) return;
    const signal = event.attributes['signal'] ?? '';
    this.#trails.set(key, followTrail(this.#trails.get(key) ?? noTrail, event.action, signal, now));
  }

  containerOf(service: ServicePlan, member: MemberPlan | null): Container | null {
    const place = { service: service.name, member: member?.name ?? service.name, isGateway: member === null };
    const own = this.#owned().get(keyOfPlace(place)) ?? [];
    return inPlace(own, member ? member.containerName : (service.gateway?.containerName ?? ''));
  }

  /** Others in this member's place: they are put aside while it is replaced. */
  #asideOf(service: ServicePlan, member: MemberPlan, container: Container): readonly Container[] {
    const own = this.#owned().get(keyOfPlace({ service: service.name, member: member.name, isGateway: false })) ?? [];
    return own.filter(({ id }) => id !== container.id);
  }

  #owned(): Map<string, Container[]> {
    if (this.#byOwner) return this.#byOwner;
    const owned = new Map<string, Container[]>();
    for (const container of this.#containers.values()) {
      const owner = ownerOf(this.#fleet, container);
      if (!owner) continue;
      const key = keyOfPlace(owner);
      owned.set(key, [...(owned.get(key) ?? []), container]);
    }
    this.#byOwner = owned;
    return owned;
  }

  observe(now: number, busy: readonly string[], loopLagMs: number): Observation {
    const services = this.#fleet.services.map((service) => this.#service(service, now));
    return { engineAnswers: this.engineAnswers, services, busy, loopLagMs, host: this.measured.host() };
  }

  #service(service: ServicePlan, now: number): ServiceSeen {
    const foreign = this.#foreignTo(service);
    return {
      name: service.name,
      members: service.members.map((member) => this.#member(service, member, now)),
      gateway: service.gateway ? this.#gateway(service, now) : null,
      foreign: foreign?.id ?? null,
      foreignSharesVolumeWith: foreign ? this.#sharingWith(service, foreign) : [],
      signs: this.measured.serviceSigns(service),
    };
  }

  #foreignTo(service: ServicePlan): Container | null {
    const holder = service.gateway ? this.containerOf(service, null) : null;
    const isHeld = service.gateway
      ? holder !== null
      : service.members.some((member) => this.containerOf(service, member));
    const foreign = [...this.#containers.values()].filter((container) => isForeignTo(service, container));
    const running = foreign.find(({ state }) => state === 'running' || state === 'restarting' || state === 'paused');
    return running ?? (isHeld ? null : (foreign[0] ?? null));
  }

  #sharingWith(service: ServicePlan, foreign: Container): string[] {
    const theirs = new Set(foreign.mounts.filter(({ writable }) => writable).map(sourceOf));
    return service.members.flatMap((member) => {
      const container = this.containerOf(service, member);
      const shares = container?.mounts.some((mount) => mount.writable && theirs.has(sourceOf(mount)));
      return container && shares && container.state !== 'exited' && container.state !== 'created' ? [member.name] : [];
    });
  }

  #member(service: ServicePlan, member: MemberPlan, now: number): MemberSeen {
    const container = this.containerOf(service, member);
    const trail = this.#trails.get(keyOfOwner({ service: service.name, member: member.name })) ?? noTrail;
    const gateway = this.#memberReading(service.name, member.name);
    const network = service.gateway?.network.name;
    if (!container) {
      const state = this.#unanswered.has(member.containerName) ? 'unknown' : 'absent';
      return { ...absentMember(member.name), ...howItEnded(trail, now), state, gateway };
    }
    const isTold = !container.partial;
    return {
      name: member.name,
      containerId: container.id,
      state: container.state,
      partial: !isTold || this.#unanswered.has(container.id),
      asideRuns: this.#asideOf(service, member, container).some(isUp),
      startedAt: container.startedAt,
      finishedAt: container.finishedAt,
      exitCode:
        container.state === 'exited' || container.state === 'dead' || container.state === 'restarting'
          ? container.exitCode
          : null,
      oomKilled: container.oomKilled,
      restartCount: container.restartCount,
      restartPolicy: container.restartPolicy,
      health: container.health,
      healthFailures: container.healthFailingStreak,
      healthOutput: container.healthOutput,
      attached: network === undefined || !isTold ? null : network in container.networks,
      leftBehind: leftBehind(service, member, container, (name) => this.#lodgingIn(name)),
      detachedFrom: isTold ? missingNetworks(container, member, network) : [],
      ...howItEnded(trail, now),
      gateway,
      resources: container.state === 'running' ? this.measured.resources(container) : null,
      oom: { ...this.measured.oomKills(container), ...this.#oomEvents.of(container, windowOf(service), now) },
      signs: container.state === 'running' ? this.measured.memberSigns(service, container) : [],
    };
  }

  /** Who lives in the containers of a service lives in its first one: others cannot be named. */
  #lodgingIn(name: string): Lodging | null {
    const service = this.#fleet.services.find((plan) => plan.name === name);
    const [first] = service?.members ?? [];
    const container = service && first ? this.containerOf(service, first) : null;
    return first && container ? { member: first.name, container } : null;
  }

  /** What the last check of a member took, of the time it may take, at the port that is worst off. */
  checkShare(service: ServicePlan, member: string): number | null {
    const servers = this.#readings.get(service.name)?.reading?.servers ?? [];
    const shares = servers
      .filter((server) => server.member === member && server.traffic !== 'out')
      .map(({ port, checkDurationMs }) => {
        const timeoutMs = service.gateway?.config.ports.find((served) => served.port === port)?.check.timeoutMs ?? 0;
        return timeoutMs > 0 ? checkDurationMs / timeoutMs : 0;
      });
    return shares.length === 0 ? null : Math.max(...shares);
  }

  /** Over all ports: the worst of them counts. */
  #memberReading(service: string, member: string): MemberSeen['gateway'] {
    const read = this.#readings.get(service);
    const servers = read?.reading?.servers.filter((server) => server.member === member) ?? [];
    const [first] = servers;
    if (!read || !first) return null;
    const worst =
      servers.find(({ check }) => check === 'failing') ?? servers.find(({ check }) => check === 'unknown') ?? first;
    const traffic = servers.some((server) => server.traffic === 'out')
      ? 'out'
      : servers.some((server) => server.traffic === 'draining')
        ? 'draining'
        : 'in';
    const failuresInARow = Math.max(...servers.map((server) => server.failuresInARow));
    const { check, checkFailure, checkStatus } = worst;
    const sessions = servers.reduce((sum, server) => sum + server.sessions + server.queued, 0);
    return { traffic, check, checkFailure, checkStatus, failuresInARow, sessions, readAt: read.readAt };
  }

  #gateway(service: ServicePlan, now: number): GatewaySeen {
    const container = this.containerOf(service, null);
    const trail = this.#trails.get(keyOfOwner({ service: service.name, member: service.name })) ?? noTrail;
    const isUnknown = container === null && this.#unanswered.has(service.gateway?.containerName ?? '');
    return {
      state: isUnknown
        ? 'unknown'
        : gatewayState(container, this.#silent.has(service.name) || !this.#readings.has(service.name)),
      containerId: container?.id ?? null,
      leader: this.#readings.get(service.name)?.reading?.leader ?? null,
      finishedAt: container?.finishedAt ?? 0,
      ...(wasKilled(container, trail) ? KILLED : howItEnded(trail, now)),
      attached: container === null || container.partial === true || isOnItsNetworks(container, service),
    };
  }
}

/** Its members, and who knows it by name, are reached over them. One that was made of an older plan has others. */
function isOnItsNetworks({ networks, labels }: Container, { gateway }: ServicePlan): boolean {
  const own = gateway?.network.name ?? '';
  const all = labels[LABEL.hash] === gateway?.hash ? (gateway?.spec.Networks ?? []) : [];
  return own in networks && all.every(({ network }) => network in networks);
}

/**
 * Networks that it was made for and is not on any more, beside its service's own. One that was made of an older plan may
 * have been made for others.
 */
function missingNetworks(container: Container, { spec, hash }: MemberPlan, own: string | undefined): string[] {
  if (container.state !== 'running' || container.labels[LABEL.hash] !== hash) return [];
  const wanted = spec.Networks.map(({ network }) => network).filter((network) => network !== own);
  return wanted.filter((network) => !(network in container.networks));
}

/** Of plans of an older version, which say none, the usual one. */
function windowOf({ policy }: ServicePlan): number {
  const known: Partial<ServicePlan['policy']> = policy;
  return known.resources?.windowMs ?? 60_000;
}

const SIGKILLED = 137;
const KILLED = { ended: 'failed', unclearUntil: 0 } as const;

/** Of a gateway, whose end nobody saw: it ends at once when it is asked to, so nobody asked. */
function wasKilled(container: Container | null, trail: Trail): boolean {
  return trail === noTrail && container?.state === 'exited' && container.exitCode === SIGKILLED;
}

function keyOfPlace({ service, member, isGateway }: Owner): string {
  return `${isGateway ? 'gateway' : 'member'} ${service}/${member}`;
}

function isUp({ state }: Container): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}

function gatewayState(container: Container | null, isSilent: boolean): GatewaySeen['state'] {
  switch (container?.state) {
    case undefined:
      return 'absent';
    case 'running':
      return isSilent ? 'silent' : 'answering';
    case 'paused':
    case 'restarting':
      return container?.state;
    case 'created':
    case 'exited':
    case 'dead':
    case 'removing':
      return 'exited';
  }
}

/** An event of a run that is over, told again or told late. */
function isPast(event: EngineEvent, container: Container): boolean {
  return event.at < container.startedAt;
}

/** What an event says for certain about a container; null when it must be looked at. */
function afterEvent(container: Container, event: EngineEvent): Container | null {
  const become = (state: ContainerState, more: Partial<Container> = {}): Container => ({
    ...container,
    ...more,
    state,
  });
  if (event.type === 'network') {
    return event.action === 'disconnect' ? withoutNetwork(container, event.attributes['name'] ?? '') : null;
  }
  switch (event.action) {
    case 'die':
      // of a container that is being removed: it is still that, and cannot be started
      return become(container.state === 'removing' ? 'removing' : 'exited', {
        exitCode: Number(event.attributes['exitCode'] ?? container.exitCode),
        finishedAt: event.at,
      });
    case 'pause':
      return become('paused');
    case 'unpause':
      return become('running');
    case 'start':
      // what was connected between its creation and its start is known when it is looked at
      return become('running', {
        startedAt: event.at,
        health: container.health === 'none' ? 'none' : 'starting',
        partial: true,
      });
    default:
      return null;
  }
}

function withoutNetwork(container: Container, name: string): Container | null {
  if (container.state !== 'running' || !(name in container.networks)) return null;
  const networks = Object.fromEntries(Object.entries(container.networks).filter(([key]) => key !== name));
  return { ...container, networks };
}

function sourceOf(mount: Container['mounts'][number]): string {
  return mount.name === '' ? mount.source : mount.name;
}
