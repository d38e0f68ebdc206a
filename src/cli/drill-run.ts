import { setTimeout as sleep } from 'node:timers/promises';
import { faultDescriptions, type Fault } from '../drill/fault.ts';
import { type DrillReport, type Expectation, judge } from '../drill/judge.ts';
import { mark, ownPidNamespace, unmark } from '../drill/leftovers.ts';
import type { LoadRun } from '../drill/load.ts';
import type { Prepared } from '../drill/prepare.ts';
import { takeBack } from '../drill/undo.ts';
import { TwinhullError } from '../errors.ts';
import type { Context } from './command.ts';
import { startGuard } from './commands/drill-guard.ts';
import { isBackAfter } from './drill-faults.ts';
import { drillHands } from './drill-hands.ts';
import type { DrillTarget } from './drill-target.ts';
import { eventsSince, watchRepair } from './drill-repair.ts';
import type { Place } from './place.ts';

export interface Drill {
  readonly fault: Fault;
  readonly target: DrillTarget;
  readonly prepared: Prepared;
  /** already running; null: nothing that could be loaded */
  readonly load: LoadRun | null;
  readonly durationMs: number;
  readonly repairTimeoutMs: number;
  readonly expectation: Expectation;
  /** also where requests failed before anything was broken */
  readonly insists: boolean;
  readonly signal: AbortSignal;
}

/** load before the fault, so that there is something to compare with, in milliseconds */
const LONGEST_CALM_MS = 2_000;
const ANNOUNCE_TIMEOUT_MS = 5_000;
/** a fault outlives its drill by at most this, in milliseconds */
const GRACE_MS = 10_000;

/** Of the time that load is sent, what comes before the fault; the rest is the fault's. Milliseconds. */
export function calmMs(durationMs: number): number {
  return Math.min(LONGEST_CALM_MS, durationMs / 4);
}

/** Calm, fault, load until its time is over, repair; the fault is taken back whatever happens. */
export async function runDrill(context: Context, place: Place, drill: Drill): Promise<DrillReport> {
  try {
    await calm(drill);
    const disarm = arm(context, place, drill);
    const fault = { needsUndo: true };
    try {
      return await breakAndWatch(context, place, drill, fault);
    } finally {
      if (fault.needsUndo) await undo(context, place, drill);
      disarm();
      await announce(place, drill, 0).catch(() => undefined); // it ends by itself, too
    }
  } finally {
    drill.load?.abandon();
  }
}

async function breakAndWatch(
  context: Context,
  place: Place,
  drill: Drill,
  state: { needsUndo: boolean },
): Promise<DrillReport> {
  const { fault, target, prepared, durationMs, repairTimeoutMs } = drill;
  const over = new AbortController();
  const signal = AbortSignal.any([drill.signal, over.signal]);
  context.terminal.say(`${fault} ${target.name}`);
  await announce(place, drill, durationMs + repairTimeoutMs);
  const isBack = isBackAfter(place, fault, target);
  const faultAt = Date.now();
  await prepared.begin(drill.signal);
  let isMade = false;
  const made = make(context, place, drill, signal).then(() => {
    isMade = true;
  });
  const watched = watchRepair(place, {
    service: target.plan.name,
    faultAt,
    until: faultAt + durationMs + repairTimeoutMs,
    isMade: () => isMade,
    isBack,
    mayBeBorne: mayBeBorne(fault),
    signal,
  });
  try {
    const [repair, load] = await Promise.all([watched.finally(() => over.abort()), loadedUntilTheEnd(drill), made]);
    state.needsUndo = repair.repairedAt === null;
    return await reportOf(place, drill, { faultAt, ...repair, ...load });
  } finally {
    over.abort();
  }
}

function undo(context: Context, place: Place, { target, prepared }: Drill): Promise<boolean> {
  return takeBack(drillHands(context, place), target.subject?.containerId ?? '', prepared.undo);
}

