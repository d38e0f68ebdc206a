/**
 * A project on the engine in memory, in virtual time, for the unit tests of deploy: gateways answer while their
 * containers run, members are what their containers are, and the process that deploys can die at any call.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryClock } from '../../src/adapters/memory/clock.ts';
import { MemoryEngine, type Program } from '../../src/adapters/memory/engine.ts';
import { type MemberCondition, MemoryGateway, MemoryGatewayDriver } from '../../src/adapters/memory/gateway.ts';
import { machineFiles } from '../../src/adapters/node/files.ts';
import type { Service } from '../../src/compose/project.ts';
import { Deployer, Rebuilding } from '../../src/deploy/deployer.ts';
import type { PlanOptions } from '../../src/deploy/steps.ts';
import type { UpResult } from '../../src/deploy/up.ts';
import type { World } from '../../src/deploy/world.ts';
import { TwinhullError } from '../../src/errors.ts';
import type { Container, ContainerSpec, Engine } from '../../src/ports/engine.ts';
import type { Gateway, GatewayConfig, GatewayDriver } from '../../src/ports/gateway.ts';
import type { Fleet } from '../../src/redundancy/fleet.ts';
import { gatewayFolder } from '../../src/state-folder.ts';
import { fleetOf } from './fleet.ts';
import { Writers } from './writers.ts';

/** Time that goes on by itself whenever everybody waits for it. */
export class VirtualClock extends MemoryClock {
  override timer(ms: number, onDue: () => void): () => void {
    setImmediate(() => this.wakeFirst());
    return super.timer(ms, onDue);
  }
}

/** When a process that deploys dies: at its `call`-th call that changes something, before or after it took effect. */
export interface Death {
  readonly call: number;
  readonly when: 'before' | 'after';
}

const changing =
  /^(create|start|stop|restart|kill|pause|unpause|rename|remove|connect|disconnect|pull|exec|lead|drain|takeOut|putIn|reload)/;

export class MemorySite {
  readonly project = 'shop';
  readonly clock = new VirtualClock();
  readonly engine: MemoryEngine;
  readonly stateFolder = mkdtempSync(join(tmpdir(), 'twinhull-deploy-'));
  /** programs by the value of the environment's RELEASE; default: runs until asked to end */
  readonly programs = new Map<string, Program>();
  /** members that run and fail the gateway's check */
  readonly sick = new Set<string>();
  /** containers that write the volume `data` */
  readonly writers = new Writers(
    (id) => this.engine.containers().find((container) => container.id === id)?.mounts ?? [],
  );
  /** calls that changed something, in order, of the last up or down */
  calls: string[] = [];
  lines: string[] = [];
  readonly #gateways = new Map<string, MemoryGateway>();
  readonly #conditions = new Map<string, MemberCondition>();
  readonly #files: MemoryGatewayDriver;

  constructor() {
    this.engine = new MemoryEngine({
      clock: this.clock,
      programOf: (spec) => this.programs.get(release(spec)) ?? {},
      onEvent: (event) => this.writers.see(event),
    });
    this.#files = new MemoryGatewayDriver({ clock: this.clock, conditionOf: () => 'up' });
    this.engine.addImage('web:1', { exposedPorts: ['80/tcp'] });
    this.engine.addImage('db:1', { volumes: ['/data'] });
    this.engine.addPullable('memory/gateway:1');
  }

