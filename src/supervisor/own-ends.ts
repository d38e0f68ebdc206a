/**
 * Which runs of containers we end ourselves. The engine tells of a stop of ours in the same events as of one that
 * somebody else asks for, and how late they come says nothing: so an end is ours when we have asked for it, of this
 * container and of this run. From the container's next start on, an end is again somebody else's.
 */

import { isCode } from '../errors.ts';
import type { Engine } from '../ports/engine.ts';

const ends = ['stopContainer', 'restartContainer', 'killContainer', 'removeContainer'] as const;
type End = (typeof ends)[number];

export class OwnEnds {
  /** ids of containers whose run we end or have ended */
  readonly #ids = new Set<string>();

  has(containerId: string): boolean {
    return this.#ids.has(containerId);
  }

  /** It runs anew, or is gone for good. */
  forget(containerId: string): void {
    this.#ids.delete(containerId);
  }

  /** The engine for whoever changes the project: each end that is asked for is noted before it can be seen. */
  watch<Watched extends Engine>(engine: Watched): Watched {
    const watched: Pick<Engine, End> = {
      stopContainer: (id, options, call) => this.#ending(id, () => engine.stopContainer(id, options, call)),
      restartContainer: (id, options, call) => this.#ending(id, () => engine.restartContainer(id, options, call)),
      killContainer: (id, signalName, call) => this.#ending(id, () => engine.killContainer(id, signalName, call)),
      removeContainer: (id, options, call) => this.#ending(id, () => engine.removeContainer(id, options, call)),
    };
    return new Proxy(engine, {
      get(target, name) {
        if (isEnd(name)) return watched[name];
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** A conflict (409) is told before anything is done. After any other failure, or none, the run may have ended. */
  async #ending(id: string, end: () => Promise<void>): Promise<void> {
    const isNoted = this.#ids.has(id);
    this.#ids.add(id);
    try {
      await end();
    } catch (error) {
      if (isCode(error, 'TH_ENGINE_REFUSED') && error.status === 409 && !isNoted) this.#ids.delete(id);
      throw error;
    }
  }
}

function isEnd(name: string | symbol): name is End {
  return ends.some((end) => end === name);
}
