/** The small world of one contract test: containers, networks and volumes that are gone when it ends. */

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Container, ContainerSpec, Engine, EngineEvent, NetworkAttachment } from '../../src/ports/engine.ts';

/**
 * What a container does. patient: ends with 0 when asked. stubborn: ignores SIGTERM. talker: says "one" on
 * standard output, "two" on standard error, then is patient. brief: ends with 0 at once. failing: with 3.
 */
export type ProgramName = 'patient' | 'stubborn' | 'talker' | 'brief' | 'failing';

export interface Rig {
  readonly engine: Engine;
  /** there, exposes 80/tcp */
  readonly image: string;
  /** an engine nobody answers for */
  readonly absent: Engine;
  command(program: ProgramName): readonly string[];
  /** the process of a patient container ends by itself with exit code 3 */
  crash(id: string): Promise<void>;
  /** its process writes a file, after a moment's wait */
  touch(id: string, path: string): Promise<void>;
  /** true when the engine's health check of a container may be waited for (every 100 ms `true` or `false`) */
  setHealth(id: string, healthy: boolean): Promise<void>;
  close(): Promise<void>;
}

export class Site implements AsyncDisposable {
  readonly rig: Rig;
  readonly engine: Engine;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly #watches = new AbortController();

  constructor(rig: Rig, name: string) {
    this.rig = rig;
    this.engine = rig.engine;
    this.name = name;
    this.labels = { 'twinhull.test': name };
  }

  spec(program: ProgramName, more: Partial<ContainerSpec> = {}): ContainerSpec {
    return {
      Image: this.rig.image,
      Cmd: this.rig.command(program),
      HostConfig: {},
      Networks: [],
      ...more,
      Labels: { ...this.labels, ...more.Labels },
    };
  }

  async create(program: ProgramName, more: Partial<ContainerSpec> = {}, name = 'a'): Promise<string> {
    return await this.engine.createContainer(`${this.name}-${name}`, this.spec(program, more));
  }

  async run(program: ProgramName, more: Partial<ContainerSpec> = {}, name = 'a'): Promise<string> {
    const id = await this.create(program, more, name);
    await this.engine.startContainer(id);
    return id;
  }

  async network(name: string, subnet?: string): Promise<string> {
    const full = `${this.name}-${name}`;
    await this.engine.createNetwork({
      name: full,
      labels: this.labels,
      ...(subnet !== undefined && { ipam: { config: [{ subnet }] } }),
    });
    return full;
  }

  on(network: string, more: Partial<NetworkAttachment> = {}): NetworkAttachment {
    return { network, aliases: [], ...more };
  }

  async inspect(id: string): Promise<Container> {
    const found = await this.engine.inspectContainer(id);
    assert.ok(found, 'the container is there');
    return found;
  }

  /** Waits until the container is as `isSo` says; fails after ten seconds. */
  async until(id: string, isSo: (container: Container) => boolean): Promise<Container> {
    for (let attempt = 0; attempt < 500; attempt++) {
      const found = await this.inspect(id);
      if (isSo(found)) return found;
      await pause(20);
    }
    assert.fail(`not so within ten seconds: ${String(isSo)}; it is ${JSON.stringify(await this.inspect(id))}`);
  }

  async watch(): Promise<Watch> {
    return new Watch(await this.engine.events({ labels: this.labels }, { signal: this.#watches.signal }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watches.abort();
    const filter = { labels: this.labels };
    for (const { id } of await this.engine.listContainers(filter))
      await this.engine.removeContainer(id, { force: true, volumes: true });
    for (const { id } of await this.engine.listNetworks(filter)) await this.engine.removeNetwork(id);
    for (const { name } of await this.engine.listVolumes(filter)) await this.engine.removeVolume(name);
  }
}

/** Collects events as they come. */
export class Watch {
  readonly seen: EngineEvent[] = [];
  readonly ended: Promise<void>;

  constructor(events: AsyncIterable<EngineEvent>) {
    this.ended = this.#collect(events);
  }

  get actions(): string[] {
    return this.seen.map((event) => event.action);
  }

  /** The container's own actions. */
  get containerActions(): string[] {
    return this.seen.filter((event) => event.type === 'container').map((event) => event.action);
  }

  async until(action: string): Promise<void> {
    await this.untilAll([action]);
  }

  /** Waits until these have come, in this order, whatever between them; fails after ten seconds. */
  async untilAll(wanted: readonly string[]): Promise<void> {
    for (let attempt = 0; attempt < 500; attempt++) {
      let next = 0;
      for (const action of this.actions) if (action === wanted[next]) next += 1;
      if (next === wanted.length) return;
      await pause(20);
    }
    assert.fail(`no ${wanted.join(', ')} within ten seconds, but: ${this.actions.join(' ')}`);
  }

  async #collect(events: AsyncIterable<EngineEvent>): Promise<void> {
    for await (const event of events) this.seen.push(event);
  }
}
