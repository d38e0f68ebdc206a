/** The engine's word that a process of a container was out of memory: kept over the end of the run it was of. */

import type { OomSeen } from '../core/model.ts';
import type { Container, EngineEvent } from '../ports/engine.ts';

const MOST_KEPT = 100;

export class OomEvents {
  /** when they came, by the engine's clock; by container */
  readonly #at = new Map<string, number[]>();

  /** @returns whether it is such a word */
  note({ action, containerId, at }: EngineEvent): boolean {
    if (action === 'destroy') this.#at.delete(containerId);
    if (action !== 'oom') return false;
    this.#at.set(containerId, [...(this.#at.get(containerId) ?? []), at].slice(-MOST_KEPT));
    return true;
  }

  of({ id, startedAt }: Container, windowMs: number, now: number): Pick<OomSeen, 'events' | 'eventsBefore'> {
    const known = this.#at.get(id);
    if (!known) return { events: 0, eventsBefore: 0 };
    const all = known.filter((at) => at > now - windowMs);
    const events = all.filter((at) => at >= startedAt).length;
    return { events, eventsBefore: all.length - events };
  }
}
