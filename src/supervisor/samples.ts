/**
 * Samples in a row, and what they say over a window. A window counts only when there were samples all through it: a
 * supervisor that was held up, or a source that was away, has seen nothing in between.
 */

import type { OomSeen, ResourcesSeen } from '../core/model.ts';
import type { ContainerSample } from '../ports/meter.ts';

/** Two samples further apart than this have a hole between them: a round of the slow source takes less. */
const HOLE_MS = 30_000;
/** What is older than this is no longer so. */
const STALE_MS = 30_000;
const FEWEST = 3;
/** what of the window must lie between the first sample and the last */
const COVERED = 0.9;

export interface Timed {
  /** milliseconds of the clock that never jumps */
  readonly at: number;
}

/**
 * Keeps the samples of one window, and the last one from before it: samples come a little late each time, and a short
 * window would never be covered by those alone that lie within it.
 */
export class Ring<Sample extends Timed> {
  readonly windowMs: number;
  #samples: Sample[] = [];

  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  add(sample: Sample): void {
    const last = this.#samples.at(-1);
    if (last && sample.at - last.at > HOLE_MS) this.#samples = [];
    this.#samples.push(sample);
    while (sample.at - (this.#samples[1]?.at ?? sample.at) >= this.windowMs) this.#samples.shift();
  }

  get last(): Sample | undefined {
    return this.#samples.at(-1);
  }

  /** Of what is there, whether it covers the window or not. */
  get first(): Sample | undefined {
    return this.#samples[0];
  }

  /** The samples of the window that ends with the last one; null when they do not cover it, or are old. */
  whole(now: number): readonly Sample[] | null {
    const { first, last } = this;
    if (!first || !last || now - last.at > STALE_MS || this.#samples.length < FEWEST) return null;
    return last.at - first.at >= this.windowMs * COVERED ? this.#samples : null;
  }
}

export type UseSample = ContainerSample & {
  /** what the gateway's last check took, of the time it may take; null: not known */
  readonly checkShare: number | null;
};

/** Null: the window is not covered. */
export function resourcesOver(ring: Ring<UseSample>, now: number): ResourcesSeen | null {
  const samples = ring.whole(now);
  const [first, last] = [samples?.[0], samples?.at(-1)];
  if (!samples || !first || !last) return null;
  const limitBytes = last.memory?.limitBytes ?? 0;
  const memory = least(samples, ({ memory: one }) => shareOf(one?.usedBytes, one?.limitBytes));
  const pids = least(samples, ({ pids: one }) => shareOf(one?.count, one?.limit));
  const descriptors = least(samples, ({ descriptors: one }) => shareOf(one?.open, one?.limit));
  return {
    overMs: ring.windowMs,
    memory: memory === null ? null : { share: memory, limitBytes },
    cpu: cpuOver(first, last),
    throttledShare: throttledOver(first, last),
    pids: pids === null ? null : { share: pids, limit: last.pids?.limit ?? 0 },
    descriptors: descriptors === null ? null : { share: descriptors, limit: last.descriptors?.limit ?? 0 },
    checkShare: least(samples, ({ checkShare }) => checkShare),
  };
}

function shareOf(used: number | undefined, limit: number | null | undefined): number | null {
  return used === undefined || limit == null || limit <= 0 ? null : used / limit;
}

/** Null when one of them is not known. */
function least(samples: readonly UseSample[], valueOf: (sample: UseSample) => number | null): number | null {
  const values = samples.map(valueOf);
  return values.some((value) => value === null) ? null : Math.min(...values.filter((value) => value !== null));
}

function cpuOver(first: UseSample, last: UseSample): ResourcesSeen['cpu'] {
  if (!first.cpu || !last.cpu || last.cpu.limit <= 0) return null;
  const usedMs = last.cpu.usedMs - first.cpu.usedMs;
  const share = usedMs / ((last.at - first.at) * last.cpu.limit);
  return usedMs < 0 ? null : { share: Math.min(1, share), limit: last.cpu.limit };
}

function throttledOver(first: UseSample, last: UseSample): number | null {
  if (!first.throttling || !last.throttling) return null;
  const periods = last.throttling.periods - first.throttling.periods;
  return periods <= 0 ? null : (last.throttling.throttled - first.throttling.throttled) / periods;
}

/**
 * What the kernel counted. What it had counted before we looked first is of the window only when the run itself is.
 * @param ranForMs how long the container runs
 */
export function killsOver(ring: Ring<UseSample>, ranForMs: number): Pick<OomSeen, 'kills' | 'killsInWindow'> {
  const kills = ring.last?.oomKills ?? null;
  const before = ranForMs < ring.windowMs ? 0 : (ring.first?.oomKills ?? null);
  return { kills, killsInWindow: kills === null || before === null ? null : Math.max(0, kills - before) };
}
