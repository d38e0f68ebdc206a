/**
 * Notices a member that has stopped answering before any check does: under load, responses that stand still
 * while requests are inside the member are the first sign. It is a sign only (one slow request looks the same),
 * so it leads to a probe, and a probe that is answered makes the next one wait longer: a member at work on a
 * request of two minutes sees two probes a second, not more.
 */

/** Responses that stand still for so long are worth a probe. */
const STANDSTILL_MS = 80;
const LONGEST_WAIT_MS = 500;
const AGAIN_AFTER_SILENCE_MS = 100;

/** What the gateway's counters said of one member and port. */
export interface Sample {
  /** milliseconds, monotonic */
  readonly at: number;
  /** anything that grows with every response, or part of one */
  readonly progress: number;
  readonly sessions: number;
}

export interface Stall {
  readonly progress: number;
  readonly sessions: number;
  readonly stillSince: number;
  readonly waitMs: number;
  readonly probeNotBefore: number;
}

/**
 * @param before null at the first sample
 * @param wasLate the sample came late: what happened in between is unknown, and standing still is our own fault
 */
export function observe(before: Stall | null, sample: Sample, wasLate: boolean): Stall {
  if (before === null) return calm(sample, STANDSTILL_MS);
  const moves = sample.progress !== before.progress;
  if (moves || before.sessions === 0 || sample.sessions === 0) {
    return calm(sample, Math.max(STANDSTILL_MS, before.waitMs / 2));
  }
  if (wasLate) return { ...before, stillSince: sample.at, probeNotBefore: sample.at + before.waitMs };
  return before;
}

const calm = (sample: Sample, waitMs: number): Stall => ({
  progress: sample.progress,
  sessions: sample.sessions,
  stillSince: sample.at,
  waitMs,
  probeNotBefore: sample.at + waitMs,
});

export function wantsProbe(stall: Stall, sample: Sample): boolean {
  return sample.sessions > 0 && sample.at >= stall.probeNotBefore;
}

/** After a probe: answered, the next one waits twice as long; silent, it comes soon. */
export function afterProbe(stall: Stall, at: number, answered: boolean): Stall {
  const waitMs = answered ? Math.min(LONGEST_WAIT_MS, stall.waitMs * 2) : AGAIN_AFTER_SILENCE_MS;
  return { ...stall, waitMs, probeNotBefore: at + waitMs };
}

/**
 * How long a probe may take, from what checks of this member usually take: well above it, never so short that
 * a scheduler's pause decides, never longer than the check itself.
 * @param usualMs null: not known yet
 * @param lagMs how late our own timers fire: what slows us down slows the member down as well
 */
export function probeTimeoutMs(usualMs: number | null, lagMs: number, checkTimeoutMs: number): number {
  if (usualMs === null) return checkTimeoutMs;
  return Math.min(checkTimeoutMs, Math.max(STANDSTILL_MS, usualMs * 4) + Math.max(0, lagMs - 5) * 4);
}

/** A moving mean in which the last value counts a fifth. */
export function usually(beforeMs: number | null, lastMs: number): number {
  return beforeMs === null ? lastMs : beforeMs * 0.8 + lastMs * 0.2;
}
