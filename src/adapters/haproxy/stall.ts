/**
 * Notices a member that has stopped answering before any check does: under load, responses that stand still
 * while requests are inside the member are the first sign. It is a sign only (one slow request looks the same),
 * so it leads to a question: first, soon, whether the member's kernel can be reached at all (knock.ts), then, later,
 * whether anybody is at work in there (probe.ts). A question that is answered makes the next one wait longer: a member
 * at work on a request of two minutes sees two of each a second, not more.
 */

/** How a question is asked. Times in milliseconds. */
interface Manner {
  /** responses that stand still for so long are worth it */
  readonly firstMs: number;
  /** each answer makes the next one wait so many times longer */
  readonly factor: number;
}

/** A look apart: that a kernel answers takes no time, and costs a packet. */
export const KNOCK: Manner = { firstMs: 20, factor: 4 };
export const PROBE: Manner = { firstMs: 80, factor: 2 };
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

/** When a question may be asked next. */
export interface Turn {
  readonly waitMs: number;
  readonly notBefore: number;
}

export interface Stall {
  readonly progress: number;
  readonly sessions: number;
  readonly stillSince: number;
  readonly knock: Turn;
  readonly probe: Turn;
}

/**
 * @param before null at the first sample
 * @param wasLate the sample came late: what happened in between is unknown, and standing still is our own fault
 */
export function observe(before: Stall | null, sample: Sample, wasLate: boolean): Stall {
  if (before === null) return calm(sample, KNOCK.firstMs, PROBE.firstMs);
  const { knock, probe } = before;
  const moves = sample.progress !== before.progress;
  if (moves || before.sessions === 0 || sample.sessions === 0) {
    return calm(sample, Math.max(KNOCK.firstMs, knock.waitMs / 2), Math.max(PROBE.firstMs, probe.waitMs / 2));
  }
  if (wasLate) return { ...before, ...calm(sample, knock.waitMs, probe.waitMs) };
  return before;
}

const calm = (sample: Sample, knockWaitMs: number, probeWaitMs: number): Stall => ({
  progress: sample.progress,
  sessions: sample.sessions,
  stillSince: sample.at,
  knock: after(sample.at, knockWaitMs),
  probe: after(sample.at, probeWaitMs),
});

const after = (at: number, waitMs: number): Turn => ({ waitMs, notBefore: at + waitMs });

export function isDue(turn: Turn, sample: Sample): boolean {
  return sample.sessions > 0 && sample.at >= turn.notBefore;
}

/** After a question: answered, the next one waits longer; silent, it comes soon. */
export function nextTurn({ factor }: Manner, turn: Turn, at: number, answered: boolean): Turn {
  return after(at, answered ? Math.min(LONGEST_WAIT_MS, turn.waitMs * factor) : AGAIN_AFTER_SILENCE_MS);
}

/**
 * How long a kernel may take to answer: on one host it takes a tenth of a millisecond.
 * @param lagMs how late our own timers fire
 */
export function knockTimeoutMs(lagMs: number): number {
  return 10 + Math.max(0, lagMs - 5) * 2;
}

/**
 * How long a probe may take, from what checks of this member usually take: well above it, never so short that
 * a scheduler's pause decides, never longer than the check itself.
 * @param usualMs null: not known yet
 * @param lagMs how late our own timers fire: what slows us down slows the member down as well
 */
export function probeTimeoutMs(usualMs: number | null, lagMs: number, checkTimeoutMs: number): number {
  if (usualMs === null) return checkTimeoutMs;
  return Math.min(checkTimeoutMs, Math.max(PROBE.firstMs, usualMs * 4) + Math.max(0, lagMs - 5) * 4);
}

/** A moving mean in which the last value counts a fifth. */
export function usually(beforeMs: number | null, lastMs: number): number {
  return beforeMs === null ? lastMs : beforeMs * 0.8 + lastMs * 0.2;
}
