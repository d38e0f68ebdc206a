import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, inject, undo } from '../drill/fault.ts';
import { type DrillReport, judge } from '../drill/judge.ts';
import { mark, unmark } from '../drill/leftovers.ts';
import type { LoadRun } from '../drill/load.ts';
import type { EventRecord } from '../ports/store.ts';
import type { ServiceStatus } from '../supervisor/status.ts';
import type { Context } from './command.ts';
import { startGuard } from './commands/drill-guard.ts';
import type { DrillTarget } from './drill-target.ts';
import type { Place } from './place.ts';

export interface Drill {
  readonly fault: Fault;
  readonly target: DrillTarget;
  /** already running; null: nothing that could be loaded */
  readonly load: LoadRun | null;
  readonly durationMs: number;
  readonly repairTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** load before the fault, so that there is something to compare with, in milliseconds */
const CALM_MS = 2_000;
const LOOK_EVERY_MS = 100;
const ANNOUNCE_TIMEOUT_MS = 5_000;
/** a fault outlives its drill by at most this, in milliseconds */
const GRACE_MS = 10_000;

/** Calm, fault, load until its time is over, repair; the fault is taken back whatever happens. */
export async function runDrill(context: Context, place: Place, drill: Drill): Promise<DrillReport> {
  const disarm = arm(context, place, drill);
  try {
    await sleep(Math.min(CALM_MS, drill.durationMs / 4), undefined, { signal: drill.signal });
    context.terminal.say(`${drill.fault} ${drill.target.member}`);
    await announce(place, drill, drill.durationMs + drill.repairTimeoutMs);
    const faultAt = Date.now();
    await inject(place.engine, drill.target.containerId, drill.fault);
    const [repairedAt, , requests] = await Promise.all([
      whenRepaired(place, drill, faultAt),
      startStoppedAgain(place, drill),
      loadedUntilTheEnd(drill),
    ]);
    return await reportOf(place, drill, { faultAt, repairedAt, ...requests });
  } finally {
    drill.load?.stop();
    await undo(place.engine, drill.target.containerId, drill.fault);
    disarm();
    await announce(place, drill, 0).catch(() => undefined); // it ends by itself, too
  }
}

/** The supervisor is told, so that the record says "a drill" and nothing is counted against the service. */
function announce({ control }: Place, { target, signal }: Drill, forMs: number): Promise<void> {
  const request = { service: target.plan.name, member: target.member, forMs };
  return control.drill(request, forMs > 0 ? signal : AbortSignal.timeout(ANNOUNCE_TIMEOUT_MS));
}

/** From here on the fault is taken back even when this process is killed. */
function arm(context: Context, place: Place, { fault, target, durationMs, repairTimeoutMs }: Drill): () => void {
  const path = mark(place.folder, {
    fault,
    service: target.plan.name,
    member: target.member,
    containerId: target.containerId,
    pid: process.pid,
    undoAfter: Date.now() + durationMs + repairTimeoutMs + GRACE_MS,
  });
  const guard = startGuard(path, context.environment);
  return () => {
    unmark(path);
    guard.dismiss();
  };
}

/** A container that somebody stopped is not repaired: when the load is over, it is started as that somebody would. */
async function startStoppedAgain({ engine }: Place, { fault, target, durationMs, signal }: Drill): Promise<void> {
  if (fault !== 'stop') return;
  await sleep(Math.max(0, durationMs - CALM_MS), undefined, { signal });
  await undo(engine, target.containerId, fault);
}

/** When every member is well again, after one was not, milliseconds since 1970; null when nobody repairs it (in time). */
async function whenRepaired(place: Place, drill: Drill, faultAt: number): Promise<number | null> {
  const { target, durationMs, repairTimeoutMs, signal } = drill;
  let wasBroken = false;
  while (Date.now() < faultAt + durationMs + repairTimeoutMs) {
    const service = (await place.control.status())?.status?.services.find(({ name }) => name === target.plan.name);
    const well = service !== undefined && isWell(service);
    wasBroken ||= !well || (await hadIncident(place, target.plan.name, faultAt));
    if (wasBroken && well) return Date.now();
    if (service?.members.some(({ verdict }) => verdict === 'quarantined')) return null;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  return null;
}

function isWell({ members, lastIncident }: ServiceStatus): boolean {
  if (lastIncident !== null && lastIncident.endedAt === null) return false;
  return members.every(({ verdict }) => verdict === 'healthy' || verdict === 'standby');
}

/** A repair may be quicker than two looks. */
async function hadIncident(place: Place, service: string, faultAt: number): Promise<boolean> {
  return (await eventsSince(place, service, faultAt)).some(({ kind }) => kind === 'close_incident');
}

async function eventsSince(place: Place, service: string, sinceMs: number): Promise<EventRecord[]> {
  const { openStore } = await import('../wire.ts');
  const store = openStore(place.folder, { readOnly: true });
  const events = store.events({ sinceMs });
  store.close();
  return events.filter((event) => event.service === service);
}

async function loadedUntilTheEnd({
  load,
  durationMs,
  signal,
}: Drill): Promise<Pick<DrillReport, 'requests' | 'longestGapMs'>> {
  await sleep(Math.max(0, durationMs - CALM_MS), undefined, { signal });
  if (load === null) return { requests: { sent: 0, failed: 0, failedByMethod: {} }, longestGapMs: null };
  load.stop();
  const { sent, failed, failedByMethod, failedByReason, longestGapMs } = await load.finished;
  return { requests: { sent, failed, failedByMethod, failedByReason }, longestGapMs };
}

async function reportOf(
  place: Place,
  { fault, target: { plan, member }, repairTimeoutMs }: Drill,
  seen: Pick<DrillReport, 'requests' | 'longestGapMs'> & {
    readonly faultAt: number;
    readonly repairedAt: number | null;
  },
): Promise<DrillReport> {
  return judge({
    ...seen,
    fault,
    service: plan.name,
    member,
    events: await eventsSince(place, plan.name, seen.faultAt),
    maxInFlight: plan.gateway?.config.maxConnectionsPerMember ?? 0,
    hasGap: plan.policy.standby === 'cold',
    repairTimeoutMs,
  });
}
