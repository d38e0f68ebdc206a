/**
 * The world as last seen: containers, how they ended, what the gateways said. Events change it at once and
 * provisionally (a die is a die), inspections afterwards for good. Synchronous and without any call to the
 * outside; observe.ts feeds it.
 */

import { followTrail, howItEnded, noTrail, type Trail } from '../core/intent.ts';
import type { GatewaySeen, MemberSeen, Observation, ServiceSeen } from '../core/model.ts';
import { absentMember } from '../core/turn.ts';
import { LABEL } from '../labels.ts';
import type { Container, EngineEvent } from '../ports/engine.ts';
import type { GatewayReading } from '../ports/gateway.ts';
import type { Fleet, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { afterEvent, isPast } from './after-event.ts';
import { Containers } from './containers.ts';
import { leftBehind, type Lodging } from './left-behind.ts';
import { type Measured, nothingMeasured } from './measured.ts';
import { OomEvents } from './oom-events.ts';
import { OwnEnds } from './own-ends.ts';
import { keyOfOwner, ownerOf, type Owner } from './owners.ts';
import { Readings } from './readings.ts';

export class Picture {
  #fleet: Fleet;
  engineAnswers = false;
  #hasNews = false;
  readonly #containers: Containers;
  /** ids, and names of which no container is known, for which the engine did not answer when it was last asked */
  readonly #unanswered = new Set<string>();
  readonly #trails = new Map<string, Trail>();
  readonly #readings = new Readings();
  readonly #ownEnds: OwnEnds;
  /** by owner: events from before are of what a process of ours had begun */
  readonly #ownUntil = new Map<string, number>();
  readonly #oomEvents = new OomEvents();
  /** whoever measures says so */
  measured: Measured = nothingMeasured;

  constructor(fleet: Fleet, ownEnds = new OwnEnds()) {
    this.#fleet = fleet;
    this.#containers = new Containers(fleet);
    this.#ownEnds = ownEnds;
  }

  /** Something is seen otherwise than when it was last observed. */
  get hasNews(): boolean {
    return this.#hasNews;
  }

  setFleet(fleet: Fleet): void {
    this.#fleet = fleet;
    this.#containers.setFleet(fleet);
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
    const listed = new Set(containers.map(({ id }) => id));
    for (const { id } of this.#containers.all())
      if (!listed.has(id) && !touched.has(id) && !unknown.has(id)) this.remove(id);
    for (const container of containers) if (!touched.has(container.id)) this.put(container);
    for (const known of this.#unanswered) if (!this.#containers.get(known)) this.#unanswered.delete(known);
    for (const idOrName of unknown) this.#unanswered.add(idOrName);
    if (unknown.size > 0 || !this.engineAnswers) this.#hasNews = true;
    this.engineAnswers = true;
  }

  /** What was there or should be, and is not in this list: ids, and names in the plan of which no container is known. */
  missingFrom(listed: readonly Container[]): string[] {
    const ids = new Set(listed.map(({ id }) => id));
    const names = new Set(listed.map(({ name }) => name));
    const gone = this.#containers.all().filter(({ id }) => !ids.has(id));
    for (const { name } of gone) names.add(name);
    const planned = this.#fleet.services.flatMap(({ members, gateway }) => [
      ...members.map(({ containerName }) => containerName),
      ...(gateway ? [gateway.containerName] : []),
    ]);
    return [...gone.map(({ id }) => id), ...planned.filter((name) => !names.has(name))];
  }

  remove(id: string): void {
    this.#unanswered.delete(id);
    if (this.#containers.delete(id)) this.#hasNews = true;
  }

  ids(): string[] {
    return this.#containers.all().map(({ id }) => id);
  }

  /** An engine that answers for the list and not for this container leaves what was known of it. */
  put(container: Container): void {
    const before = this.#containers.get(container.id);
    const known = container.partial && before ? { ...before, state: container.state, name: container.name } : container;
    const isUnanswered = container.partial === true;
    if (this.#containers.set(known) || this.#unanswered.has(container.id) !== isUnanswered) this.#hasNews = true;
    if (isUnanswered) this.#unanswered.add(container.id);
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
    if (this.#readings.set(service, reading, readAt)) this.#hasNews = true;
  }

  reading(service: string): GatewayReading | null {
    return this.#readings.of(service);
  }

  memberReading(service: string, member: string): MemberSeen['gateway'] {
    return this.#readings.ofMember(service, member);
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

  /** @returns whether it is of a container that is known, and not of a run that is over */
  see(event: EngineEvent, now: number): boolean {
    const container = this.#containers.get(event.containerId);
    if (this.#oomEvents.note(event)) this.#hasNews = true;
    if (event.action === 'start') this.#ownEnds.forget(event.containerId);
    if (!container || isPast(event, container)) return false;
    const owner = ownerOf(this.#fleet, container);
    if (owner && !this.#ownEnds.has(event.containerId)) this.#follow(owner, event, now);
    if (event.action === 'destroy') this.#ownEnds.forget(event.containerId);
    const changed = afterEvent(container, event);
    if (changed && this.#containers.set(changed)) this.#hasNews = true;
    else if (event.action === 'destroy') this.remove(container.id);
    return true;
  }

  #follow(owner: Owner, event: EngineEvent, now: number): void {
    const key = keyOfOwner(owner);
    if (event.at <= (this.#ownUntil.get(key) ?? 0)) return;
    const signal = event.attributes['signal'] ?? '';
    const before = this.#trails.get(key) ?? noTrail;
    const after = followTrail(before, event.action, signal, now);
    this.#trails.set(key, after);
    if (after !== before) this.#hasNews = true;
  }

  containerOf(service: ServicePlan, member: MemberPlan | null): Container | null {
    return this.#containers.inPlaceOf(service, member);
  }

  observe(now: number, busy: readonly string[], loopLagMs: number): Observation {
    const services = this.#fleet.services.map((service) => this.#service(service, now));
    this.#hasNews = false;
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
    const foreign = this.#containers.foreignTo(service);
    if (foreign.length === 0) return null;
    const isHeld = service.gateway
      ? this.containerOf(service, null) !== null
      : service.members.some((member) => this.containerOf(service, member));
    return foreign.find(isUp) ?? (isHeld ? null : (foreign[0] ?? null));
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
    const gateway = this.#readings.ofMember(service.name, member.name);
    const network = service.gateway?.network.name;
    if (!container) {
      const state = this.#unanswered.has(member.containerName) ? 'unknown' : 'absent';
      return { ...absentMember(member.name), ...howItEnded(trail, now), state, gateway };
    }
    const isTold = !container.partial;
    // named one by one: spreading makes this, which is made for each decision, several times dearer
    const { ended, unclearUntil } = howItEnded(trail, now);
    const { kills, killsInWindow } = this.measured.oomKills(container);
    const { events, eventsBefore } = this.#oomEvents.of(container, windowOf(service), now);
    return {
      name: member.name,
      containerId: container.id,
      state: container.state,
      partial: !isTold || this.#unanswered.has(container.id),
      asideRuns: this.#containers.asideOf(service, member, container).some(isUp),
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
      ended,
      unclearUntil,
      gateway,
      resources: container.state === 'running' ? this.measured.resources(container) : null,
      oom: { kills, killsInWindow, events, eventsBefore },
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
    return this.#readings.checkShare(service, member);
  }

  #gateway(service: ServicePlan, now: number): GatewaySeen {
    const container = this.containerOf(service, null);
    const trail = this.#trails.get(keyOfOwner({ service: service.name, member: service.name })) ?? noTrail;
    const isUnknown = container === null && this.#unanswered.has(service.gateway?.containerName ?? '');
    return {
      state: isUnknown ? 'unknown' : gatewayState(container, this.#readings.isSilent(service.name)),
      containerId: container?.id ?? null,
      leader: this.#readings.of(service.name)?.leader ?? null,
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

function sourceOf(mount: Container['mounts'][number]): string {
  return mount.name === '' ? mount.source : mount.name;
}
