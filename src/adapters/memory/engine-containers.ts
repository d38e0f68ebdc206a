import type { ListFilter } from '../../ports/engine.ts';
import type { MemoryContainer } from './engine-container.ts';
import { matches } from './engine-description.ts';
import { refused } from './engine-refusal.ts';

/** The containers of the engine in memory. */
export class ContainerTable {
  readonly #containers = new Map<string, MemoryContainer>();

  all(): MemoryContainer[] {
    return [...this.#containers.values()];
  }

  list(filter: ListFilter): MemoryContainer[] {
    return this.all().filter((container) => matches(container.spec.Labels, filter));
  }

  find(idOrName: string): MemoryContainer | undefined {
    return this.#containers.get(idOrName) ?? this.named(idOrName);
  }

  named(name: string): MemoryContainer | undefined {
    return this.all().find((container) => container.name === name);
  }

  existing(idOrName: string): MemoryContainer {
    const container = this.find(idOrName);
    if (container === undefined) throw refused(404, `No such container: ${idOrName}`);
    return container;
  }

  /** Refuses a name that another container has, or that is none. */
  judgeName(name: string): void {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) throw refused(400, `Invalid container name (${name})`);
    const holder = this.named(name);
    if (holder === undefined) return;
    throw refused(409, `Conflict. The container name "/${name}" is already in use by container "${holder.id}".`);
  }

  add(container: MemoryContainer): void {
    this.#containers.set(container.id, container);
  }

  remove({ id }: MemoryContainer): void {
    this.#containers.delete(id);
  }

  /** Ids of the containers that mount a volume. */
  usersOf(volume: string): string[] {
    const users = this.all().filter(({ mounts }) => mounts.some(({ name }) => name === volume));
    return users.map(({ id }) => id);
  }
}
