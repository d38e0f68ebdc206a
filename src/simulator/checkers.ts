/**
 * What must hold whatever happens, judged from outside: by what members really are, not by what twinhull thinks of
 * them. The asserts inside (core/invariants.ts) see a decision; these see what came of it.
 */

import type { Container } from '../ports/engine.ts';
import type { ServicePlan } from '../redundancy/fleet.ts';
import type { Ending } from '../api/supervised-project.ts';
import type { Causes } from './causes.ts';
import type { Process } from './installation.ts';
import type { Place } from './members.ts';
import type { World } from './world.ts';

export interface Violation {
  readonly at: number;
  readonly rule: string;
  readonly what: string;
}

/** A member that was well for so long has been seen well by everybody. */
const KNOWN_WELL_MS = 30_000;
/** A gateway with a well member behind it may not serve it for so long: checks, a start's grace, a second chance. */
const SERVES_AGAIN_WITHIN_MS = 90_000;
/** More ends than this in a minute, of one service, are a storm whatever the budget says. */
const STORM = 8;
/** Calls at one moment: a look at the largest project takes some hundred. */
const TOO_MANY_AT_ONCE = 20_000;
/** A command that a person gave so long ago may still be ending one member after the other. */
const COMMAND_TAKES_MS = 180_000;

const STARTING = new Set(['startContainer', 'unpauseContainer', 'restartContainer']);
const CHANGING = /^(create|start|stop|restart|kill|pause|unpause|remove|connect|disconnect|setRestart)/;
const ENDING = new Set(['stopContainer', 'killContainer', 'restartContainer', 'removeContainer', 'pauseContainer']);

export class Checkers {
  readonly violations: Violation[] = [];
  readonly #world: World;
  readonly #causes: Causes;
  /** the run that a call under way is to end, by container */
  readonly #runs = new Map<string, number>();
  /** when twinhull ended a run, by service */
  readonly #ends = new Map<string, number[]>();
  /** since when a service does not serve although it could */
  readonly #unserved = new Map<string, number>();
  readonly #told = new Set<string>();
  readonly #atOnce = { at: 0, calls: 0 };
  /** what happens from now on is noise: whatever is done to a container is done without a cause */
  isNoiseOnly = false;
  /** times that requests were sent to another member than before, by twinhull's decision */
  switches = 0;

  constructor(world: World, causes: Causes) {
    this.#world = world;
    this.#causes = causes;
    world.onCall.add((process, door, call, when, values) => {
      this.#goesOn(process, call);
      if (call === 'saveDocument' && when === 'before') this.#remembered(values[1]);
      if (door === 'gateway' && when === 'before' && call === 'lead') this.switches += 1;
      if (door !== 'engine') return;
      if (ENDING.has(call)) this.#countEnd(String(values[0]), when);
      if (when !== 'before') return;
      if (STARTING.has(call)) this.#starting(process, call, String(values[0]));
      if (ENDING.has(call)) this.#ending(process, call, String(values[0]));
      if (this.isNoiseOnly && CHANGING.test(call)) this.#changing(process, call, String(values[0]));
    });
    world.onEnd.add((ending) => this.#ended(ending));
  }

  /** A process that never waits keeps the virtual time where it is, for ever: it is ended, so that the run has an end. */
  #goesOn(process: Process, call: string): void {
    const now = this.#world.clock.monotonic();
    if (this.#atOnce.at !== now) Object.assign(this.#atOnce, { at: now, calls: 0 });
    this.#atOnce.calls += 1;
    if (this.#atOnce.calls <= TOO_MANY_AT_ONCE) return;
    this.#once('time goes on', `${process.name}: ${call} again and again, without a pause`);
    this.#atOnce.calls = 0;
    const { twinhull } = this.#world;
    if (twinhull.process === process) twinhull.kill(false);
    else process.life.kill();
  }

  /** What must hold for every decision is checked where it is made; here it is only told. */
  #remembered(saved: unknown): void {
    const memory: unknown = isObject(saved) ? saved['memory'] : null;
    const broken: unknown = isObject(memory) ? memory['brokenRule'] : '';
    if (typeof broken === 'string' && broken !== '') this.#once('invariants', broken);
  }

  /** Ends nothing that is well without a cause, and never the last one that serves. */
  #ending(process: Process, call: string, id: string): void {
    const { members, engine } = this.#world;
    const container = engine.containers().find((one) => one.id === id);
    const place = container && members.places.get(container.name);
    if (!container || !place || container.state !== 'running') return;
    if (call === 'pauseContainer' && place.service.policy.standby === 'warm') return;
    const { name } = place.member;
    const service = place.service.name;
    const now = this.#world.clock.now();
    const wellSince = members.wellSince(name);
    const isKnownWell = wellSince !== null && now - wellSince >= KNOWN_WELL_MS;
    if (isKnownWell && !this.#causes.explains(name, now) && !this.#isSecondOfCold(place))
      this.#violated('no action without cause', `${process.name}: ${call} of ${name}, which is well`);
    const others = place.service.members.filter(
      (other) => other.name !== name && members.conditionOf(other.name) === 'up',
    );
    const isCovered = others.length > 0 || place.service.gateway === null;
    if (isKnownWell && !isCovered && !this.#causes.explains(name, now))
      this.#violated(
        'never the last one',
        `${process.name}: ${call} of ${name}, the last one of ${service} that serves`,
      );
  }

  /** Of a cold pair one works: the other is stopped, whoever started it. */
  #isSecondOfCold({ service, member }: Place): boolean {
    const others = service.members.filter(
      ({ name, containerName }) => name !== member.name && this.#runningNamed(containerName).length > 0,
    );
    return service.policy.standby === 'cold' && others.length > 0;
  }

