/**
 * The vocabulary of the supervisor's stories: a project on the engine, the gateways and the store in memory,
 * in time that passes only when it is told to.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryClock } from '../../src/adapters/memory/clock.ts';
import { MemoryEngine, type Program } from '../../src/adapters/memory/engine.ts';
import { type MemberCondition, MemoryGatewayDriver, type MemoryGateway } from '../../src/adapters/memory/gateway.ts';
import { MemoryMeter } from '../../src/adapters/memory/meter.ts';
import { MemoryProber } from '../../src/adapters/memory/prober.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { machineFiles } from '../../src/adapters/node/files.ts';
import type { Project, Service } from '../../src/compose/project.ts';
import type { Decide } from '../../src/core/guard.ts';
import type { Verdict } from '../../src/core/model.ts';
import { gatewayBlueprint, wantedMember } from '../../src/deploy/blueprint.ts';
import { Rebuilding } from '../../src/deploy/deployer.ts';
import { parseDuration } from '../../src/duration.ts';
import type { Container, ContainerSpec, Engine, EngineEvent } from '../../src/ports/engine.ts';
import type { EventRecord, IncidentRecord } from '../../src/ports/store.ts';
import type { Fleet, GatewayPlan, ServicePlan } from '../../src/redundancy/fleet.ts';
import { gatewayFolder } from '../../src/state-folder.ts';
import { Supervisor } from '../../src/supervisor/loop.ts';
import { OwnEnds } from '../../src/supervisor/own-ends.ts';
import { PatientStore } from '../../src/supervisor/patient-store.ts';
import { lookAt, type MemberStatus, type ProjectStatus, type ServiceStatus } from '../../src/supervisor/status.ts';
import { fleetOf, image } from './fleet.ts';
import { type DeathAt, Mortal } from './mortal.ts';
import { Writers } from './writers.ts';

export type Services = Readonly<Record<string, Service>>;
type More = Partial<Pick<Project, 'networks' | 'volumes' | 'extensions'>>;

/** A service with a port and a health URL, two members, both running. */
export const hotPair: Service = {
  image: 'shop/web:1',
  ports: [{ target: 80, published: '8080', protocol: 'tcp', mode: 'ingress' }],
  healthcheck: { test: ['CMD', 'curl', '-f', 'http://localhost/health'], interval: '30s', timeout: '10s', retries: 3 },
  stop_grace_period: '3s',
  'x-twinhull': { mode: 'pair' },
};
export const cluster: Service = { ...hotPair, 'x-twinhull': { mode: 'cluster' }, deploy: { replicas: 3 } };
/** Two that would write the same data: one of them runs. */
export const writerPair: Service = {
  image: 'shop/db:1',
  restart: 'unless-stopped',
  expose: ['6379'],
  volumes: [{ type: 'volume', source: 'data', target: '/data' }],
  healthcheck: { test: ['CMD', 'redis-cli', 'ping'], interval: '30s', timeout: '10s', retries: 3, start_period: '5s' },
  stop_grace_period: '3s',
  'x-twinhull': { mode: 'pair' },
};
export const writerVolumes = { volumes: { data: { name: 'shop_data' } } };
export const coldPair: Service = { image: 'shop/worker:1', 'x-twinhull': { mode: 'pair' } };
export const single: Service = { image: 'shop/alone:1', restart: 'unless-stopped' };

export class Story {
  readonly clock = new MemoryClock();
  readonly engine: MemoryEngine;
  #ownEnds = new OwnEnds();
  /** what a deployment of ours uses: what ends through it, we have ended */
  ownEngine: Engine;
  store = new MemoryStore();
  /** what containers use, and what programs answer, as far as a story says */
  readonly meter = new MemoryMeter(this.clock);
  readonly prober = new MemoryProber();
  readonly driver: MemoryGatewayDriver;
  readonly folder = mkdtempSync(join(tmpdir(), 'th-story-'));
  readonly log: string[] = [];
  /** instead of the core's own, for the next supervisor that is made */
  decide: Decide | undefined;
  /** who began to run while another one that writes the same data did; must stay empty */
  readonly #writers = new Writers((id) => this.engine.containers().find((one) => one.id === id)?.mounts ?? []);
  /** fate: told of each start the moment it happens */
  onStart: (containerId: string) => void = () => undefined;
  readonly #hung = new Set<string>();
  readonly #sick = new Set<string>();
  /** how the containers of an image behave, by image */
  readonly programs = new Map<string, Program>();
  fleet: Fleet;
  supervisor: Supervisor;
  #abort = new AbortController();
  /** the process of the supervisor */
  #life = new Mortal(() => this.#abort.abort());
  #run: Promise<{ readonly ended: 'stopped' | 'gone' }> | null = null;
  #states = new Map<string, Container>();

