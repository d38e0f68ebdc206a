/** The virtual host: an engine, its containers, gateways, a clock, and twinhull on it. */

import { MemoryClock } from '../adapters/memory/clock.ts';
import { plainImage } from '../adapters/memory/engine-images.ts';
import { MemoryEngine } from '../adapters/memory/engine.ts';
import { MemoryFiles } from '../adapters/memory/files.ts';
import { MemoryGatewayDriver, type MemoryGateway } from '../adapters/memory/gateway.ts';
import { MemoryMeter } from '../adapters/memory/meter.ts';
import { MemoryProber } from '../adapters/memory/prober.ts';
import type { Ending } from '../api/supervised-project.ts';
import type { Project, Service } from '../compose/project.ts';
import type { Container, EngineEvent, Image } from '../ports/engine.ts';
import type { Fleet, ServicePlan } from '../redundancy/fleet.ts';
import { planFleet } from '../redundancy/plan.ts';
import { gatewayFolder } from '../state-folder.ts';
import { Daemon } from './daemon.ts';
import { Installation, STATE_FOLDER, type Process } from './installation.ts';
import type { Witness } from './life.ts';
import { Members } from './members.ts';
import { Random } from './random.ts';
import { Signs } from './signs.ts';
import { Trace } from './trace.ts';

export interface WorldOptions {
  readonly seed: string;
  readonly project: Project;
}

/** Calls of twinhull's processes, for whoever watches them. */
export type CallListener = (process: Process, ...call: Parameters<Witness>) => void;

export class World {
  readonly clock = new MemoryClock();
  readonly random: Random;
  readonly trace: Trace;
  readonly engine: MemoryEngine;
  readonly daemon: Daemon;
  readonly files = new MemoryFiles();
  readonly meter = new MemoryMeter(this.clock);
  readonly prober = new MemoryProber();
  readonly driver: MemoryGatewayDriver;
  readonly fleet: Fleet;
  readonly members: Members;
  readonly twinhull: Installation;
  readonly onCall = new Set<CallListener>();
  readonly onEnd = new Set<(ending: Ending) => void>();
  #project: Project;
  readonly #images: ReadonlyMap<string, Image>;
  readonly #signs: Signs;
  #lostChecks = 0;
  readonly #losses: Random;
  /** which run of its container each gateway is; '': it does not run */
  readonly #gatewayRuns = new Map<string, string>();
  /** inside its container */
  readonly #gatewayCrashes = new Map<string, number>();
  isEngineThere = true;
  /** when people gave commands of ours */
  readonly commandsAt: number[] = [];
  /** somebody ended something and nobody saw it: that it was no request, only a person can say */
  needsUp = false;

  constructor({ seed, project }: WorldOptions) {
    this.random = new Random(seed);
    this.#losses = this.random.fork('losses');
    this.trace = new Trace(() => this.clock.monotonic());
    const pace = this.random.fork('pace');
    this.engine = new MemoryEngine({
      clock: this.clock,
      id: 'sim',
      startTakesMs: () => pace.whole(80, 400),
      onEvent: (event) => this.#seen(event),
    });
    this.daemon = new Daemon(this.engine, this.clock, this.random.fork('daemon'));
    this.driver = new MemoryGatewayDriver({
      clock: this.clock,
      conditionOf: (member) => this.members.conditionOf(member),
      isTold: true,
      checksUntilLost: () => this.#losses.triesUntil(this.#lostChecks),
    });
    const references = [...new Set(Object.values(project.services).flatMap(({ image }) => image ?? []))];
    const image = (reference: string) => plainImage({ id: `sha256:${reference}`, cmd: ['serve'] });
    for (const name of [...references, 'memory/gateway:1']) this.engine.addImage(name, image(name));
    this.#project = project;
    this.#images = new Map(references.map((name) => [name, image(name)]));
    this.fleet = this.#plan();
    this.members = new Members({
      engine: this.engine,
      clock: this.clock,
      random: this.random.fork('members'),
      meter: this.meter,
      fleet: this.fleet,
      onChange: (service) => this.#membersChanged(service),
      onBegin: (member, container) => this.#signs.begin(member, container),
    });
    const { clock, prober, members } = this;
    const isLost = (): boolean => this.#lostChecks > 0 && this.#losses.chance(this.#lostChecks);
    this.#signs = new Signs({ clock, prober, members, isLost });
    this.twinhull = new Installation({
      engine: this.daemon.door,
      driver: this.driver,
      clock: this.clock,
      files: this.files,
      meter: this.meter,
      prober: this.prober,
      fleet: this.fleet,
      trace: this.trace,
      witness:
        (process) =>
        (...call) => {
          for (const listener of this.onCall) listener(process, ...call);
        },
      onEnd: (ending) => {
        for (const listener of this.onEnd) listener(ending);
      },
    });
  }

