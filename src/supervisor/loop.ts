/**
 * observe -> decide -> record -> act. Everything that is said or seen leads to a decision at once, in the same
 * turn of the event loop: from a gateway's word that a check has failed to the command that moves traffic
 * there is no queue, no tick and no list in between. Deciding is synchronous and takes microseconds; acting is
 * not waited for.
 */

import { isEffect, isTraffic, keyOf, type Action, type EffectAction } from '../core/actions.ts';
import type { CoreModel } from '../core/decide.ts';
import { heed } from '../core/freeze.ts';
import { decideGuarded } from '../core/guard.ts';
import { emptyMemory, resumed, type Memory } from '../core/memory.ts';
import type { Order, Signal, Verdict } from '../core/model.ts';
import { explain, type Explanation } from '../core/why.ts';
import { TwinhullError } from '../errors.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Fleet, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { Actor, type Ended } from './act.ts';
import { Alarm } from './alarm.ts';
import { BusyServices } from './busy.ts';
import { Gateways } from './gateways.ts';
import { Measuring } from './measuring.ts';
import { modelOf } from './model.ts';
import { Observer } from './observe.ts';
import { toldBy } from './order.ts';
import { contradicts } from './news.ts';
import { keyOfOwner } from './owners.ts';
import type { SupervisorHandle, SupervisorParts } from './parts.ts';
import { Picture } from './picture.ts';
import { forgetProject, Recorder, savedMemory } from './record.ts';
import { restartedWith, restartMembers, restartTarget } from './restart.ts';
import { statusOf, type ProjectStatus } from './status.ts';
import { Switching, type Switch } from './switch.ts';
import { recordedFirst } from './write-ahead.ts';

type Ending = { readonly ended: 'stopped' | 'gone' };

