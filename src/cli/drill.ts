import { Argument, type Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, inject, undo } from '../drill/fault.ts';
import { type DrillReport, judge } from '../drill/judge.ts';
import { mark, unmark } from '../drill/leftovers.ts';
import type { LoadRequest, LoadRun } from '../drill/load.ts';
import { parseDuration } from '../duration.ts';
import { TwinhullError } from '../errors.ts';
import type { EventRecord } from '../ports/store.ts';
import type { ServicePlan } from '../redundancy/fleet.ts';
import type { MemberStatus, ProjectStatus } from '../supervisor/status.ts';
import { command, type Context, type ExitCode, type Entry } from './command.ts';
import { showReport } from './drill-report.ts';
import { type DrillTarget, targetOf, urlOf } from './drill-target.ts';
import { startGuard } from './drill-guard.ts';
import { interruption } from './interruption.ts';
import { type Place, withPlace } from './place.ts';

interface Options {
  readonly rate: string;
  readonly duration: string;
  readonly method: string;
  readonly path?: string;
  readonly url?: string;
  readonly repairTimeout: string;
  readonly force?: true;
}

/** load before the fault, so that there is something to compare with, in milliseconds */
const CALM_MS = 2_000;
const LOOK_EVERY_MS = 100;

export function drillCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    {
      description:
        'Kills, hangs or stops the member that leads, under load through the gateway; waits for the repair; gives a verdict and an exit code.',
    },
    (context, options, args) =>
      withPlace(context, (place) => drill(context, place, args[0] as Fault, args[1] as string, options)),
  )
    .addArgument(
      new Argument('<fault>', 'kill (SIGKILL), hang (SIGSTOP) or stop (docker stop)').choices(['kill', 'hang', 'stop']),
    )
    .argument('<service>', 'the service')
    .option('--rate <number>', 'requests a second', '200')
    .option('--duration <time>', 'how long to send requests', '10s')
    .option(
      '--method <methods>',
      'methods to send, in equal parts: GET,POST; what your service does with a POST is its business',
      'GET',
    )
    .option('--path <path>', 'path to request; default: what the gateway checks')
    .option('--url <url>', 'address to send requests to; default: the published port of the gateway')
    .option('--repair-timeout <time>', 'how long the repair may take', '120s')
    .option('--force', 'even when not every member is healthy');
}

async function drill(
  context: Context,
  place: Place,
  fault: Fault,
  service: string,
  options: Options,
): Promise<ExitCode> {
  const durationMs = duration(options.duration, '--duration');
  const repairTimeoutMs = duration(options.repairTimeout, '--repair-timeout');
  const target = await targetOf(place, service, options.force === true);
  const mix = mixOf(options, target.plan);
  const url = options.url ?? (await urlOf(place, target));
  using interrupted = interruption(() => context.terminal.warn('ending the drill and taking the fault back'));
  const { signal } = interrupted;
  const load = url === null ? null : await startLoad(url, Number(options.rate), mix);
  if (url === null)
    context.terminal.warn(`${service} has no HTTP port that could be loaded; the drill only watches the repair`);
  const report = await broken(context, place, { fault, target, load, durationMs, repairTimeoutMs, signal });
  showReport(context, report);
  return report.verdict === 'pass' ? 0 : 1;
}