  #plan(): Fleet {
    const { driver } = this;
    return planFleet(this.#project, { driver, stateFolder: STATE_FOLDER, images: this.#images, networks: [] });
  }

  /** Somebody writes other keys of a service into the project's file; the names of its members stay. */
  edit(service: string, keys: Partial<Service>): void {
    const { services } = this.#project;
    this.#project = { ...this.#project, services: { ...services, [service]: { ...services[service], ...keys } } };
    this.twinhull.fleet = this.#plan();
  }

  engineLeaves(how: () => void): void {
    this.isEngineThere = false;
    how();
  }

  engineReturns(): void {
    this.isEngineThere = true;
    this.engine.comeBack();
  }

  /** What is done to containers now is seen by a supervisor, and told by the engine as it is. */
  isWatched(): boolean {
    return this.twinhull.process?.life.isRunning === true && !this.daemon.isMoody() && this.isEngineThere;
  }

  /** This share of the gateways' checks is lost on the way from now on. */
  loseChecks(share: number): void {
    this.#lostChecks = share;
    for (const { name } of this.fleet.services) this.gateway(name)?.conditionsChanged();
  }

  service(name: string): ServicePlan {
    const found = this.fleet.services.find((service) => service.name === name);
    if (!found) throw new Error(`no service ${name}`);
    return found;
  }

  gateway(service: string): MemoryGateway | null {
    const { gateway } = this.service(service);
    return gateway && this.driver.find(gatewayFolder(STATE_FOLDER, service));
  }

  gatewayContainer(service: string): Container | null {
    const { gateway } = this.service(service);
    return gateway && this.engine.containerNamed(gateway.containerName);
  }

  /** Which process of its gateway this is; '': none */
  gatewayRun(service: string): string {
    const run = this.#gatewayRuns.get(service) ?? '';
    return run === '' ? '' : `${run} ${this.#gatewayCrashes.get(service) ?? 0}`;
  }

  /** HAProxy ends inside its container, which goes on. */
  crashGateway(service: string): void {
    this.#gatewayCrashes.set(service, (this.#gatewayCrashes.get(service) ?? 0) + 1);
    this.gateway(service)?.crash();
  }

  /** The service would answer a request right now. Without a gateway: somebody of it works. */
  isServing(service: string): boolean {
    const plan = this.service(service);
    if (!plan.gateway) return plan.members.some(({ name }) => this.members.conditionOf(name) === 'up');
    const gateway = this.gateway(service);
    return gateway !== null && plan.gateway.config.ports.every(({ port }) => gateway.wouldAnswer(port));
  }

  #seen(event: EngineEvent): void {
    this.members.see(event);
    // the engine tells before it has finished: what it says of itself is true a moment later
    if (event.attributes['twinhull.role'] === 'gateway') queueMicrotask(() => this.#followGateways());
  }

  /** A gateway is there while the container in its place runs; another run is another process. */
  #followGateways(): void {
    for (const { name } of this.fleet.services) {
      const container = this.gatewayContainer(name);
      const run = container?.state === 'running' ? `${container.id} ${container.startedAt}` : '';
      if (run === (this.#gatewayRuns.get(name) ?? '')) continue;
      this.#gatewayRuns.set(name, run);
      if (run === '') this.gateway(name)?.crash();
      else this.gateway(name)?.comeBack();
    }
  }

  #membersChanged(service: string): void {
    this.gateway(service)?.conditionsChanged();
  }
}