export class Supervisor implements SupervisorHandle {
  readonly #parts: SupervisorParts;
  readonly #picture: Picture;
  readonly #observer: Observer;
  readonly #measuring: Measuring;
  readonly #gateways: Gateways;
  readonly #recorder: Recorder;
  readonly #actor: Actor;
  readonly #alarm: Alarm;
  /** aborted when run() ends, for whatever reason */
  readonly #over = new AbortController();
  readonly #busy = new BusyServices();
  readonly #switching: Switching;
  readonly #firstLook = Promise.withResolvers<void>();
  #fleet: Fleet;
  #model: CoreModel;
  #memory: Memory;
  #signals: Signal[] = [];
  #running = false;
  #isSeen = false;
  /** the last decision came to nothing */
  #isCalm = true;
  #gone = false;
  #defect: unknown = null;
  #lagMs = 0;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    const { fleet, engine, clock, store, log, meter, openGateway, ownEnds, prober, rebuild } = parts;
    this.#fleet = fleet;
    this.#model = modelOf(fleet);
    this.#alarm = new Alarm(clock, (lateMs) => this.#due(lateMs));
    this.#picture = new Picture(fleet, ownEnds);
    const picture = this.#picture;
    const onMeasured = (): void => void this.#step();
    this.#measuring = new Measuring({ meter, prober, engine, clock, picture, fleet: () => this.#fleet, onMeasured });
    picture.measured = this.#measuring;
    const saved = savedMemory(store);
    this.#memory = saved ? resumed(saved.memory, clock.now()) : emptyMemory();
    this.#observer = new Observer(
      {
        engine,
        clock,
        picture,
        project: fleet.project,
        onLook: () => this.#looked(),
        onRead: (service) => this.#wasRead(service),
        onEngineLost: (why) => this.#engineLost(why),
        onEngineBack: () => this.#engineBack(),
      },
      saved?.lastEventAt ?? 0,
    );
    this.#gateways = new Gateways({
      openGateway,
      onSignal: (signal) => this.#say(signal),
      onStarted: (service, gateway) => this.#read(service, gateway),
      onDefect: (error) => this.#fail(error),
    });
    const countersOf = (service: string) => picture.reading(service)?.counters ?? null;
    this.#recorder = new Recorder({ store, clock, log, countersOf, failpoint: parts.failpoint });
    this.#switching = new Switching({
      clock,
      memory: () => this.#memory,
      ask: (signal) => void this.#say(signal),
      signal: this.#over.signal,
    });
    this.#actor = new Actor({
      engine,
      clock,
      rebuild,
      fleet: () => this.#fleet,
      gateway: (service) => this.#gateways.get(service),
      containerOf: (service, member) => picture.containerOf(service, member),
    });
  }

  async run(signal: AbortSignal): Promise<Ending> {
    if (this.#running) throw new TwinhullError('TH_INTERNAL', 'a supervisor runs once');
    this.#running = true;
    const end = (): void => this.#over.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      this.#resume();
      this.#gateways.fit(this.#fleet);
      await Promise.all([
        this.#observer.follow(this.#over.signal).catch((error: unknown) => this.#fail(error)),
        this.#measuring.run(this.#over.signal).catch((error: unknown) => this.#fail(error)),
        this.#tick(),
      ]);
    } finally {
      signal.removeEventListener('abort', end);
      this.#over.abort();
      this.#alarm.cancel();
      this.#gateways.close();
      await this.#actor.idle();
    }
    return this.#ending(signal);
  }

  async #ending(signal: AbortSignal): Promise<Ending> {
    if (this.#defect !== null) throw this.#defect;
    if (!this.#gone) {
      this.#save();
      this.#recorder.say('supervisor', 'supervising ends; gateways go on checking and failing over by themselves');
      return { ended: 'stopped' };
    }
    this.#recorder.say('supervisor', 'the project was taken down; supervising ends');
    if (this.#picture.ids().length > 0) await this.#parts.rebuild.clearAway(signal);
    forgetProject(this.#parts.store, this.#parts.clock.now());
    return { ended: 'gone' };
  }

  /** What the last supervisor left in the middle is not what somebody asked for; the decision does the rest. */
  #resume(): void {
    const now = this.#parts.clock.now();
    const left = this.#recorder.abandonPending();
    for (const effect of left) if (!isTraffic(effect)) this.#picture.resumeOwn(keyOfOwner(effect), now);
    const more =
      left.length === 0
        ? ''
        : `; the last one ended in the middle of ${left.length} actions, which are looked at again`;
    this.#recorder.say('supervisor', `supervising ${this.#fleet.services.length} services${more}`);
  }

  /** Every monitoring interval everything is looked at anew, whatever the events said. */
  async #tick(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#over;
    while (!signal.aborted) {
      await clock.sleep(this.#fleet.policy.monitoringIntervalMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#lookAtAll();
      this.#parts.store.catchUp();
      // also without news: should ever a time have come that nobody asked to be woken at, it is late by this at most
      this.#step();
      if (!this.#isSeen) continue;
      this.#recorder.tick(this.#memory, this.#fleet.policy);
      this.#save();
      this.#tellOfRecord();
    }
  }

  #read(service: string, gateway: Gateway): void {
    if (!this.#over.signal.aborted) void this.#observer.readGateway(service, gateway, this.#over.signal);
  }

  /** What was decided last is news to the next decision, too. */
  get #hasNews(): boolean {
    return this.#picture.hasNews || !this.#isCalm;
  }

  #looked(): void {
    if (this.#hasNews) this.#step();
  }

  #wasRead(service: string): void {
    const memory = this.#memory.services[service];
    if (!memory || this.#hasNews || contradicts(this.#picture, service, memory)) this.#step();
  }

  #say(signal: Signal): readonly Action[] {
    this.#signals.push(signal);
    return this.#step();
  }

  #engineLost(why: string): void {
    this.#recorder.say('engine', `the engine does not answer (${why}); nothing is concluded from that`);
    this.#say({ kind: 'engine_lost' });
  }

  #engineBack(): void {
    if (this.#isSeen) this.#recorder.say('engine', 'the engine answers again');
    this.#isSeen = true;
    const { signal } = this.#over;
    void this.#observer.readGateways(this.#gateways.all(), signal).then(() => this.#firstLook.resolve());
    this.#step();
  }

  /** A broken invariant ends the supervisor, loudly; gateways go on by themselves. */
  #fail(error: unknown): void {
    this.#defect ??= error;
    this.#over.abort();
  }

  /** One decision. @returns what it came to */
  #step(): readonly Action[] {
    if (!this.#isSeen || this.#over.signal.aborted) return [];
    try {
      const { clock } = this.#parts;
      const now = clock.now();
      const signals = this.#signals.splice(0);
      const observation = this.#picture.observe(now, this.#busy.names(), this.#lagMs);
      const { decide } = this.#parts;
      const { decision, begun } = recordedFirst(this.#parts.store, this.#recorder, signals, (said) =>
        decideGuarded(this.#model, this.#memory, observation, said, now, decide),
      );
      this.#memory = decision.memory;
      for (const action of decision.actions) if (!isEffect(action)) this.#recorder.note(action);
      for (const { effect, id } of begun) this.#start(effect, id);
      this.#isCalm = decision.actions.length === 0;
      if (!this.#isCalm) this.#save();
      if (decision.gone) {
        this.#gone = true;
        this.#over.abort();
      } else {
        this.#alarm.setFor(decision.wakeAt);
      }
      this.#tellOfRecord();
      return decision.actions;
    } catch (error) {
      this.#fail(error);
      return [];
    }
  }

  /** What the store has found out, said to the next decision. */
  #tellOfRecord(): void {
    const { unrecorded, lost } = this.#parts.store;
    const isKnown = this.#memory.unrecorded !== undefined;
    if (unrecorded && !isKnown) this.#say({ kind: 'record_lost', reason: unrecorded.reason });
    if (!unrecorded && isKnown) this.#say({ kind: 'record_kept', lost });
  }

  #start(effect: EffectAction, id: number): void {
    if (!isTraffic(effect)) this.#picture.forgetTrail(keyOfOwner(effect));
    void this.#actor
      .carryOut(effect, this.#over.signal)
      .then(async (ended) => {
        this.#parts.failpoint?.('after-action');
        await this.#lookAfter(effect);
        this.#ended(id, effect, ended);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  /** What has become of it is seen before it is judged. */
  async #lookAfter(effect: EffectAction): Promise<void> {
    const { signal } = this.#over;
    if (signal.aborted) return;
    const gateway = this.#gateways.get(effect.service);
    const reads = gateway ? this.#observer.readGateway(effect.service, gateway, signal) : Promise.resolve();
    const lists = isTraffic(effect) ? Promise.resolve() : this.#observer.refresh(signal).catch(() => undefined);
    await Promise.all([reads, lists]);
    if (!isTraffic(effect)) await this.#lookAtOwn(effect);
  }

  /** An event of its end that comes late, when its start was not told yet, must not be what counts. */
  async #lookAtOwn({ service, member }: EffectAction): Promise<void> {
    const plan = this.#fleet.services.find(({ name }) => name === service);
    const planned = plan?.members.find(({ name }) => name === member);
    const container = plan && planned ? this.#picture.containerOf(plan, planned) : null;
    if (container) await this.#observer.inspect(container.id, this.#over.signal);
  }

  #ended(id: number, effect: EffectAction, { outcome, missedCheck, detail }: Ended): void {
    if (this.#over.signal.aborted && outcome !== 'done') return; // stays in the journal as pending
    this.#recorder.ended(id, effect, outcome, detail);
    const key = keyOf(effect);
    this.#switching.ended(key, { outcome, missedCheck, detail });
    this.#say({ kind: 'action_ended', key, service: effect.service, outcome, missedCheck, detail });
  }

  #save(): void {
    this.#recorder.saveMemory({ memory: this.#memory, lastEventAt: this.#observer.lastEventAt });
  }

  #due(lateMs: number): void {
    this.#lagMs = lateMs;
    this.#readTroubled();
    this.#step();
  }

  /** While something is unsure, its gateway and the engine are asked again: an event may have been lost. */
  #readTroubled(): void {
    for (const [service, gateway] of this.#gateways.all()) {
      const members = Object.values(this.#memory.services[service]?.members ?? {});
      if (!members.some(({ verdict }) => isUnsure(verdict))) continue;
      this.#read(service, gateway);
      for (const { verdict, containerId } of members) {
        if (isUnsure(verdict) && containerId !== null) void this.#observer.inspect(containerId, this.#over.signal);
      }
    }
  }

  whenSeen(): Promise<void> {
    return this.#firstLook.promise;
  }

  status(): ProjectStatus {
    return statusOf(this.#fleet, this.#memory, this.#picture, this.#parts.store, true);
  }

  setFleet(fleet: Fleet): void {
    this.#fleet = fleet;
    this.#model = modelOf(fleet);
    this.#picture.setFleet(fleet);
    if (!this.#running || this.#over.signal.aborted) return;
    this.#gateways.fit(fleet);
    for (const [service, gateway] of this.#gateways.all()) this.#read(service, gateway);
    this.#say({ kind: 'up_asked', services: fleet.services.map(({ name }) => name) });
  }

  async withBusy<Result>(services: readonly string[], work: () => Promise<Result>): Promise<Result> {
    this.#busy.hold(services);
    for (const owner of this.#ownersIn(services)) this.#picture.forgetTrail(owner);
    try {
      return await work();
    } finally {
      await this.#lookAtAll();
      this.#busy.release(services);
      this.#presumeFailed(services);
      this.#step();
    }
  }

  /** What does not run by now should, unless somebody stopped it meanwhile. */
  #presumeFailed(services: readonly string[]): void {
    const now = this.#parts.clock.now();
    for (const owner of this.#ownersIn(services)) this.#picture.presumeFailed(owner, now);
  }

  #ownersIn(services: readonly string[]): string[] {
    return this.#fleet.services
      .filter(({ name }) => services.includes(name))
      .flatMap(({ name, members }) =>
        [name, ...members.map((member) => member.name)].map((member) => `${name}/${member}`),
      );
  }

  async #lookAtAll(): Promise<void> {
    const { signal } = this.#over;
    if (!this.#running || signal.aborted) return;
    await this.#observer.lookAt(this.#gateways.all(), signal).catch((error: unknown) => this.#fail(error));
  }

  async failover(service: string, to?: string): Promise<Switch> {
    return await this.#switching.carryOut(this.#plan(service), this.#gateways.get(service), to);
  }

  announceDrill(service: string, member: string, forMs: number): void {
    if (forMs > 0) this.#recorder.say('drill', `${member} is broken on purpose: a drill`, service);
    this.#say({ kind: 'drill_announced', service, member, until: this.#parts.clock.now() + forMs });
    this.#save();
  }

  why(name: string): Explanation | null {
    return explain(this.#model, this.#memory, name, this.#parts.clock.now());
  }

  order(order: Order): string[] {
    const told = toldBy(this.#isSeen ? this.#say(order) : this.#heed(order));
    this.#save();
    return told;
  }

  /** Nothing was seen yet, so that nothing can be decided: it counts from the first decision on. */
  #heed(order: Order): readonly Action[] {
    const { memory, notes } = heed(this.#model.services, this.#memory, order, this.#parts.clock.now());
    this.#memory = memory;
    for (const note of notes) this.#recorder.note(note);
    return notes;
  }

  async restart(target: string, onStep: (line: string) => void = () => undefined): Promise<void> {
    const { plan, members } = restartTarget(target, this.#fleet);
    const followers = restartedWith(plan.name, this.#fleet.services);
    const services = [plan, ...followers].map(({ name }) => name);
    await this.withBusy(services, async () => {
      this.#say({ kind: 'up_asked', services });
      await this.#restartOne(plan, members, onStep);
      for (const follower of followers) await this.#restartOne(follower, follower.members, onStep);
    });
  }

  #restartOne(plan: ServicePlan, members: readonly MemberPlan[], onStep: (line: string) => void): Promise<void> {
    return restartMembers(plan, members, {
      engine: this.#parts.engine,
      clock: this.#parts.clock,
      gateway: this.#gateways.get(plan.name),
      containerOf: (member) => this.#picture.containerOf(plan, member),
      project: this.#fleet.project,
      leader: this.#memory.services[plan.name]?.leader ?? null,
      say: (line) => {
        this.#recorder.say('restart', line, plan.name);
        onStep(line);
      },
      signal: this.#over.signal,
    });
  }

  #plan(service: string): ServicePlan {
    const plan = this.#fleet.services.find(({ name }) => name === service);
    if (!plan) throw new TwinhullError('TH_UNKNOWN_NAME', `no service is called ${service}`);
    return plan;
  }
}

function isUnsure(verdict: Verdict): boolean {
  return verdict === 'suspect' || verdict === 'starting' || verdict === 'unhealthy';
}
