/**
 * What starting and ending means in the engine in memory: addresses taken and given back, ports, restarts by
 * policy, and the events of it all in the order Docker gives them (recorded from Docker 20.10).
 */

import { messageOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EngineEvent, NetworkAttachment } from '../../ports/engine.ts';
import { type MemoryContainer, signalName, signalNumber } from './engine-container.ts';
import type { ContainerTable } from './engine-containers.ts';
import type { EventHub } from './engine-events.ts';
import type { MemoryNetwork } from './engine-networks.ts';
import { publishedPorts } from './engine-ports.ts';
import { refused } from './engine-refusal.ts';

const DEFAULT_GRACE_SECONDS = 10;
/** The exit code of a container that could not be started. */
const NOT_STARTED = 128;

export interface World {
  readonly clock: Clock;
  readonly events: EventHub;
  readonly containers: ContainerTable;
  readonly network: (nameOrId: string) => MemoryNetwork | undefined;
  readonly startTakesMs: () => number;
  /** resolves when the engine is there: a policy restarts nothing while it is away */
  readonly engineThere: () => Promise<void>;
}

export class Lifecycle {
  readonly #world: World;
  #lastPid = 1000;

  constructor(world: World) {
    this.#world = world;
  }

  async start(container: MemoryContainer): Promise<void> {
    if (container.state === 'paused') throw refused(409, 'cannot start a paused container, try unpause instead');
    await this.#startUp(container);
    if (container.isRunning) return;
    this.#begin(container, true);
  }

  /** Meanwhile somebody else may have started it, or removed it. */
  async #startUp(container: MemoryContainer): Promise<void> {
    const takesMs = this.#world.startTakesMs();
    if (takesMs > 0) await this.#world.clock.sleep(takesMs);
    if (this.#world.containers.find(container.id) === undefined)
      throw refused(404, `No such container: ${container.id}`);
  }

  async stop(container: MemoryContainer, timeoutSeconds: number | undefined, signal?: AbortSignal): Promise<void> {
    if (container.state === 'restarting') {
      container.giveUpRestart();
      this.emit(container, 'stop');
      return;
    }
    if (!container.isRunning) return;
    await this.#terminate(container, timeoutSeconds, signal);
    this.emit(container, 'stop');
  }

  async restart(container: MemoryContainer, timeoutSeconds: number | undefined, signal?: AbortSignal): Promise<void> {
    await this.stop(container, timeoutSeconds, signal);
    await this.#startUp(container);
    if (!container.isRunning) this.#begin(container, true);
    this.emit(container, 'restart');
  }

  /** One that waits to be restarted has no process to signal: it is not restarted, and there is no event. */
  kill(container: MemoryContainer, written: string): void {
    if (container.state === 'restarting') container.giveUpRestart();
    if (!container.isRunning) return;
    this.#send(container, signalName(written));
  }

  pause(container: MemoryContainer): void {
    if (container.state === 'paused') return;
    if (container.state !== 'running') throw refused(409, `Container ${container.id} is not running`);
    container.state = 'paused';
    this.emit(container, 'pause');
  }

  unpause(container: MemoryContainer): void {
    if (container.state === 'running') return;
    if (container.state !== 'paused') throw refused(500, `Container ${container.id} is not paused`);
    container.state = 'running';
    this.emit(container, 'unpause');
  }

  /** The process is gone: by itself, or by a signal. */
  die(container: MemoryContainer, exitCode: number, wasOutOfMemory = false): void {
    if (!container.isRunning) return;
    if (wasOutOfMemory) this.emit(container, 'oom');
    const waitMs = container.end(this.#world.clock.now(), exitCode);
    container.oomKilled = wasOutOfMemory;
    this.emit(container, 'die', { exitCode: String(exitCode) });
    this.#detachAll(container);
    if (waitMs !== null) void this.#restartLater(container, waitMs);
  }

  /** The engine ends it because it ends itself: nobody asked for that, and the policy goes on counting. */
  endWithEngine(container: MemoryContainer): void {
    this.emit(container, 'kill', { signal: '15' });
    this.die(container, container.hung || container.state === 'paused' ? 137 : 143);
    this.emit(container, 'stop');
  }

  /** One that is attached already stays as it is, unless another address is asked for. */
  connect(container: MemoryContainer, network: MemoryNetwork, wanted: NetworkAttachment): void {
    const { name } = network.spec;
    const attached = container.attachments.get(name);
    if (attached !== undefined) {
      const address = network.held.get(container.id) ?? attached.ipv4Address;
      if (wanted.ipv4Address === undefined || wanted.ipv4Address === address) return;
      throw refused(403, `endpoint with name ${container.name} already exists in network ${name}`);
    }
    network.judge(wanted);
    if (container.isRunning) {
      network.take(container.id, wanted);
      this.#emitNetwork(container, network, 'connect');
    }
    container.attachments.set(name, wanted);
  }

  disconnect(container: MemoryContainer, network: MemoryNetwork): void {
    this.#detach(container, network);
    container.attachments.delete(network.spec.name);
  }

  emit(container: MemoryContainer, action: string, more: Readonly<Record<string, string>> = {}): void {
    const attributes = { ...container.spec.Labels, image: container.spec.Image, name: container.name, ...more };
    this.#publish({ type: 'container', action, containerId: container.id, attributes, at: this.#world.clock.now() });
  }

  #emitNetwork(container: MemoryContainer, network: MemoryNetwork, action: 'connect' | 'disconnect'): void {
    const attributes = { container: container.id, name: network.spec.name, type: network.spec.driver ?? 'bridge' };
    this.#publish({ type: 'network', action, containerId: container.id, attributes, at: this.#world.clock.now() });
  }

