import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DemoProject, type Member, PROJECT } from '../../examples/demo/project.ts';
import type { Container, Engine } from '../../src/ports/engine.ts';
import type { Random } from '../../src/simulator/random.ts';

/** The running example as a campaign meets it: its containers and processes, beside what twinhull says of them. */

/** A member with the container it has at the moment. */
export interface Placed extends Member {
  readonly service: string;
  readonly container: Container;
}

/** Whoever fails again sooner was not mended, for twinhull, which then waits longer and longer before it tries again. */
const LASTED_MS = 60_000;

export class Company {
  readonly project: DemoProject;
  readonly engine: Engine;
  /** when a member was drawn last, by its name */
  readonly #drawnAt = new Map<string, number>();

  constructor(project: DemoProject, engine: Engine) {
    this.project = project;
    this.engine = engine;
  }

  /** The members of a service that have a process, by name. Throws when it has none. */
  async running(service: string): Promise<readonly Placed[]> {
    const { members } = await this.project.readService(service);
    const placed = await Promise.all(members.map((member) => this.#place(service, member)));
    const found = placed.flatMap((one) => (one?.container.state === 'running' ? [one] : []));
    if (found.length === 0) throw new Error(`nothing of ${service} runs`);
    return found.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** One of them; of those that were not drawn within the last minute, if there are any. */
  async draw(service: string, random: Random): Promise<Placed> {
    const running = await this.running(service);
    const now = performance.now();
    const rested = running.filter(({ name }) => now - (this.#drawnAt.get(name) ?? -LASTED_MS) >= LASTED_MS);
    const member = random.pick(rested.length > 0 ? rested : running);
    this.#drawnAt.set(member.name, now);
    return member;
  }

  async #place(service: string, member: Member): Promise<Placed | null> {
    if (member.containerId === null) return null;
    const container = await this.engine.inspectContainer(member.containerId);
    return container && { ...member, service, container };
  }

  /** The container of a service's gateway. Throws when it has none. */
  async gateway(service: string): Promise<Container> {
    const { gateway } = await this.project.readService(service);
    const container = await this.engine.inspectContainer(gateway?.containerId ?? '');
    if (container === null) throw new Error(`${service} has no gateway`);
    return container;
  }

  /** Every container of the project, whatever twinhull thinks of it. */
  containers(): Promise<readonly Container[]> {
    return this.engine.listContainers({ labels: { 'com.docker.compose.project': PROJECT } });
  }

  /** Process id of who supervises now, from its lease. */
  async supervisorPid(): Promise<number> {
    const folder = this.project.environment['TWINHULL_STATE_DIR'] ?? '';
    const card = (await readdir(folder, { recursive: true })).find((path) => path.endsWith('lease.json'));
    if (card === undefined) throw new Error(`no lease in ${folder}`);
    return (JSON.parse(await readFile(join(folder, card), 'utf8')) as { readonly pid: number }).pid;
  }
}

/** Of a process and all below it. */
export async function processTree(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const below = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(processTree));
  return [pid, ...below.flat()];
}

export async function processName(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
}

/** It was stopped by a signal and does nothing. */
export async function isFrozen(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /^\S+ \(.*\) T/s.test(stat);
}