  private constructor(services: Services, more: More) {
    this.engine = new MemoryEngine({
      clock: this.clock,
      programOf: (spec) => this.#programOf(spec),
      onEvent: (event) => this.#see(event),
    });
    this.ownEngine = this.engine;
    this.driver = new MemoryGatewayDriver({
      clock: this.clock,
      files: machineFiles,
      conditionOf: (member) => this.#conditionOf(member),
    });
    const images = Object.values(services).flatMap((service) => service.image ?? []);
    for (const name of [...images, 'memory/gateway:1']) this.engine.addImage(name, image(`sha256:${name}`));
    this.fleet = fleetOf(
      'shop',
      services,
      { driver: this.driver, stateFolder: this.folder, images: new Map(images.map((name) => [name, image(name)])) },
      more,
    );
    this.supervisor = this.#makeSupervisor();
  }

  /** The project is up, and supervised for ten quiet seconds. */
  static async begin(services: Services, more: More = {}): Promise<Story> {
    const story = new Story(services, more);
    await story.#bringUp();
    story.supervise();
    await story.advance('10s');
    return story;
  }

  async #bringUp(): Promise<void> {
    for (const { spec } of this.fleet.networks) await this.engine.createNetwork(spec);
    for (const { spec } of this.fleet.volumes) await this.engine.createVolume(spec);
    for (const plan of this.fleet.services) {
      if (plan.gateway) await this.engine.createNetwork(plan.gateway.network);
      for (const member of plan.members) {
        const { name, spec } = wantedMember(plan, member);
        const id = await this.engine.createContainer(name, spec);
        if (member.startsAtUp) await this.engine.startContainer(id);
      }
      if (!plan.gateway) continue;
      const { name, spec } = gatewayBlueprint(plan.name, plan.gateway, this.driver, this.folder).container;
      await this.engine.startContainer(await this.engine.createContainer(name, spec));
    }
    await this.#look();
  }

  #makeSupervisor(): Supervisor {
    this.#ownEnds = new OwnEnds();
    this.ownEngine = this.#ownEnds.watch(this.engine);
    const life = new Mortal(() => this.#abort.abort());
    this.#life = life;
    const engine = this.#ownEnds.watch(life.door(this.engine));
    const store = new PatientStore(life.door(this.store), this.clock);
    const { clock, fleet, driver, folder } = this;
    return new Supervisor({
      fleet,
      engine,
      ownEnds: this.#ownEnds,
      store,
      clock,
      meter: this.meter,
      prober: this.prober,
      openGateway: ({ config }) => life.door(driver.open(config, gatewayFolder(folder, config.service))),
      rebuild: new Rebuilding({ engine, driver, clock, files: machineFiles, stateFolder: folder }, fleet.project),
      ...(this.decide === undefined ? {} : { decide: this.decide }),
      log: (line) => this.log.push(`${String(Math.round(clock.monotonic())).padStart(7)} ${line}`),
    });
  }

  supervise(): void {
    this.#abort = new AbortController();
    this.#run = this.supervisor.run(this.#abort.signal);
    this.#run.catch(() => undefined);
  }

  /** kill -9: what was under way is not finished, nothing is written any more. */
  async killSupervisor(): Promise<void> {
    this.#abort.abort();
    await this.clock.advance(0);
    this.supervisor = this.#makeSupervisor();
  }

  /** Its process dies at one of its next calls. */
  killSupervisorAt(death: DeathAt): void {
    this.#life.arm(death);
  }

  get isSupervisorDead(): boolean {
    return this.#life.isDead;
  }

  /** What the supervisor knew is gone with its disk. */
  async loseStore(): Promise<void> {
    this.store = new MemoryStore();
    await this.killSupervisor();
  }

  async ended(): Promise<string> {
    return (await this.#run)?.ended ?? 'never began';
  }

  async advance(duration: string): Promise<void> {
    const ms = parseDuration(duration);
    assert.ok(ms !== null, duration);
    await this.clock.advance(ms, () => this.#look());
  }

  /** Lets time pass until `work` has ended. */
  async during<Result>(work: Promise<Result>, atMost = '120s'): Promise<Result> {
    let over = false;
    const done = work.finally(() => (over = true));
    done.catch(() => undefined);
    for (let left = parseDuration(atMost) ?? 0; left > 0 && !over; left -= 5) await this.advance('5ms');
    assert.ok(over, `no end within ${atMost}${this.told()}`);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.clock.advance(1000);
    await this.#run?.catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }

  // ---- fate ----

  container(member: string): Container {
    const found = this.#states.get(member);
    assert.ok(found, `no container of ${member}`);
    return found;
  }

  /** The process dies; nobody asked. */
  crash(member: string, exitCode = 1): void {
    this.engine.crash(this.container(member).id, exitCode);
  }

  /** docker kill: the engine's policy does not start it again. */
  kill(member: string): Promise<void> {
    return this.engine.killContainer(this.container(member).id, 'SIGKILL');
  }

  stop(member: string): Promise<void> {
    return this.during(this.engine.stopContainer(this.container(member).id, { timeoutSeconds: 1 }));
  }

  /** As `up` does: its container is made anew. */
  async remake(member: string): Promise<void> {
    const { plan } = this.#planOf(member);
    const found = plan.members.find(({ name }) => name === member);
    assert.ok(found);
    const { ownEngine: engine, driver, clock, folder } = this;
    const rebuilding = new Rebuilding(
      { engine, driver, clock, files: machineFiles, stateFolder: folder },
      this.fleet.project,
    );
    await rebuilding.member(plan, found, true, this.#abort.signal);
  }

  start(member: string): Promise<void> {
    return this.engine.startContainer(this.container(member).id);
  }

  pause(member: string): Promise<void> {
    return this.engine.pauseContainer(this.container(member).id);
  }

  /** SIGSTOP: runs for the engine, answers nobody, until its process is another one. */
  hang(member: string): void {
    this.engine.hang(this.container(member).id);
    this.#hung.add(`${this.container(member).id} ${this.container(member).startedAt}`);
  }

  /** Serves, and fails its check. */
  sicken(member: string, isSick = true): void {
    if (isSick) this.#sick.add(member);
    else this.#sick.delete(member);
  }

  partition(member: string): Promise<void> {
    const { plan } = this.#planOf(member);
    return this.engine.disconnectNetwork(plan.gateway?.network.name ?? '', this.container(member).id, { force: true });
  }

  remove(member: string): Promise<void> {
    return this.engine.removeContainer(this.container(member).id, { force: true, volumes: false });
  }

  gateway(service: string): MemoryGateway {
    const config = this.fleet.services.find(({ name }) => name === service)?.gateway?.config;
    assert.ok(config, `${service} has no gateway`);
    return this.driver.open(config, gatewayFolder(this.folder, service));
  }

  /** A second of requests, ten at a time; gives how many failed. */
  async load(service: string, ms: number, method = 'GET'): Promise<number> {
    let failed = 0;
    const gateway = this.gateway(service);
    const sent: Promise<unknown>[] = [];
    for (let passed = 0; passed < ms; passed += 10) {
      sent.push(
        gateway.request(80, { method }).then(({ status }) => {
          if (status !== 200) failed += 1;
        }),
      );
      await this.advance('10ms');
    }
    await this.during(Promise.all(sent));
    return failed;
  }

  // ---- what is seen ----

  /** `status` as it is answered with nobody supervising. */
  look(): Promise<ProjectStatus> {
    const { fleet, engine, store, clock, driver, folder } = this;
    const openGateway = ({ config }: GatewayPlan): MemoryGateway =>
      driver.open(config, gatewayFolder(folder, config.service));
    return lookAt({ fleet, engine, store, clock, openGateway }, new AbortController().signal);
  }

  service(name: string): ServiceStatus {
    const found = this.supervisor.status().services.find((service) => service.name === name);
    assert.ok(found, `no service ${name}`);
    return found;
  }

  member(name: string): MemberStatus {
    const found = this.supervisor
      .status()
      .services.flatMap(({ members }) => members)
      .find((member) => member.name === name);
    assert.ok(found, `no member ${name}`);
    return found;
  }

  expectLeader(member: string): void {
    assert.equal(this.member(member).role, 'primary', this.told());
  }

  expectVerdicts(expected: Readonly<Record<string, Verdict>>): void {
    const seen = Object.fromEntries(Object.keys(expected).map((name) => [name, this.member(name).verdict]));
    assert.deepEqual(seen, expected, this.told());
  }

  incidents(): IncidentRecord[] {
    return this.store.incidents().toReversed();
  }

  events(kind?: string): EventRecord[] {
    return this.store.events().filter((event) => kind === undefined || event.kind === kind);
  }

  /** Kinds of what was done to members and gateways since the beginning, in order. */
  done(): string[] {
    const notes = new Set([
      'verdict',
      'open_incident',
      'close_incident',
      'alert',
      'supervisor',
      'engine',
      'restart',
      'drill',
      'freeze',
      'maintenance',
      'emergency',
      'record',
    ]);
    return this.events()
      .filter(({ kind }) => !notes.has(kind))
      .map(({ kind, member }) => `${kind} ${member}`);
  }

  told(): string {
    return `\n${this.log.join('\n')}`;
  }

  #planOf(member: string): { readonly plan: ServicePlan } {
    const plan = this.fleet.services.find(({ members }) => members.some(({ name }) => name === member));
    assert.ok(plan, `no member ${member}`);
    return { plan };
  }

  /** The engine's own view, for fate and for the gateways; the supervisor has its own eyes. */
  async #look(): Promise<void> {
    const listed = await this.engine.listContainers({ labels: { 'twinhull.service': '' } }).catch(() => null);
    if (listed === null) return;
    const before = this.#states;
    this.#states = new Map(listed.flatMap((container) => this.#named(container)));
    for (const { name, gateway } of this.fleet.services) if (gateway) this.#followGateway(name, before.get(name));
  }

  #named(container: Container): [string, Container][] {
    for (const plan of this.fleet.services) {
      if (plan.gateway?.containerName === container.name) return [[plan.name, container]];
      const member = plan.members.find(({ containerName }) => containerName === container.name);
      if (member) return [[member.name, container]];
    }
    return [];
  }

  #followGateway(service: string, before: Container | undefined): void {
    const ran = before?.state === 'running';
    const runs = this.#states.get(service)?.state === 'running';
    if (ran && !runs) this.gateway(service).crash();
    if (!ran && runs && before) this.gateway(service).comeBack();
  }

  #see(event: EngineEvent): void {
    if (event.action === 'start') queueMicrotask(() => this.onStart(event.containerId));
    this.#writers.see(event);
  }

  get secondWriters(): readonly string[] {
    return this.#writers.second;
  }

  /** Of these members exactly one runs. */
  expectOneRuns(...members: readonly string[]): string {
    const running = members.filter((member) => this.container(member).state === 'running');
    const states = members.map((member) => `${member} ${this.container(member).state}`).join(', ');
    assert.equal(running.length, 1, `${states}${this.told()}`);
    return running[0] ?? '';
  }

  #conditionOf(member: string): MemberCondition {
    const { plan } = this.#planOf(member);
    const { containerName } = plan.members.find(({ name }) => name === member) ?? {};
    const container = this.engine.containerNamed(containerName ?? '');
    if (!container || !(plan.gateway && plan.gateway.network.name in container.networks)) return 'refusing';
    if (container.state === 'paused') return 'hung';
    if (container.state !== 'running') return 'refusing';
    if (this.#hung.has(`${container.id} ${container.startedAt}`)) return 'hung';
    return this.#sick.has(member) ? 'sick' : 'up';
  }

  #programOf(spec: ContainerSpec): Program {
    return this.programs.get(spec.Image) ?? {};
  }
}