/** What fails already is not broken further. */
async function calm({ durationMs, signal, load, insists, target }: Drill): Promise<void> {
  await sleep(calmMs(durationMs), undefined, { signal });
  const failed = load?.requests.filter(({ outcome }) => outcome !== 'ok').length ?? 0;
  if (failed === 0 || insists) return;
  throw new TwinhullError(
    'TH_DRILL_REFUSED',
    `${failed} of ${load?.requests.length} requests to ${target.plan.name} failed before anything was broken`,
    { next: 'See what fails (twinhull status, or another --path), or insist with --force.' },
  );
}

/** The rest of the fault's doing; one that lasts is taken back with the end of the load. Resolves early when `over`. */
async function make(context: Context, place: Place, drill: Drill, over: AbortSignal): Promise<void> {
  const { fault, prepared, durationMs } = drill;
  const going = (prepared.goOn?.(over) ?? Promise.resolve()).catch((error: unknown) => {
    if (!over.aborted) throw error;
  });
  if (!faultDescriptions[fault].lasts) return going;
  const asLong = sleep(durationMs - calmMs(durationMs), undefined, { signal: over }).catch(() => undefined);
  await Promise.all([going, asLong.then(() => undo(context, place, drill))]);
}

/** A member may go on through it, and then there is nothing to repair. */
function mayBeBorne(fault: Fault): boolean {
  return fault === 'cpu' || fault === 'leak';
}

/** The supervisor is told, so that the record says "a drill" and nothing is counted against the service. */
async function announce({ control }: Place, { fault, target, signal }: Drill, forMs: number): Promise<void> {
  if (faultDescriptions[fault].breaks !== 'member') return;
  const request = { service: target.plan.name, member: target.name, forMs };
  await control.drill(request, forMs > 0 ? signal : AbortSignal.timeout(ANNOUNCE_TIMEOUT_MS));
}

/** From here on the fault is taken back even when this process is killed. */
function arm(context: Context, place: Place, drill: Drill): () => void {
  const { fault, target, prepared, durationMs, repairTimeoutMs } = drill;
  const forMs = faultDescriptions[fault].lasts ? durationMs : durationMs + repairTimeoutMs;
  const path = mark(place.folder, {
    fault,
    service: target.plan.name,
    member: target.name,
    containerId: target.subject?.containerId ?? '',
    undo: prepared.undo,
    pid: process.pid,
    pidNamespace: ownPidNamespace(),
    undoAfter: Date.now() + forMs + GRACE_MS,
  });
  const guard = startGuard(path, context.environment);
  return () => {
    unmark(path);
    guard.dismiss();
  };
}

async function loadedUntilTheEnd({
  load,
  durationMs,
  signal,
}: Drill): Promise<Pick<DrillReport, 'requests' | 'longestGapMs'>> {
  await sleep(durationMs - calmMs(durationMs), undefined, { signal });
  if (load === null) return { requests: { sent: 0, failed: 0, failedByMethod: {} }, longestGapMs: null };
  load.stop();
  const { sent, failed, sentByMethod, failedByMethod, failedByReason, longestGapMs } = await load.finished;
  return { requests: { sent, failed, sentByMethod, failedByMethod, failedByReason }, longestGapMs };
}

async function reportOf(
  place: Place,
  { fault, target: { plan, name }, prepared, repairTimeoutMs, expectation }: Drill,
  seen: Pick<DrillReport, 'requests' | 'longestGapMs'> & {
    readonly faultAt: number;
    readonly repairedAt: number | null;
    readonly noticed: boolean;
  },
): Promise<DrillReport> {
  return judge({
    ...seen,
    fault,
    service: plan.name,
    member: name,
    events: await eventsSince(place, plan.name, seen.faultAt),
    maxInFlight: plan.gateway?.config.maxConnectionsPerMember ?? 0,
    hasGap: hasGap(fault, plan),
    mayBeBorne: mayBeBorne(fault),
    repairTimeoutMs,
    expectation,
    note: prepared.note?.() ?? '',
  });
}

/** There is nobody to take over, or who would lead there is what was broken. */
function hasGap(fault: Fault, { policy, members }: DrillTarget['plan']): boolean {
  const { breaks } = faultDescriptions[fault];
  if (breaks === 'gateway' || breaks === 'daemon') return true;
  return breaks === 'member' && (policy.standby === 'cold' || members.length < 2);
}
