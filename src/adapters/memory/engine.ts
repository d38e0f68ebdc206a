/**
 * The engine's twin: same contract (test/contract/engine.ts), no Docker. Time is the Clock given in; nothing
 * here has a timer of its own, so a simulated clock makes a simulated engine. The methods below "Engine" are
 * what the engine's users call; those under "faults" are for whoever plays fate.
 */

import { createHash } from 'node:crypto';
import { TwinhullError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  Call,
  Container,
  ContainerSpec,
  Engine,
  EngineEvent,
  EngineInfo,
  FileStat,
  Image,
  ListFilter,
  LogLine,
  Network,
  NetworkAttachment,
  NetworkSpec,
  Volume,
  VolumeSpec,
} from '../../ports/engine.ts';
import { MemoryContainer, type Program, type RestartPolicy } from './engine-container.ts';
import { ContainerTable } from './engine-containers.ts';
import { describeContainer, describeEngine, matches, plannedMounts, withMountsOf } from './engine-description.ts';
import { EventHub } from './engine-events.ts';
import { Lifecycle } from './engine-lifecycle.ts';
import { ImageTable } from './engine-images.ts';
import { NetworkTable } from './engine-networks.ts';
import { refused } from './engine-refusal.ts';
import { VolumeTable } from './engine-volumes.ts';

export type { Program } from './engine-container.ts';

const READ_DEADLINE_MS = 10_000;
const EXEC_DEADLINE_MS = 60_000;

export interface MemoryEngineOptions {
  readonly clock: Clock;
  /** what the process of a container does; the default runs until it is asked to end */
  readonly programOf?: (spec: ContainerSpec) => Program;
  readonly id?: string;
  /** how long a start by request takes, milliseconds; default: none */
  readonly startTakesMs?: () => number;
  /** told of each event the moment it happens, whatever becomes of the streams */
  readonly onEvent?: (event: EngineEvent) => void;
}

export class MemoryEngine implements Engine {
  readonly #clock: Clock;
  readonly #programOf: (spec: ContainerSpec) => Program;
  readonly #id: string;
  readonly #events: EventHub;
  readonly #containers = new ContainerTable();
  readonly #networks = new NetworkTable();
  readonly #volumes = new VolumeTable((name) => this.#containers.usersOf(name));
  readonly #images = new ImageTable();
  readonly #lifecycle: Lifecycle;
  #isAway = false;
  #returned: (() => void)[] = [];
  #made = 0;

