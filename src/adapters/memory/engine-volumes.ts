import type { ListFilter, Volume, VolumeSpec } from '../../ports/engine.ts';
import { matches } from './engine-description.ts';
import { refused } from './engine-refusal.ts';

/** The engine's own names, for volumes nobody named. */
const ANONYMOUS = /^[0-9a-f]{64}$/;

/** The volumes of the engine in memory. */
export class VolumeTable {
  readonly #volumes = new Map<string, Volume>();
  readonly #usersOf: (name: string) => readonly string[];

  /** @param usersOf ids of the containers that mount a volume */
  constructor(usersOf: (name: string) => readonly string[]) {
    this.#usersOf = usersOf;
  }

  list(filter: ListFilter): Volume[] {
    return [...this.#volumes.values()].filter((volume) => matches(volume.labels, filter));
  }

  find(name: string): Volume | null {
    return this.#volumes.get(name) ?? null;
  }

  /** One of that name and driver stays as it is. */
  ensure(spec: VolumeSpec): void {
    const driver = spec.driver ?? 'local';
    const found = this.#volumes.get(spec.name);
    if (found !== undefined && found.driver !== driver) {
      throw refused(409, `volume ${spec.name} already exists but with different driver`);
    }
    const made = { driverOptions: {}, ...spec, driver, mountpoint: `/volumes/${spec.name}/_data` };
    if (found === undefined) this.#volumes.set(spec.name, made);
  }

  remove(name: string): void {
    const users = this.#usersOf(name);
    if (users.length > 0) throw refused(409, `remove ${name}: volume is in use - [${users.join(', ')}]`);
    this.#volumes.delete(name);
  }

  /** With the last container that used it. */
  removeAnonymous(name: string): void {
    if (ANONYMOUS.test(name) && this.#usersOf(name).length === 0) this.#volumes.delete(name);
  }
}
