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
import { describeContainer, matches, plannedMounts } from './engine-description.ts';
import { EventHub } from './engine-events.ts';
import { Lifecycle } from './engine-lifecycle.ts';
import { MemoryNetwork } from './engine-networks.ts';
import { refused } from './engine-refusal.ts';

export type { Program } from './engine-container.ts';

const READ_DEADLINE_MS = 10_000;
const MAX_EXEC_CHARACTERS = 1024 * 1024;

export interface MemoryEngineOptions {
  readonly clock: Clock;
  /** what the process of a container does; the default runs until it is asked to end */
  readonly programOf?: (spec: ContainerSpec) => Program;
  readonly id?: string;
}

export class MemoryEngine implements Engine {
  readonly #clock: Clock;
  readonly #programOf: (spec: ContainerSpec) => Program;
  readonly #id: string;
  readonly #events = new EventHub();
  readonly #containers = new Map<string, MemoryContainer>();
  readonly #networks = new Map<string, MemoryNetwork>();
  readonly #volumes = new Map<string, Volume>();
  readonly #images = new Map<string, Image>();
  readonly #pullable = new Map<string, Image>();
  readonly #lifecycle: Lifecycle;
  #isAway = false;
  #returned: (() => void)[] = [];
  #made = 0;

  constructor(options: MemoryEngineOptions) {
    this.#clock = options.clock;
    this.#programOf = options.programOf ?? (() => ({}));
    this.#id = options.id ?? 'memory';
    this.#lifecycle = new Lifecycle({
      clock: options.clock,
      events: this.#events,
      containers: this.#containers,
      network: (nameOrId) => this.#findNetwork(nameOrId),
      engineThere: async () => await this.#there(),
    });
  }

  // ---- faults ----

  /** The process ends by itself: a crash, or the kernel for want of memory. */
  crash(idOrName: string, exitCode = 1, options: { readonly outOfMemory?: boolean } = {}): void {
    this.#lifecycle.die(this.#existing(idOrName), exitCode, options.outOfMemory === true);
  }

  /** The process does nothing any more (SIGSTOP, a deadlock): no event, no answer, only SIGKILL ends it. */
  hang(idOrName: string, hung = true): void {
    this.#existing(idOrName).hung = hung;
  }

  /** The engine itself gets stuck on this container (moby#18848): calls for it find their deadline. */
  jam(idOrName: string, jammed = true): void {
    this.#existing(idOrName).jammed = jammed;
  }

  setHealth(idOrName: string, health: 'starting' | 'healthy' | 'unhealthy', output = ''): void {
    const container = this.#existing(idOrName);
    const changed = container.health !== health;
    container.health = health;
    container.healthFailingStreak = health === 'unhealthy' ? container.healthFailingStreak + 1 : 0;
    container.healthOutput = output;
    if (changed) this.#lifecycle.emit(container, `health_status: ${health}`);
  }

  write(idOrName: string, stream: LogLine['stream'], text: string): void {
    this.#existing(idOrName).write(this.#clock.now(), stream, text);
  }

  loseEvents(loses = true): void {
    this.#events.lose(loses);
  }

  /** No call is answered, every stream breaks, no policy restarts anything. Containers run on. */
  goAway(): void {
    this.#isAway = true;
    this.#events.breakAll();
    for (const container of this.#containers.values()) container.wake();
  }

  comeBack(): void {
    this.#isAway = false;
    for (const wake of this.#returned.splice(0)) wake();
  }

  addImage(reference: string, image: Partial<Image> = {}): void {
    this.#images.set(reference, this.#image(reference, image));
  }

  /** An image of the registry: there after a pull. */
  addPullable(reference: string, image: Partial<Image> = {}): void {
    this.#pullable.set(reference, this.#image(reference, image));
  }

  // ---- Engine ----

  async info(call: Call = {}): Promise<EngineInfo> {
    await this.#enter(call);
    return {
      id: this.#id,
      version: '0.0.0-memory',
      apiVersion: '1.41',
      os: 'linux',
      architecture: 'x86_64',
      cpus: 2,
      memoryBytes: 8 * 1024 ** 3,
      cgroupVersion: '2',
      liveRestore: true,
      swarmActive: false,
      securityOptions: [],
    };
  }

  /** A jammed container is listed by what the list itself knows, as in the Docker adapter. */
  async listContainers(filter: ListFilter, call: Call = {}): Promise<Container[]> {
    await this.#enter(call);
    const found = [...this.#containers.values()].filter((container) => matches(container.spec.Labels, filter));
    return found.map((container) => this.#describe(container));
  }

  async inspectContainer(idOrName: string, call: Call = {}): Promise<Container | null> {
    await this.#enter(call);
    const container = this.#findContainer(idOrName);
    if (container === undefined) return null;
    await this.#unlessJammed(container, call);
    return this.#describe(container);
  }

  async createContainer(name: string, spec: ContainerSpec, call: Call = {}): Promise<string> {
    await this.#enter(call);
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) throw refused(400, `Invalid container name (${name})`);
    const holder = this.#findContainer(name);
    if (holder?.name === name)
      throw refused(409, `Conflict. The container name "/${name}" is already in use by container "${holder.id}".`);
    const image = this.#images.get(spec.Image);
    if (image === undefined) throw refused(404, `No such image: ${spec.Image}`);
    for (const attachment of spec.Networks) this.#existingNetwork(attachment.network).judge(attachment);
    const container = this.#make(name, spec, image);
    for (const attachment of spec.Networks)
      container.attachments.set(this.#existingNetwork(attachment.network).spec.name, attachment);
    this.#containers.set(container.id, container);
    this.#lifecycle.emit(container, 'create');
    return container.id;
  }

  async startContainer(id: string, call: Call = {}): Promise<void> {
    this.#lifecycle.start(await this.#change(id, call));
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
    if ([...this.#containers.values()].some((other) => other.name === name))
      throw refused(409, `Conflict. The container name "/${name}" is already in use.`);
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
    this.#containers.delete(container.id);
    if (options.volumes) for (const mount of container.mounts) this.#removeAnonymous(mount.name);
    this.#lifecycle.emit(container, 'destroy');
    container.wake();
  }

  async setRestartPolicy(id: string, policy: RestartPolicy, call: Call = {}): Promise<void> {
    const container = await this.#change(id, call);
    container.policy = policy;
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
      return matches(this.#containers.get(event.containerId)?.spec.Labels ?? {}, filter);
    };
    return this.#events.subscribe(wants, options.sinceMs, call.signal);
  }

  async *logs(
    id: string,
    options: { readonly follow: boolean; readonly tail?: number; readonly sinceMs?: number },
    call: Call = {},
  ): AsyncIterable<LogLine> {
    const container = await this.#change(id, call);
    const { sinceMs = 0, tail = Number.POSITIVE_INFINITY } = options;
    const known = container.log.filter((line) => line.at >= sinceMs).length;
    let next = container.log.length - Math.min(tail, known);
    while (!call.signal?.aborted) {
      if (this.#isAway) throw this.#unreachable();
      const line = container.log[next];
      if (line !== undefined) {
        next += 1;
        yield line;
      } else if (options.follow && container.isRunning) await container.changed(call.signal);
      else return;
    }
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
    const { user = '', env = [], workingDir = '' } = options;
    const result = container.program.exec?.(command, { user, env, workingDir }) ?? { exitCode: 0 };
    const { exitCode, stdout = '', stderr = '' } = result;
    return {
      exitCode,
      stdout: stdout.slice(0, MAX_EXEC_CHARACTERS),
      stderr: stderr.slice(0, MAX_EXEC_CHARACTERS - Math.min(stdout.length, MAX_EXEC_CHARACTERS)),
    };
  }

  async listNetworks(filter: ListFilter, call: Call = {}): Promise<Network[]> {
    await this.#enter(call);
    return [...this.#networks.values()]
      .filter((network) => matches(network.spec.labels, filter))
      .map((network) => network.describe());
  }

  async inspectNetwork(idOrName: string, call: Call = {}): Promise<Network | null> {
    await this.#enter(call);
    return this.#findNetwork(idOrName)?.describe() ?? null;
  }

  async createNetwork(spec: NetworkSpec, call: Call = {}): Promise<string> {
    await this.#enter(call);
    const others = [...this.#networks.values()];
    if (others.some((other) => other.spec.name === spec.name))
      throw refused(409, `network with name ${spec.name} already exists`);
    const network = new MemoryNetwork(this.#newId('network'), spec, others);
    this.#networks.set(network.id, network);
    return network.id;
  }

  async removeNetwork(idOrName: string, call: Call = {}): Promise<void> {
    await this.#enter(call);
    const network = this.#findNetwork(idOrName);
    if (network === undefined) return;
    if (network.held.size > 0)
      throw refused(
        403,
        `error while removing network: network ${network.spec.name} id ${network.id} has active endpoints`,
      );
    this.#networks.delete(network.id);
  }

  async connectNetwork(attachment: NetworkAttachment, containerId: string, call: Call = {}): Promise<void> {
    const container = await this.#change(containerId, call);
    const network = this.#existingNetwork(attachment.network);
    const { name } = network.spec;
    if (container.attachments.has(name)) return this.#stayAttached(container, network, attachment);
    network.judge(attachment);
    container.attachments.set(name, attachment);
    try {
      this.#lifecycle.attach(container, network);
    } catch (error) {
      container.attachments.delete(name);
      throw error;
    }
  }

  async disconnectNetwork(
    network: string,
    containerId: string,
    _options: { readonly force: boolean },
    call: Call = {},
  ): Promise<void> {
    const container = await this.#changeIfThere(containerId, call);
    const found = this.#findNetwork(network);
    if (container === undefined || found === undefined) return;
    this.#lifecycle.detach(container, found);
    container.attachments.delete(found.spec.name);
  }

  async listVolumes(filter: ListFilter, call: Call = {}): Promise<Volume[]> {
    await this.#enter(call);
    return [...this.#volumes.values()].filter((volume) => matches(volume.labels, filter));
  }

  async inspectVolume(name: string, call: Call = {}): Promise<Volume | null> {
    await this.#enter(call);
    return this.#volumes.get(name) ?? null;
  }

  async createVolume(spec: VolumeSpec, call: Call = {}): Promise<void> {
    await this.#enter(call);
    this.#ensureVolume(spec);
  }

  async removeVolume(name: string, call: Call = {}): Promise<void> {
    await this.#enter(call);
    const users = this.#usersOf(name);
    if (users.length > 0) throw refused(409, `remove ${name}: volume is in use - [${users.join(', ')}]`);
    this.#volumes.delete(name);
  }

  async inspectImage(reference: string, call: Call = {}): Promise<Image | null> {
    await this.#enter(call);
    return this.#images.get(reference) ?? null;
  }

  async pullImage(
    reference: string,
    options: { readonly onProgress?: (line: string) => void },
    call: Call = {},
  ): Promise<void> {
    await this.#enter(call);
    const image = this.#pullable.get(reference);
    if (image === undefined)
      throw refused(
        404,
        `pull access denied for ${reference}, repository does not exist or may require 'docker login'`,
      );
    options.onProgress?.(`Pulling from ${reference}`);
    this.#images.set(reference, image);
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
    const container = this.#findContainer(id);
    if (container !== undefined) await this.#unlessJammed(container, call);
    return container;
  }

  async #unlessJammed(container: MemoryContainer, call: Call): Promise<void> {
    if (!container.jammed) return;
    const deadlineMs = call.deadlineMs ?? READ_DEADLINE_MS;
    await this.#clock.sleep(deadlineMs, call.signal);
    throw new TwinhullError(
      'TH_ENGINE_UNREACHABLE',
      `the engine did not answer for ${container.name} within ${deadlineMs / 1000} s`,
    );
  }

  #describe(container: MemoryContainer): Container {
    return describeContainer(container, (name) => this.#findNetwork(name)?.held.get(container.id) ?? '');
  }

  #make(name: string, spec: ContainerSpec, image: Image): MemoryContainer {
    const mounts = plannedMounts(spec, image, () => this.#newId('volume'));
    for (const mount of mounts) if (mount.type === 'volume') this.#ensureVolume({ name: mount.name, labels: {} });
    const made = { program: this.#programOf(spec), imageId: image.id, at: this.#clock.now(), mounts };
    return new MemoryContainer(this.#newId('container'), name, spec, made);
  }

  #stayAttached(container: MemoryContainer, network: MemoryNetwork, wanted: NetworkAttachment): void {
    const address = network.held.get(container.id) ?? container.attachments.get(network.spec.name)?.ipv4Address;
    if (wanted.ipv4Address !== undefined && wanted.ipv4Address !== address) {
      throw refused(403, `endpoint with name ${container.name} already exists in network ${network.spec.name}`);
    }
  }

  #ensureVolume(spec: VolumeSpec): void {
    const driver = spec.driver ?? 'local';
    const found = this.#volumes.get(spec.name);
    if (found !== undefined && found.driver !== driver)
      throw refused(409, `volume ${spec.name} already exists but with different driver`);
    if (found === undefined)
      this.#volumes.set(spec.name, { driverOptions: {}, ...spec, driver, mountpoint: `/volumes/${spec.name}/_data` });
  }

  /** Anonymous volumes have the engine's own names. */
  #removeAnonymous(name: string): void {
    if (/^[0-9a-f]{64}$/.test(name) && this.#usersOf(name).length === 0) this.#volumes.delete(name);
  }

  #usersOf(volume: string): string[] {
    return [...this.#containers.values()]
      .filter((container) => container.mounts.some((mount) => mount.name === volume))
      .map((container) => container.id);
  }

  #findContainer(idOrName: string): MemoryContainer | undefined {
    const all = [...this.#containers.values()];
    return this.#containers.get(idOrName) ?? all.find((container) => container.name === idOrName);
  }

  #existing(idOrName: string): MemoryContainer {
    const container = this.#findContainer(idOrName);
    if (container === undefined) throw refused(404, `No such container: ${idOrName}`);
    return container;
  }

  #findNetwork(idOrName: string): MemoryNetwork | undefined {
    return (
      this.#networks.get(idOrName) ?? [...this.#networks.values()].find((network) => network.spec.name === idOrName)
    );
  }

  #existingNetwork(idOrName: string): MemoryNetwork {
    const network = this.#findNetwork(idOrName);
    if (network === undefined) throw refused(404, `network ${idOrName} not found`);
    return network;
  }

  #image(reference: string, image: Partial<Image>): Image {
    const id = `sha256:${createHash('sha256').update(reference).digest('hex')}`;
    return {
      id,
      exposedPorts: [],
      volumes: [],
      healthcheckTest: null,
      entrypoint: null,
      cmd: null,
      env: [],
      user: '',
      labels: {},
      ...image,
    };
  }

  #newId(kind: string): string {
    return createHash('sha256')
      .update(`${this.#id} ${kind} ${++this.#made}`)
      .digest('hex');
  }
}