  #detach(container: MemoryContainer, network: MemoryNetwork): void {
    if (network.held.delete(container.id)) this.#emitNetwork(container, network, 'disconnect');
  }

  #begin(container: MemoryContainer, byRequest: boolean): void {
    try {
      this.#takeNetworks(container);
      container.ports = publishedPorts(container, this.#world.containers.all());
    } catch (error) {
      for (const network of this.#networksOf(container)) network.held.delete(container.id);
      container.error = messageOf(error);
      container.exitCode = NOT_STARTED;
      throw error;
    }
    for (const network of this.#networksOf(container)) this.#emitNetwork(container, network, 'connect');
    container.begin(this.#world.clock.now(), ++this.#lastPid, byRequest);
    this.emit(container, 'start');
    void this.#endByItself(container);
  }

  #takeNetworks(container: MemoryContainer): void {
    for (const [name, attachment] of container.attachments) {
      const network = this.#world.network(name);
      if (network === undefined) throw refused(404, `network ${name} not found`);
      network.judge(attachment);
      network.take(container.id, attachment);
    }
  }

  /** Stop signal, grace, SIGKILL. A paused process gets its signal when it is thawed. */
  async #terminate(
    container: MemoryContainer,
    timeoutSeconds: number | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    const run = container.run;
    this.#send(container, signalName(container.spec.StopSignal ?? 'SIGTERM'), true);
    const graceMs = (timeoutSeconds ?? container.spec.StopTimeout ?? DEFAULT_GRACE_SECONDS) * 1000;
    await this.#untilEnded(container, run, graceMs, signal);
    if (container.run === run && container.isRunning) this.#send(container, 'SIGKILL');
  }

  async #untilEnded(container: MemoryContainer, run: number, graceMs: number, signal?: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
    const grace = this.#world.clock.sleep(graceMs, either).then(
      () => 'over',
      () => 'over',
    );
    const hasEnded = (): boolean => container.run !== run || !container.isRunning;
    while (!hasEnded()) {
      if ((await Promise.race([grace, container.changed(either).then(() => 'changed')])) === 'over') break;
    }
    over.abort();
    await grace;
    signal?.throwIfAborted();
  }

  /** @param thaws a paused process is thawed, so that it gets the signal */
  #send(container: MemoryContainer, name: string, thaws = false): void {
    container.noteSignal(name);
    this.emit(container, 'kill', { signal: String(signalNumber(name)) });
    if (thaws && container.state === 'paused') this.unpause(container);
    const exitCode = container.exitCodeFor(name);
    if (exitCode !== null) this.die(container, exitCode);
  }

  async #restartLater(container: MemoryContainer, waitMs: number): Promise<void> {
    const run = container.run;
    await this.#world.clock.sleep(waitMs);
    await this.#world.engineThere();
    if (container.run !== run || container.state !== 'restarting') return;
    try {
      this.#begin(container, false);
    } catch {
      // The engine notes the error and leaves the container stopped.
      container.giveUpRestart();
    }
  }

  async #endByItself(container: MemoryContainer): Promise<void> {
    const { exits } = container.program;
    if (exits === undefined) return;
    const run = container.run;
    await this.#world.clock.sleep(exits.afterMs);
    if (container.run === run && !container.hung) this.die(container, exits.exitCode);
  }

  #detachAll(container: MemoryContainer): void {
    for (const network of this.#networksOf(container)) this.#detach(container, network);
  }

  #networksOf(container: MemoryContainer): MemoryNetwork[] {
    return [...container.attachments.keys()].flatMap((name) => this.#world.network(name) ?? []);
  }

  #publish(event: EngineEvent): void {
    this.#world.events.emit(event);
  }
}
