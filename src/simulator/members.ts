/**
 * What members are really like, whatever anybody thinks of them: their processes start, hang, fall ill and get well.
 * Gateways meet it, the engine's health checks meet it, checkers judge by it.
 */

import type { MemoryClock } from '../adapters/memory/clock.ts';
import type { MemoryEngine } from '../adapters/memory/engine.ts';
import type { MemberCondition } from '../adapters/memory/gateway.ts';
import type { MemoryMeter, Use } from '../adapters/memory/meter.ts';
import type { Container, EngineEvent } from '../ports/engine.ts';
import type { Fleet, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import type { Random } from './random.ts';

/** Something wrong with a member for a while. */
export interface Ailment {
  readonly member: string;
  /** how it is met; absent: as without it */
  readonly condition?: MemberCondition;
  /** it is met like that only when it has gone on, or run, for so long; absent: at once */
  readonly conditionAfterMs?: number;
  /** over with the run it fell upon, as a hang is; else it stays, as a bad network does */
  readonly endsWithRun?: boolean;
  /** over when its container gets another place on a network */
  readonly endsWithPlace?: boolean;
  /** each run is ready only after this long */
  readonly startsInMs?: number;
  /** each run ends by itself after this long, with this code */
  readonly dies?: { readonly afterMs: number; readonly exitCode: number; readonly outOfMemory?: boolean };
  /** what it uses of its resources, by how long it has gone on in this run */
  readonly uses?: (forMs: number) => Use;
  /** it answers this share of its requests with an error, and quickly, whatever its check says */
  readonly errorShare?: number;
  /** its probes inside fail, whatever its gateway sees */
  readonly failsProbes?: boolean;
}

interface Held extends Ailment {
  readonly since: number;
}

export interface Place {
  readonly service: ServicePlan;
  readonly member: MemberPlan;
}

export interface MembersParts {
  readonly engine: MemoryEngine;
  readonly clock: MemoryClock;
  readonly random: Random;
  readonly meter: MemoryMeter;
  readonly fleet: Fleet;
  /** a service's members are not what they were */
  readonly onChange: (service: string) => void;
  /** another run of a member has begun */
  readonly onBegin: (member: string, container: Container) => void;
}

const PROBES_UNTIL_UNHEALTHY = 3;

export class Members {
  readonly #parts: MembersParts;
  /** by container name */
  readonly places: ReadonlyMap<string, Place>;
  readonly #byName: ReadonlyMap<string, Place>;
  readonly #ailments = new Set<Held>();
  /** when the current run of a container is ready, by container name */
  readonly #readyAt = new Map<string, number>();
  readonly #probesFailed = new Map<string, number>();
  /** since when each member is truly well, by name */
  readonly #wellSince = new Map<string, number>();

  constructor(parts: MembersParts) {
    this.#parts = parts;
    const all = parts.fleet.services.flatMap((service) => service.members.map((member) => ({ service, member })));
    this.places = new Map(all.map((place) => [place.member.containerName, place]));
    this.#byName = new Map(all.map((place) => [place.member.name, place]));
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  place(member: string): Place {
    const found = this.#byName.get(member);
    if (!found) throw new Error(`no member ${member}`);
    return found;
  }

  container(member: string): Container | null {
    return this.#parts.engine.containerNamed(this.place(member).member.containerName);
  }

  /** @returns ends it */
  ail(ailment: Ailment): () => void {
    const { member, conditionAfterMs } = ailment;
    const held = { ...ailment, since: this.#parts.clock.now() };
    this.#ailments.add(held);
    if (this.container(member)?.state === 'running') this.#dieInTime(member, this.#runOf(member), held);
    if (conditionAfterMs !== undefined) this.#parts.clock.timer(conditionAfterMs, () => this.#changed(member));
    this.#changed(member);
    return () => {
      if (this.#ailments.delete(held)) this.#changed(member);
    };
  }

  conditionOf(member: string): MemberCondition {
    const { service } = this.place(member);
    const container = this.container(member);
    if (!container || (container.state !== 'running' && container.state !== 'paused')) return 'refusing';
    const network = service.gateway?.network.name;
    if (network !== undefined && !(network in container.networks)) return 'unreachable';
    if (container.state === 'paused') return 'hung';
    const worst = this.#ailing(member).find((ailment) => this.#isMet(ailment, container))?.condition;
    if (this.#parts.clock.now() < (this.#readyAt.get(container.name) ?? 0)) return 'refusing';
    return worst ?? 'up';
  }

  #isMet(ailment: Held, container: Container): boolean {
    return ailment.condition !== undefined && this.#goesOnFor(ailment, container) >= (ailment.conditionAfterMs ?? 0);
  }

  /** In this run of the container. */
  #goesOnFor({ since }: Held, { startedAt }: Container): number {
    return this.#parts.clock.now() - Math.max(since, startedAt);
  }

  /** Runs, is ready, and nothing ails it. */
  isWell(member: string): boolean {
    return this.conditionOf(member) === 'up' && !this.#ailing(member).some(({ failsProbes }) => failsProbes);
  }

  errorShareOf(member: string): number {
    return Math.max(0, ...this.#ailing(member).map(({ errorShare }) => errorShare ?? 0));
  }

  /** null: it is not */
  wellSince(member: string): number | null {
    return this.#wellSince.get(member) ?? null;
  }

  see(event: EngineEvent): void {
    const place = this.places.get(event.attributes['name'] ?? '') ?? this.#placeOf(event);
    if (!place) return;
    const { name } = place.member;
    if (event.action === 'start') this.#begin(name, event.containerId);
    if (event.type === 'network') this.#forget(name, ({ endsWithPlace }) => endsWithPlace === true);
    // the engine tells before it has finished: what it says of itself is true a moment later
    queueMicrotask(() => {
      const container = event.action === 'start' ? this.container(name) : null;
      if (container) this.#parts.onBegin(name, container);
      this.#changed(name);
    });
  }

  #placeOf(event: EngineEvent): Place | undefined {
    if (event.type !== 'network') return undefined;
    const container = this.#parts.engine.containers().find(({ id }) => id === event.containerId);
    return container && this.places.get(container.name);
  }

  #begin(member: string, id: string): void {
    const { clock, random, meter } = this.#parts;
    const { containerName } = this.place(member).member;
    this.#forget(member, ({ endsWithRun }) => endsWithRun === true);
    const ailing = this.#ailing(member);
    const slow = Math.max(0, ...ailing.map(({ startsInMs }) => startsInMs ?? 0));
    const startMs = Math.max(slow, random.whole(50, 3000));
    this.#readyAt.set(containerName, clock.now() + startMs);
    clock.timer(startMs, () => this.#changed(member));
    this.#probesFailed.set(member, 0);
    meter.set(id, () => this.#useOf(member, id));
    const run = `${id} ${clock.now()}`;
    for (const ailment of ailing) {
      this.#dieInTime(member, run, ailment);
      if (ailment.conditionAfterMs !== undefined) clock.timer(ailment.conditionAfterMs, () => this.#changed(member));
    }
    this.#probeLater(member, run);
  }

  #forget(member: string, isOver: (ailment: Held) => boolean): void {
    for (const ailment of this.#ailing(member)) if (isOver(ailment)) this.#ailments.delete(ailment);
  }

  /** This run ends by itself, unless it is cured before. */
  #dieInTime(member: string, run: string, ailment: Held): void {
    const { clock, engine } = this.#parts;
    const { dies } = ailment;
    if (!dies) return;
    clock.timer(dies.afterMs, () => {
      const container = this.container(member);
      if (container?.state !== 'running' || this.#runOf(member) !== run || !this.#ailments.has(ailment)) return;
      engine.crash(container.id, dies.exitCode, { outOfMemory: dies.outOfMemory === true });
    });
  }

  /** null: nothing that anybody should notice */
  #useOf(member: string, id: string): Use | null {
    const container = this.container(member);
    const users = this.#ailing(member).filter(({ uses }) => uses !== undefined);
    if (container?.id !== id || users.length === 0) return null;
    return Object.assign({}, ...users.map((ailment) => ailment.uses?.(this.#goesOnFor(ailment, container))));
  }

  /** As the engine probes by itself, at the project's interval. */
  #probeLater(member: string, run: string): void {
    const interval = this.place(member).member.spec.Healthcheck?.Interval;
    if (interval === undefined) return;
    this.#parts.clock.timer(interval / 1e6, () => {
      if (this.#runOf(member) !== run) return;
      this.#probe(member);
      this.#probeLater(member, run);
    });
  }

  #probe(member: string): void {
    const container = this.container(member);
    if (container?.state !== 'running') return;
    const inside = this.#ailing(member).some(
      (ailment) =>
        ailment.failsProbes ||
        (this.#isMet(ailment, container) && (ailment.condition === 'hung' || ailment.condition === 'sick')),
    );
    const isReady = this.#parts.clock.now() >= (this.#readyAt.get(container.name) ?? 0);
    const failed = inside || !isReady ? (this.#probesFailed.get(member) ?? 0) + 1 : 0;
    this.#probesFailed.set(member, failed);
    if (failed === 0 && container.health !== 'healthy') this.#parts.engine.setHealth(container.id, 'healthy');
    if (failed >= PROBES_UNTIL_UNHEALTHY) this.#parts.engine.setHealth(container.id, 'unhealthy', 'no answer');
  }

  #ailing(member: string): Held[] {
    return [...this.#ailments].filter((ailment) => ailment.member === member);
  }

  #runOf(member: string): string {
    const container = this.container(member);
    return container ? `${container.id} ${container.startedAt}` : '';
  }

  #changed(member: string): void {
    if (!this.isWell(member)) this.#wellSince.delete(member);
    else if (!this.#wellSince.has(member)) this.#wellSince.set(member, this.#parts.clock.now());
    this.#parts.onChange(this.place(member).service.name);
  }
}