  async fleet(services: Readonly<Record<string, Service>>): Promise<Fleet> {
    const references = [...new Set(Object.values(services).flatMap(({ image }) => image ?? []))];
    const images = await Promise.all(
      references.map(async (name) => [name, await this.engine.inspectImage(name)] as const),
    );
    const networks = await this.engine.listNetworks({});
    const situation = { driver: this.#files, stateFolder: this.stateFolder, images: new Map(images), networks };
    return fleetOf(this.project, services, situation, { volumes: { data: { name: `${this.project}_data` } } });
  }

  async up(
    services: Readonly<Record<string, Service>>,
    options: Partial<PlanOptions> = {},
    death?: Death,
  ): Promise<UpResult> {
    const fleet = await this.fleet(services);
    this.calls = [];
    this.lines = [];
    return new Deployer(this.#world(death)).up(
      fleet,
      { removeOrphans: false, forceRecreate: false, waitTimeoutMs: null, ...options },
      { report: ({ text }) => this.lines.push(text), aside: (_services, work) => work() },
      new AbortController().signal,
    );
  }

  async down(fleet: Fleet | null = null, options: { readonly volumes?: boolean } = {}, death?: Death): Promise<void> {
    this.calls = [];
    this.lines = [];
    const wish = { volumes: options.volumes ?? false, timeoutSeconds: null };
    await new Deployer(this.#world(death)).down(this.project, fleet, wish, ({ text }) => this.lines.push(text));
  }

  /** As a supervisor does at its start. */
  async finishBegun(fleet: Fleet): Promise<void> {
    this.calls = [];
    this.lines = [];
    await new Deployer(this.#world(undefined)).finishBegun(fleet, ({ text }) => this.lines.push(text));
  }

  /** The gateway of this configuration's service, as whoever wants it to be so opens it. */
  gateway(config: GatewayConfig): Gateway {
    return this.#handle(config);
  }

  rebuilding(death?: Death): Rebuilding {
    this.calls = [];
    return new Rebuilding(this.#world(death), this.project);
  }

  /** Names of those that have a process, without the project. */
  async running(): Promise<string[]> {
    const all = Object.entries(await this.containers());
    return all.flatMap(([name, { state }]) => (state === 'running' || state === 'paused' ? [name] : []));
  }

  /** By name without the project, sorted. */
  async containers(): Promise<Record<string, Container>> {
    const containers = await this.engine.listContainers({ labels: { 'com.docker.compose.project': this.project } });
    const named = containers.map((container) => [container.name.slice(this.project.length + 1), container] as const);
    return Object.fromEntries(named.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }

  remove(): void {
    rmSync(this.stateFolder, { recursive: true, force: true });
  }

  #world(death: Death | undefined): World {
    const life = new Life(death);
    const record = (call: string): void => void this.calls.push(call);
    return {
      engine: life.mortal<Engine>(this.engine, record),
      driver: this.#driver((gateway) => life.mortal<Gateway>(gateway, record)),
      builder: { build: () => Promise.reject(new TwinhullError('TH_ENGINE_REFUSED', 'there is no builder')) },
      clock: this.clock,
      files: machineFiles,
      stateFolder: this.stateFolder,
    };
  }

  #driver(wrap: (gateway: Gateway) => Gateway): GatewayDriver {
    return {
      files: (config) => this.#files.files(config),
      configuration: (config) => this.#files.configuration(config),
      container: (config, folder) => this.#files.container(config, folder),
      open: (config) => wrap(this.#handle(config)),
    };
  }

  /** Finds the gateway of this moment at each call: another container is another gateway. */
  #handle(config: GatewayConfig): Gateway {
    return new Proxy({} as Gateway, {
      get:
        (_target, method) =>
        async (...values: unknown[]) => {
          const gateway = await this.#gatewayNow(config);
          const call: unknown = Reflect.get(gateway, method);
          return typeof call === 'function' ? await (call.apply(gateway, values) as Promise<unknown>) : undefined;
        },
    });
  }

  async #gatewayNow(config: GatewayConfig): Promise<MemoryGateway> {
    const containers = await this.engine.listContainers({ labels: { 'twinhull.service': config.service } });
    for (const { labels, state } of containers) {
      const member = labels['com.docker.compose.service'] ?? '';
      this.#conditions.set(member, state !== 'running' ? 'refusing' : this.sick.has(member) ? 'sick' : 'up');
    }
    const running = containers.find(
      ({ labels, state }) => labels['twinhull.role'] === 'gateway' && state === 'running',
    );
    if (!running) throw new TwinhullError('TH_GATEWAY_UNREACHABLE', `the gateway of ${config.service} does not run`);
    const known = this.#gateways.get(running.id);
    const conditionOf = (member: string): MemberCondition => this.#conditions.get(member) ?? 'refusing';
    const folder = gatewayFolder(this.stateFolder, config.service);
    const gateway =
      known?.want(config) ?? new MemoryGateway(config, { clock: this.clock, files: machineFiles, conditionOf }, folder);
    this.#gateways.set(running.id, gateway);
    return gateway;
  }
}

/** A process: after its death none of its calls reaches anything. */
class Life {
  readonly #death: Death | undefined;
  #calls = 0;
  #isOver = false;

  constructor(death: Death | undefined) {
    this.#death = death;
  }

  mortal<Door extends object>(door: Door, record: (call: string) => void): Door {
    return new Proxy(door, {
      get: (target, method) => {
        const call: unknown = Reflect.get(target, method);
        if (typeof call !== 'function') return call;
        const name = String(method);
        if (name === 'logs' || name === 'events') return call.bind(target) as unknown;
        return async (...values: unknown[]) => {
          const fatal = changing.test(name) && ++this.#calls === this.#death?.call;
          if (fatal && this.#death?.when === 'before') this.#isOver = true;
          if (this.#isOver) throw new Error('this process is dead');
          if (changing.test(name)) record(`${name} ${subjectOf(values)}`);
          const result: unknown = await (call.apply(target, values) as Promise<unknown>);
          if (fatal) this.#isOver = true;
          if (this.#isOver) throw new Error('this process is dead');
          return result;
        };
      },
    });
  }
}

function subjectOf([first]: readonly unknown[]): string {
  if (typeof first === 'string') return first;
  return typeof first === 'object' && first !== null && 'name' in first ? String(first.name) : '';
}

function release({ Env }: ContainerSpec): string {
  return Env?.find((line) => line.startsWith('RELEASE='))?.slice('RELEASE='.length) ?? '';
}