  /** A paused standby that wakes and rests again is traffic that moves. */
  #changing(process: Process, call: string, id: string): void {
    const { members, engine } = this.#world;
    const name = engine.containers().find((one) => one.id === id)?.name ?? id;
    const isWarm = members.places.get(name)?.service.policy.standby === 'warm';
    if (isWarm && (call === 'pauseContainer' || call === 'unpauseContainer')) this.switches += 1;
    else this.#violated('no false action', `${process.name}: ${call} of ${name}, and nothing is broken`);
  }

  /** A request failed that could have been answered. */
  lost(service: string, what: string): void {
    this.#once(`no request lost of ${service}`, what);
  }

  /** What the engine refused has ended nothing. */
  #countEnd(id: string, when: 'before' | 'after'): void {
    const container = this.#world.engine.containers().find((one) => one.id === id);
    const run = container?.state === 'running' || container?.state === 'paused' ? container.startedAt : 0;
    if (when === 'before') {
      if (run !== 0) this.#runs.set(id, run);
      return;
    }
    const ended = this.#runs.get(id);
    this.#runs.delete(id);
    const service = container && this.#world.members.places.get(container.name)?.service.name;
    if (service !== undefined && ended !== undefined && ended !== run) this.#noteEnd(service);
  }

  #noteEnd(service: string): void {
    const now = this.#world.clock.now();
    const ends = (this.#ends.get(service) ?? []).filter((at) => at > now - 60_000);
    ends.push(now);
    this.#ends.set(service, ends);
    const { commandsAt } = this.#world;
    const commands = commandsAt.filter((at) => at > now - COMMAND_TAKES_MS).length;
    if (ends.length > STORM + commands * this.#world.service(service).members.length)
      this.#violated('no storm', `${ends.length} ends of members of ${service} within a minute`);
  }

  #ended(ending: Ending): void {
    if (ending.why === 'failed') this.#violated('no defect', `the supervisor fails: ${String(ending.error)}`);
  }

  /** Whoever starts one that writes has seen that the other one does not run. A person may do otherwise; we do not. */
  #starting(process: Process, call: string, id: string): void {
    const container = this.#world.engine.containers().find((one) => one.id === id);
    const place = container && this.#world.members.places.get(container.name);
    if (!place?.service.policy.oneWriter) return;
    const others = place.service.members.filter(({ name }) => name !== place.member.name);
    const running = others.flatMap(({ containerName }) => this.#runningNamed(containerName));
    if (running.length > 0)
      this.#violated(
        'one writer',
        `${process.name}: ${call} of ${place.member.name} while ${running.map(({ name }) => name).join(' and ')} runs`,
      );
  }

  #runningNamed(name: string): Container[] {
    const container = this.#world.engine.containerNamed(name);
    const runs = container?.state === 'running' || container?.state === 'paused';
    return container && runs ? [container] : [];
  }

  /** Called when the world has come to rest at a moment. */
  look(): void {
    for (const { name, gateway } of this.#world.fleet.services) if (gateway) this.#lookAtService(name);
  }

  /** Behind a gateway that works, a member that is well serves before long, also with nobody supervising. */
  #lookAtService(service: string): void {
    const { clock, members } = this.#world;
    const now = clock.now();
    if (this.#world.isServing(service) || !this.#couldServe(service)) {
      this.#unserved.delete(service);
      return;
    }
    const since = this.#unserved.get(service) ?? now;
    this.#unserved.set(service, since);
    const longest = Math.max(
      0,
      ...this.#world.service(service).members.map(({ name }) => now - (members.wellSince(name) ?? now)),
    );
    if (now - since < SERVES_AGAIN_WITHIN_MS || longest < SERVES_AGAIN_WITHIN_MS) return;
    this.#once(
      'serving',
      `${service} does not serve for ${Math.round((now - since) / 1000)} s, although a member is well`,
    );
  }

  #couldServe(service: string): boolean {
    const { members, twinhull } = this.#world;
    const gateway = this.#world.gatewayContainer(service);
    const plan = this.#world.service(service);
    const network = plan.gateway?.network.name ?? '';
    if (gateway?.state !== 'running' || !(network in gateway.networks)) return false;
    const { process } = twinhull;
    if (process?.life.isRunning !== true || process.project.isIdle()) return false;
    return plan.members.some(({ name }) => members.isWell(name));
  }

  /** Long after the last fault: everything is as the plan wants it. */
  atEnd(): void {
    for (const what of this.unrepaired()) this.#violated('repaired at the end', what);
  }

  /** What is not as the plan wants it, for a person. */
  unrepaired(): string[] {
    const { fleet, twinhull } = this.#world;
    const nobody = twinhull.process ? [] : ['nobody supervises'];
    return [...nobody, ...fleet.services.flatMap((service) => this.#unrepairedOf(service))];
  }

  #unrepairedOf({ name, members: planned, gateway, mode, policy }: ServicePlan): string[] {
    const amiss: string[] = [];
    if (!this.#world.isServing(name) && !planned.every((member) => this.#isCompleted(member.name)))
      amiss.push(`${name} does not serve`);
    if (gateway && this.#world.gatewayContainer(name)?.state !== 'running')
      amiss.push(`the gateway of ${name} does not run`);
    const well = planned.filter((member) => this.#isAsWanted(member.name)).length;
    const wanted = mode !== 'single' && policy.standby === 'cold' ? 1 : planned.length;
    if (well !== wanted) amiss.push(`${well} of ${planned.length} members of ${name} are well, ${wanted} should be`);
    return amiss;
  }

  #isAsWanted(member: string): boolean {
    const { members } = this.#world;
    const isWarm = members.place(member).service.policy.standby === 'warm';
    const waits = isWarm && members.container(member)?.state === 'paused';
    return members.isWell(member) || waits || this.#isCompleted(member);
  }

  /** Has done its work, as the project understands it. */
  #isCompleted(member: string): boolean {
    const container = this.#world.members.container(member);
    return (
      this.#world.members.place(member).service.completes && container?.state === 'exited' && container.exitCode === 0
    );
  }

  #once(rule: string, what: string): void {
    const key = `${rule} ${what.split(' ')[0]}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#violated(rule, what);
  }

  #violated(rule: string, what: string): void {
    this.violations.push({ at: this.#world.clock.monotonic(), rule, what });
    this.#world.trace.say('VIOLATED', `${rule}: ${what}`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