  constructor(options: MemoryEngineOptions) {
    this.#clock = options.clock;
    this.#programOf = options.programOf ?? (() => ({}));
    this.#id = options.id ?? 'memory';
    this.#events = new EventHub(options.onEvent);
    this.#lifecycle = new Lifecycle({
      clock: options.clock,
      events: this.#events,
      containers: this.#containers,
      network: (nameOrId) => this.#networks.find(nameOrId),
      startTakesMs: options.startTakesMs ?? (() => 0),
      engineThere: async () => await this.#there(),
    });
  }

  // ---- faults ----

  /** The process ends by itself: a crash, or the kernel for want of memory. */
  crash(idOrName: string, exitCode = 1, options: { readonly outOfMemory?: boolean } = {}): void {
    this.#lifecycle.die(this.#containers.existing(idOrName), exitCode, options.outOfMemory === true);
  }

  /** The process does nothing any more (SIGSTOP, a deadlock): no event, no answer, only SIGKILL ends it. */
  hang(idOrName: string, hung = true): void {
    this.#containers.existing(idOrName).hung = hung;
  }

  /** The engine itself gets stuck on this container (moby#18848): calls for it find their deadline. */
  jam(idOrName: string, jammed = true): void {
    this.#containers.existing(idOrName).jammed = jammed;
  }

  setHealth(idOrName: string, health: 'starting' | 'healthy' | 'unhealthy', output = ''): void {
    const container = this.#containers.existing(idOrName);
    if (container.probed(health, output)) this.#lifecycle.emit(container, `health_status: ${health}`);
  }

  write(idOrName: string, stream: LogLine['stream'], text: string): void {
    this.#containers.existing(idOrName).write(this.#clock.now(), stream, text);
  }

  /** Its process writes a file, as a heartbeat does; `removed` takes it away. */
  touch(idOrName: string, path: string, removed = false): void {
    const { files } = this.#containers.existing(idOrName);
    if (removed) files.delete(path);
    else files.set(path, { modifiedAt: this.#clock.now(), sizeBytes: 0 });
  }

  /** The kernel ended one of its processes for want of memory, and not the first one: the container runs on. */
  outOfMemoryInside(idOrName: string): void {
    this.#lifecycle.emit(this.#containers.existing(idOrName), 'oom');
  }

  loseEvents(loses = true): void {
    this.#events.lose(loses);
  }

  /** No call is answered, every stream breaks, no policy restarts anything. Containers run on. */
  goAway(): void {
    this.#isAway = true;
    this.#events.breakAll();
    for (const container of this.#containers.all()) container.wake();
  }

  comeBack(): void {
    this.#isAway = false;
    for (const wake of this.#returned.splice(0)) wake();
  }

  /** The daemon ends in order, without live-restore: what runs is stopped, and comes back with it as its policy says. */
  shutDown(): void {
    for (const container of this.#containers.all()) if (container.isRunning) this.#lifecycle.endWithEngine(container);
    this.#events.forget();
    this.goAway();
  }

  /** What there is right now, whether the engine answers or not. */
  containers(): Container[] {
    return this.#containers.all().map((container) => this.#describe(container));
  }

  containerNamed(name: string): Container | null {
    const found = this.#containers.named(name);
    return found ? this.#describe(found) : null;
  }

  /** As setCpuLimit left it; null: none. */
  cpuLimitOf(idOrName: string): number | null {
    return this.#containers.existing(idOrName).cpuLimit;
  }

  removeImage(reference: string): void {
    this.#images.remove(reference);
  }

  addImage(reference: string, image: Partial<Image> = {}): void {
    this.#images.add(reference, image);
  }

  /** An image of the registry: there after a pull. */
  addPullable(reference: string, image: Partial<Image> = {}): void {
    this.#images.addPullable(reference, image);
  }

  // ---- Engine ----

  async info(call: Call = {}): Promise<EngineInfo> {
    await this.#enter(call);
    return describeEngine(this.#id);
  }

  /** A jammed container is listed by what the list itself knows, as in the Docker adapter. */
  async listContainers(filter: ListFilter, call: Call = {}): Promise<Container[]> {
    await this.#enter(call);
    return this.#containers.list(filter).map((container) => this.#describe(container));
  }

  async inspectContainer(idOrName: string, call: Call = {}): Promise<Container | null> {
    await this.#enter(call);
    const container = this.#containers.find(idOrName);
    if (container === undefined) return null;
    await this.#unlessJammed(container, call);
    return this.#describe(container);
  }

  async createContainer(name: string, spec: ContainerSpec, call: Call = {}): Promise<string> {
    await this.#enter(call);
    this.#containers.judgeName(name);
    const image = this.#images.find(spec.Image);
    if (image === null) throw refused(404, `No such image: ${spec.Image}`);
    for (const attachment of spec.Networks) this.#networks.existing(attachment.network).judge(attachment);
    const container = this.#make(name, spec, image);
    for (const attachment of spec.Networks)
      container.attachments.set(this.#networks.existing(attachment.network).spec.name, attachment);
    this.#containers.add(container);
    this.#lifecycle.emit(container, 'create');
    return container.id;
  }

  async startContainer(id: string, call: Call = {}): Promise<void> {
    await this.#lifecycle.start(await this.#change(id, call));
  }

  async stopContainer(id: string, options: { readonly timeoutSeconds?: number }, call: Call = {}): Promise<void> {
    const container = await this.#changeIfThere(id, call);
    if (container !== undefined) await this.#lifecycle.stop(container, options.timeoutSeconds, call.signal);
  }

  async restartContainer(id: string, options: { readonly timeoutSeconds?: number }, call: Call = {}): Promise<void> {
    await this.#lifecycle.restart(await this.#change(id, call), options.timeoutSeconds, call.signal);
  }

  async killContainer(id: string, signalName: string, call: Call = {}): Promise<void> {
    const container = await this.#changeIfThere(id, call);
    if (container !== undefined) this.#lifecycle.kill(container, signalName);
  }

  async pauseContainer(id: string, call: Call = {}): Promise<void> {
    this.#lifecycle.pause(await this.#change(id, call));
  }

  async unpauseContainer(id: string, call: Call = {}): Promise<void> {
    this.#lifecycle.unpause(await this.#change(id, call));
  }

  async renameContainer(id: string, name: string, call: Call = {}): Promise<void> {
    const container = await this.#change(id, call);
    if (container.name === name) return;
    this.#containers.judgeName(name);
    const oldName = `/${container.name}`;
    container.name = name;
    this.#lifecycle.emit(container, 'rename', { oldName });
  }

  async removeContainer(
    id: string,
    options: { readonly force: boolean; readonly volumes: boolean },
    call: Call = {},
  ): Promise<void> {
    const container = await this.#changeIfThere(id, call);
    if (container === undefined) return;
    const isBusy = container.isRunning || container.state === 'restarting';
    if (isBusy && !options.force)
      throw refused(
        409,
        `You cannot remove a ${container.state} container ${container.id}. Stop the container before attempting removal or force remove`,
      );
    if (container.state === 'restarting') container.giveUpRestart();
    this.#lifecycle.kill(container, 'SIGKILL');
    this.#containers.remove(container);
    if (options.volumes) for (const mount of container.mounts) this.#volumes.removeAnonymous(mount.name);
    this.#lifecycle.emit(container, 'destroy');
    container.wake();
  }

  async setRestartPolicy(id: string, policy: RestartPolicy, call: Call = {}): Promise<void> {
    const container = await this.#change(id, call);
    container.policy = policy;
    this.#lifecycle.emit(container, 'update');
  }

  /** Noted and without effect: programs in memory take no time. */
  async setCpuLimit(id: string, cpus: number | null, call: Call = {}): Promise<void> {
    const container = await this.#change(id, call);
    container.cpuLimit = cpus;
    this.#lifecycle.emit(container, 'update');
  }

  async events(
    options: { readonly labels?: Readonly<Record<string, string>>; readonly sinceMs?: number },
    call: Call,
  ): Promise<AsyncIterable<EngineEvent>> {
    await this.#enter(call);
    const filter = { labels: options.labels ?? {} };
    const wants = (event: EngineEvent): boolean => {
      if (event.type === 'container') return matches(event.attributes, filter);
      return matches(this.#containers.find(event.containerId)?.spec.Labels ?? {}, filter);
    };
    return this.#events.subscribe(wants, options.sinceMs, call.signal);
  }

  async *logs(
    id: string,
    options: { readonly follow: boolean; readonly tail?: number; readonly sinceMs?: number },
    call: Call = {},
  ): AsyncIterable<LogLine> {
    const container = await this.#change(id, call);
    yield* container.lines(options, call.signal, () => {
      if (this.#isAway) throw this.#unreachable();
    });
  }

  async exec(
    id: string,
    command: readonly string[],
    options: { readonly user?: string; readonly env?: readonly string[]; readonly workingDir?: string },
    call: Call = {},
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
    const container = await this.#change(id, call);
    if (container.state === 'paused')
      throw refused(409, `Container ${container.name} is paused, unpause the container before exec`);
    if (!container.isRunning) throw refused(409, `Container ${container.id} is not running`);
    if (container.hung) await this.#noAnswer(container, call, EXEC_DEADLINE_MS);
    const { user = '', env = [], workingDir = '' } = options;
    return container.exec(command, { user, env, workingDir });
  }

  async statFile(id: string, path: string, call: Call = {}): Promise<FileStat | null> {
    const container = await this.#changeIfThere(id, call);
    return container?.files.get(path) ?? null;
  }

  async listNetworks(filter: ListFilter, call: Call = {}): Promise<Network[]> {
    await this.#enter(call);
    return this.#networks.list(filter);
  }

  async inspectNetwork(idOrName: string, call: Call = {}): Promise<Network | null> {
    await this.#enter(call);
    return this.#networks.find(idOrName)?.describe() ?? null;
  }

  async createNetwork(spec: NetworkSpec, call: Call = {}): Promise<string> {
    await this.#enter(call);
    const id = this.#newId('network');
    this.#networks.create(id, spec);
    return id;
  }

  async removeNetwork(idOrName: string, call: Call = {}): Promise<void> {
    await this.#enter(call);
    this.#networks.remove(idOrName);
  }

  async connectNetwork(attachment: NetworkAttachment, containerId: string, call: Call = {}): Promise<void> {
    const container = await this.#change(containerId, call);
    this.#lifecycle.connect(container, this.#networks.existing(attachment.network), attachment);
  }

  async disconnectNetwork(
    network: string,
    containerId: string,
    _options: { readonly force: boolean },
    call: Call = {},
  ): Promise<void> {
    const container = await this.#changeIfThere(containerId, call);
    const found = this.#networks.find(network);
    if (container !== undefined && found !== undefined) this.#lifecycle.disconnect(container, found);
  }

  async listVolumes(filter: ListFilter, call: Call = {}): Promise<Volume[]> {
    await this.#enter(call);
    return this.#volumes.list(filter);
  }

  async inspectVolume(name: string, call: Call = {}): Promise<Volume | null> {
    await this.#enter(call);
    return this.#volumes.find(name);
  }

  async createVolume(spec: VolumeSpec, call: Call = {}): Promise<void> {
    await this.#enter(call);
    this.#volumes.ensure(spec);
  }

  async removeVolume(name: string, call: Call = {}): Promise<void> {
    await this.#enter(call);
    this.#volumes.remove(name);
  }

  async inspectImage(reference: string, call: Call = {}): Promise<Image | null> {
    await this.#enter(call);
    return this.#images.find(reference);
  }

  async pullImage(
    reference: string,
    options: { readonly onProgress?: (line: string) => void },
    call: Call = {},
  ): Promise<void> {
    await this.#enter(call);
    options.onProgress?.(`Pulling from ${reference}`);
    this.#images.pull(reference);
    options.onProgress?.(`Status: Downloaded newer image for ${reference}`);
  }

  // ---- inside ----

  async #enter(call: Call): Promise<void> {
    call.signal?.throwIfAborted();
    await Promise.resolve();
    if (this.#isAway) throw this.#unreachable();
  }

  #unreachable(): TwinhullError {
    return new TwinhullError('TH_ENGINE_UNREACHABLE', 'the engine in memory is away');
  }

  async #there(): Promise<void> {
    if (this.#isAway) await new Promise<void>((resolve) => this.#returned.push(resolve));
  }

  async #change(id: string, call: Call): Promise<MemoryContainer> {
    const container = await this.#changeIfThere(id, call);
    if (container === undefined) throw refused(404, `No such container: ${id}`);
    return container;
  }

  async #changeIfThere(id: string, call: Call): Promise<MemoryContainer | undefined> {
    await this.#enter(call);
    const container = this.#containers.find(id);
    if (container !== undefined) await this.#unlessJammed(container, call);
    return container;
  }

  async #unlessJammed(container: MemoryContainer, call: Call): Promise<void> {
    if (!container.jammed) return;
    await this.#noAnswer(container, call, READ_DEADLINE_MS);
  }

  /** Until the deadline, or the caller, gives up. */
  async #noAnswer(container: MemoryContainer, call: Call, usualMs: number): Promise<never> {
    const deadlineMs = call.deadlineMs ?? usualMs;
    await this.#clock.sleep(deadlineMs, call.signal).catch(() => {}); // the caller's own reason is told below
    call.signal?.throwIfAborted();
    const seconds = deadlineMs / 1000;
    throw new TwinhullError('TH_ENGINE_UNREACHABLE', `no answer for ${container.name} within ${seconds} s`);
  }

  #describe(container: MemoryContainer): Container {
    return describeContainer(container, (name) => this.#networks.find(name)?.held.get(container.id) ?? '');
  }

  #make(name: string, spec: ContainerSpec, image: Image): MemoryContainer {
    const own = plannedMounts(spec, image, () => this.#newId('volume'));
    const mounts = withMountsOf(own, spec, (other) => this.#containers.existing(other).mounts);
    for (const mount of mounts) if (mount.type === 'volume') this.#volumes.ensure({ name: mount.name, labels: {} });
    const made = { program: this.#programOf(spec), imageId: image.id, at: this.#clock.now(), mounts };
    return new MemoryContainer(this.#newId('container'), name, spec, made);
  }

  #newId(kind: string): string {
    return createHash('sha256')
      .update(`${this.#id} ${kind} ${++this.#made}`)
      .digest('hex');
  }
}
