import type { DrillReport } from '../drill/judge.ts';
import { drillUnderWay } from '../drill/leftovers.ts';
import type { LoadRequest, LoadRun } from '../drill/load.ts';
import type { ScenarioDrill } from '../drill/scenario.ts';
import { TwinhullError } from '../errors.ts';
import type { Context } from './command.ts';
import { prepareFault } from './drill-faults.ts';
import { calmMs, runDrill } from './drill-run.ts';
import { targetOf, urlOf } from './drill-target.ts';
import type { Place } from './place.ts';

export interface Insistence {
  /** what would be refused as an outage is done */
  readonly insists: boolean;
  readonly repairTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * One drill, from looking at what there is to its verdict.
 * @throws TH_DRILL_REFUSED when nothing was broken
 */
export async function drillOnce(
  context: Context,
  place: Place,
  wanted: ScenarioDrill,
  { insists, repairTimeoutMs, signal }: Insistence,
): Promise<DrillReport> {
  const { fault, service, durationMs, times, expectation } = wanted;
  refuseSecond(place);
  const target = await targetOf(place, service, fault, insists);
  const extent = { durationMs: durationMs - calmMs(durationMs), times };
  const prepared = await prepareFault(place, fault, target, extent, insists);
  const checked = target.plan.gateway?.config.ports.find(({ check }) => check.kind === 'http')?.check.path;
  const url = wanted.url ?? (await urlOf(place, target));
  if (url === null)
    context.terminal.warn(`${service} has no HTTP port that could be loaded; the drill only watches the repair`);
  const load = url === null ? null : await startLoad(url, wanted, wanted.path ?? checked ?? '/');
  return runDrill(context, place, {
    fault,
    target,
    prepared,
    load,
    durationMs,
    repairTimeoutMs: expectation.repairedWithinMs ?? repairTimeoutMs,
    expectation,
    insists,
    signal,
  });
}

/** Of two faults at once nobody could tell which of them was borne. */
function refuseSecond({ folder }: Place): void {
  const other = drillUnderWay(folder, Date.now());
  if (other === null) return;
  throw new TwinhullError('TH_DRILL_REFUSED', `another drill goes on: ${other.fault} of ${other.member}`, {
    next: 'Wait until it is over.',
  });
}

/** Each method as often on a connection that is kept as on one of its own. */
async function startLoad(url: string, { methods, ratePerSecond }: ScenarioDrill, path: string): Promise<LoadRun> {
  const { runLoad } = await import('../drill/load.ts');
  const mix: LoadRequest[] = methods.flatMap((method) =>
    [true, false].map((keepAlive) => ({ method, path, keepAlive, weight: 1 })),
  );
  return runLoad({ url, rate: ratePerSecond, mix, until: new AbortController().signal });
}
