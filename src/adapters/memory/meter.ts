/** The meter's twin: containers use what fate says they use. */

import type { Clock } from '../../ports/clock.ts';
import type { ContainerSample, FileSystemSample, HostSample, Meter, MeterTarget } from '../../ports/meter.ts';

export type Use = Partial<Omit<ContainerSample, 'containerId' | 'at'>>;

const NOTHING = {
  memory: null,
  oomKills: null,
  cpu: null,
  throttling: null,
  pids: null,
  descriptors: null,
  zombies: null,
} as const;

export class MemoryMeter implements Meter {
  readonly #clock: Clock;
  readonly #uses = new Map<string, () => Use | null>();
  hostMemory: HostSample['memory'] = null;
  /** by path */
  readonly fileSystems = new Map<string, Omit<FileSystemSample, 'paths'>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param use at the moment it is asked for; null: nothing of this container can be read */
  set(containerId: string, use: (() => Use | null) | null): void {
    if (use === null) this.#uses.delete(containerId);
    else this.#uses.set(containerId, use);
  }

  async sampleContainer(target: MeterTarget, signal: AbortSignal): Promise<ContainerSample | null> {
    await Promise.resolve();
    signal.throwIfAborted();
    const { containerId, countZombies } = target;
    const use = this.#uses.get(containerId)?.() ?? null;
    if (use === null) return null;
    const { zombies, ...rest } = { ...NOTHING, ...use };
    return { containerId, at: this.#clock.monotonic(), ...rest, zombies: countZombies ? zombies : null };
  }

  async sampleHost(dataRoot: string, paths: readonly string[], signal: AbortSignal): Promise<HostSample> {
    await Promise.resolve();
    signal.throwIfAborted();
    const fileSystems = [...new Set([dataRoot, ...paths])].flatMap((path) => {
      const found = this.fileSystems.get(path);
      return found ? [{ paths: [path], ...found }] : [];
    });
    return { at: this.#clock.monotonic(), memory: this.hostMemory, fileSystems };
  }
}