interface Run {
  readonly fault: Fault;
  readonly target: DrillTarget;
  readonly load: LoadRun | null;
  readonly durationMs: number;
  readonly repairTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** Calm, fault, load until its time is over, repair; the fault is taken back whatever happens. */
async function broken(context: Context, place: Place, run: Run): Promise<DrillReport> {
  const { fault, target, load, durationMs, repairTimeoutMs, signal } = run;
  const undoAfter = Date.now() + durationMs + repairTimeoutMs + 10_000;
  const { containerId } = target;
  const path = mark(place.folder, {
    fault,
    service: target.plan.name,
    member: target.member,
    containerId,
    pid: process.pid,
    undoAfter,
  });
  const guard = startGuard(path, context.environment);
  try {
    await sleep(Math.min(CALM_MS, durationMs / 4), undefined, { signal });
    const faultAt = Date.now();
    context.terminal.say(`${fault} ${target.member}`);
    await inject(place.engine, containerId, fault);
    const [repairedAt, requests] = await Promise.all([
      repaired(place, run, faultAt),
      loadOf(load, Math.max(0, durationMs - CALM_MS), signal),
    ]);
    const events = (await eventsSince(place, faultAt)).filter((event) => event.service === target.plan.name);
    return judge({
      fault,
      service: target.plan.name,
      member: target.member,
      ...requests,
      faultAt,
      repairedAt,
      events,
      maxInFlight: target.plan.gateway?.config.maxConnectionsPerMember ?? 0,
      repairTimeoutMs,
    });
  } finally {
    load?.stop();
    await undo(place.engine, containerId, fault);
    unmark(path);
    guard.dismiss();
  }
}

/** When every member is well again, milliseconds since 1970; null when that takes too long. What was stopped on purpose is started again when the load is over. */
async function repaired(
  place: Place,
  { fault, target, durationMs, repairTimeoutMs, signal }: Run,
  faultAt: number,
): Promise<number | null> {
  const startAgainAt = fault === 'stop' ? faultAt + Math.max(0, durationMs - CALM_MS) : null;
  let startedAgain = startAgainAt === null;
  let wasBroken = false;
  while (Date.now() < faultAt + durationMs + repairTimeoutMs) {
    if (!startedAgain && startAgainAt !== null && Date.now() >= startAgainAt) {
      await undo(place.engine, target.containerId, fault);
      startedAgain = true;
    }
    const status = (await place.control.status())?.status ?? null;
    const members = status?.services.find(({ name }) => name === target.plan.name)?.members ?? [];
    const well = members.length > 0 && members.every(isWell) && !hasOpenIncident(status, target.plan.name);
    wasBroken ||= !well || (await sawIncident(place, target.plan.name, faultAt));
    if (wasBroken && well) return Date.now();
    if (members.some(({ verdict }) => verdict === 'quarantined')) return null; // nobody repairs it any more
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  return null;
}

function hasOpenIncident(status: ProjectStatus | null, service: string): boolean {
  const incident = status?.services.find(({ name }) => name === service)?.lastIncident ?? null;
  return incident !== null && incident.endedAt === null;
}

async function sawIncident(place: Place, service: string, faultAt: number): Promise<boolean> {
  return (await eventsSince(place, faultAt)).some(
    (event) => event.service === service && event.kind === 'close_incident',
  );
}

function isWell({ verdict }: MemberStatus): boolean {
  return verdict === 'healthy' || verdict === 'standby';
}

async function eventsSince(place: Place, sinceMs: number): Promise<EventRecord[]> {
  const { openStore } = await import('../wire.ts');
  const store = openStore(place.folder, { readOnly: true });
  const events = store.events({ sinceMs });
  store.close();
  return events;
}

async function startLoad(url: string, rate: number, mix: readonly LoadRequest[]): Promise<LoadRun> {
  const { runLoad } = await import('../drill/load.ts');
  if (!(rate > 0 && rate <= 10_000))
    throw new TwinhullError('TH_USAGE', '--rate takes a number of requests a second, up to 10000');
  return runLoad({ url, rate, mix, until: new AbortController().signal });
}

async function loadOf(
  load: LoadRun | null,
  forMs: number,
  signal: AbortSignal,
): Promise<Pick<DrillReport, 'requests' | 'longestGapMs'>> {
  await sleep(forMs, undefined, { signal });
  if (load === null) return { requests: { sent: 0, failed: 0, failedByMethod: {} }, longestGapMs: null };
  load.stop();
  const { sent, failed, failedByMethod, failedByReason, longestGapMs } = await load.finished;
  return { requests: { sent, failed, failedByMethod, failedByReason }, longestGapMs };
}

function mixOf({ method, path }: Options, plan: ServicePlan): LoadRequest[] {
  const checked = plan.gateway?.config.ports.find(({ check }) => check.kind === 'http')?.check.path;
  const wanted = path ?? checked ?? '/';
  const methods = method.split(',').map((name) => name.trim().toUpperCase());
  const unknown = methods.find((name) => !['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'].includes(name));
  if (unknown !== undefined)
    throw new TwinhullError('TH_USAGE', `--method takes GET, HEAD, POST, PUT, DELETE, OPTIONS, not "${unknown}"`);
  return methods.flatMap((name) =>
    [true, false].map((keepAlive) => ({ method: name, path: wanted, keepAlive, weight: 1 })),
  );
}

function duration(text: string, option: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0 || ms > 3_600_000)
    throw new TwinhullError('TH_USAGE', `${option} takes a time such as 10s, not "${text}"`);
  return ms;
}
