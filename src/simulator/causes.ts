/** What may be the reason for an action, as far as fate knows. */

import type { Begun } from './faults/fault.ts';

/** An action may come so long after its cause is over: a repair waits, holds, tries, and looks whether it helped. */
const LINGERS_MS = 180_000;

interface Cause {
  readonly of: ReadonlySet<string> | 'all';
  readonly from: number;
  until: number;
}

export class Causes {
  readonly #causes: Cause[] = [];

  /** @returns to be called when it is over */
  begin({ causes }: Pick<Begun, 'causes'>, now: number): (now: number) => void {
    const cause: Cause = { of: causes === 'all' ? 'all' : new Set(causes), from: now, until: Number.POSITIVE_INFINITY };
    this.#causes.push(cause);
    return (end) => (cause.until = end);
  }

  /** Whether something is, or was a while ago, the matter with it. */
  explains(name: string, now: number): boolean {
    return this.#causes.some(({ of, until }) => now <= until + LINGERS_MS && (of === 'all' || of.has(name)));
  }
}
