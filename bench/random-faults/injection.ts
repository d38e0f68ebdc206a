import { setTimeout as sleep } from 'node:timers/promises';
import { demoMix, followJobs } from '../../examples/demo/jobs.ts';
import { type LoadResult, type LoadRun, runLoad } from '../../src/drill/load.ts';
import type { Company } from './company.ts';
import type { Draw } from './fault.ts';
import type { Whole } from './whole.ts';

export const RATE = 100;
export const CLIENT_TIMEOUT_MS = 5000;
export const WITHIN_MS = 60_000;
/** This service has no gateway and no sign: that it hangs is seen by Docker's health check, after 3 x 10 s and 10 s. */
const CHECKED_BY_ENGINE_ALONE = 'monitoring-dashboard';
export const ENGINE_CHECK_TAKES_MS = 40_000;
const STEADY_MS = 1000;
const LOOK_EVERY_MS = 500;
/** it has to stay whole for so long */
const CALM_MS = 2000;

/** One fault under load. Times are milliseconds; counts are requests or jobs. */
export interface Injection {
  readonly number: number;
  readonly at: string;
  readonly kind: string;
  readonly struck: string;
  /** everything was whole again in time, and no person did anything */
  readonly handled: boolean;
  /** what was not whole when time was up; or why the fault could not be made */
  readonly problems: readonly string[];
  /** from the fault until everything was whole; null when it was not in time */
  readonly repairMs: number | null;
  readonly sent: number;
  readonly failedByMethod: Readonly<Record<string, number>>;
  readonly failedByReason: Readonly<Record<string, number>>;
  readonly longestGapMs: number;
  readonly unsent: number;
  /** the longest standstill of the load itself: of a machine that was busy with something else */
  readonly ownDelayMs: number;
  readonly jobs: { readonly taken: number; readonly lost: number; readonly doneTwice: number };
}

/** @param number the n-th of its campaign; `startAnew`: takes everything down and up, for what was not handled in time */
export async function inject(
  company: Company,
  whole: Whole,
  number: number,
  { kind, service, random }: Draw,
  { startAnew, signal }: { readonly startAnew: () => Promise<void>; readonly signal: AbortSignal },
): Promise<Injection> {
  const { url } = company.project;
  const twiceBefore = (await followJobs(url, [], signal)).doneTwice;
  const at = new Date().toISOString();
  const load = runLoad({
    url,
    rate: RATE,
    mix: demoMix(`campaign-${number}-${Date.now()}`),
    until: signal,
    timeoutMs: CLIENT_TIMEOUT_MS,
  });
  await sleep(STEADY_MS, undefined, { signal });
  const struckAt = performance.now();
  const struck = await kind.inject(company, service, random);
  const withinMs = WITHIN_MS + (service === CHECKED_BY_ENGINE_ALONE ? ENGINE_CHECK_TAKES_MS : 0);
  const { wholeAt, problems } = await untilWhole(whole, load, struckAt + withinMs, signal);
  load.stop();
  const result = await load.finished;
  if (wholeAt === null) await startAnew();
  const fate = await followJobs(url, result.requests, signal);
  return {
    number,
    at,
    kind: kind.name,
    struck,
    handled: wholeAt !== null,
    problems,
    repairMs: wholeAt === null ? null : Math.round(wholeAt - struckAt),
    ...figuresOf(result),
    jobs: { ...fate, doneTwice: fate.doneTwice - twiceBefore },
  };
}

interface Outcome {
  /** by performance.now(); null: it was not in time */
  readonly wholeAt: number | null;
  readonly problems: readonly string[];
}

/** Whole, and still so after a while in which every answer was good. */
async function untilWhole(whole: Whole, load: LoadRun, end: number, signal: AbortSignal): Promise<Outcome> {
  let since: number | null = null;
  for (;;) {
    await sleep(LOOK_EVERY_MS, undefined, { signal });
    const problems = [...(await whole.problems()), ...lateFailures(load)];
    const now = performance.now();
    since = problems.length === 0 ? (since ?? now) : null;
    if (since !== null && now >= since + CALM_MS) return { wholeAt: since, problems };
    if (now > end && since === null) return { wholeAt: null, problems };
  }
}

function lateFailures({ requests }: LoadRun): readonly string[] {
  const since = performance.timeOrigin + performance.now() - LOOK_EVERY_MS;
  const failed = requests.filter(({ endMs, outcome }) => endMs >= since && outcome !== 'ok').length;
  return failed === 0 ? [] : [`${failed} requests fail`];
}

function figuresOf(
  result: LoadResult,
): Pick<Injection, 'sent' | 'failedByMethod' | 'failedByReason' | 'longestGapMs' | 'unsent' | 'ownDelayMs'> {
  const { sent, failedByMethod, failedByReason, longestGapMs, unsent, longestOwnDelayMs } = result;
  return {
    sent,
    failedByMethod,
    failedByReason,
    longestGapMs: Math.round(longestGapMs),
    unsent,
    ownDelayMs: Math.round(longestOwnDelayMs),
  };
}
