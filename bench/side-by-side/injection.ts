import { setTimeout as sleep } from 'node:timers/promises';
import { type LoadRequest, type LoadRun, runLoad } from '../../src/drill/load.ts';
import type { Engine } from '../../src/ports/engine.ts';
import type { Fault } from './faults.ts';
import type { RunningSystem } from './system.ts';

export const RATE = 400;
/** 160 GET on kept connections, 160 GET on a connection each, 80 POST, a second */
export const MIX: readonly LoadRequest[] = [
  { method: 'GET', path: '/', keepAlive: true, weight: 2 },
  { method: 'GET', path: '/', keepAlive: false, weight: 2 },
  { method: 'POST', path: '/', keepAlive: false, weight: 1, body: 'x'.repeat(200) },
];
/** a client waits this long for an answer */
export const CLIENT_TIMEOUT_MS = 5000;
const STEADY_MS = 1000;
const WATCH_AT_LEAST_MS = 2000;
/** a system that has not got over the fault by then is helped */
export const WATCH_AT_MOST_MS = 8000;
const CALM_MS = 1000;

/** One fault under load. Counts are requests; times are milliseconds. */
export interface Injection {
  readonly sent: number;
  readonly failedByMethod: Readonly<Record<string, number>>;
  readonly failedByReason: Readonly<Record<string, number>>;
  readonly longestGapMs: number;
  readonly p99Ms: number;
  /** the load was calm again within the watch; false: the fault was undone with requests still failing */
  readonly recovered: boolean;
  readonly ownDelayMs: number;
  readonly unsent: number;
}

export async function inject(engine: Engine, system: RunningSystem, fault: Fault): Promise<Injection> {
  const victim = await system.victim();
  const container = await engine.inspectContainer(victim.container);
  if (container === null) throw new Error(`${victim.container} is not there`);
  const run = runLoad({ url: system.url, rate: RATE, mix: MIX, until: 60_000, timeoutMs: CLIENT_TIMEOUT_MS });
  await sleep(STEADY_MS);
  await fault.inject(engine, victim, container);
  const recovered = await untilCalm(run);
  if (recovered) run.stop();
  else run.abandon(); // what has no answer yet would get none before the fault is undone
  const result = await run.finished;
  if (!system.repairs || fault.isAsked === true || !recovered) await fault.undo(engine, victim, container);
  await system.settle();
  return {
    sent: result.sent,
    failedByMethod: result.failedByMethod,
    failedByReason: result.failedByReason,
    longestGapMs: result.longestGapMs,
    p99Ms: result.latencyMs.p99,
    recovered,
    ownDelayMs: result.longestOwnDelayMs,
    unsent: result.unsent,
  };
}

/** True when for one second every answer was good and there were as many as were sent; false when it never came to that. */
async function untilCalm(run: LoadRun): Promise<boolean> {
  const begin = performance.now();
  while (performance.now() - begin < WATCH_AT_MOST_MS) {
    await sleep(100);
    if (performance.now() - begin >= WATCH_AT_LEAST_MS && isCalm(run)) return true;
  }
  return false;
}

function isCalm({ requests }: LoadRun): boolean {
  const since = performance.timeOrigin + performance.now() - CALM_MS;
  let answered = 0;
  for (let index = requests.length - 1; index >= 0; index -= 1) {
    const request = requests[index];
    if (request === undefined || request.endMs < since) break;
    if (request.outcome !== 'ok') return false;
    answered += 1;
  }
  return answered >= (RATE * CALM_MS * 0.9) / 1000;
}
