import { isCode } from '../errors.ts';
import type { Outcome } from '../drill/report.ts';
import type { Scenario, ScenarioDrill } from '../drill/scenario.ts';
import type { Context } from './command.ts';
import { drillOnce, type Insistence } from './drill-one.ts';
import { whenSteady } from './drill-repair.ts';
import { showReport } from './drill-report.ts';
import type { Place } from './place.ts';
import { printable } from './terminal/printable.ts';

/** Every drill from a steady state; where that does not come back, what is left is not done. */
export async function runScenario(
  context: Context,
  place: Place,
  { drills, steadyState }: Scenario,
  insistence: Insistence,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let unsteady: readonly string[] = [];
  for (const drill of drills) {
    if (unsteady.length === 0)
      unsteady = await whenSteady(place, steadyState.services, steadyState.withinMs, insistence.signal);
    const outcome =
      unsteady.length === 0
        ? await outcomeOf(context, place, drill, insistence)
        : notDone(drill, `there was no steady state to begin from: ${unsteady.join(', ')} not well`);
    show(context, outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function outcomeOf(
  context: Context,
  place: Place,
  drill: ScenarioDrill,
  insistence: Insistence,
): Promise<Outcome> {
  try {
    return { name: drill.name, done: true, report: await drillOnce(context, place, drill, insistence) };
  } catch (error) {
    if (isCode(error, 'TH_DRILL_REFUSED')) return notDone(drill, error.message);
    throw error;
  }
}

function notDone({ name, fault, service }: ScenarioDrill, reason: string): Outcome {
  return { name, done: false, fault, service, reason };
}

function show({ terminal }: Context, outcome: Outcome): void {
  if (outcome.done) return showReport(terminal, outcome.report);
  const head = terminal.colour('red', `${outcome.fault} of ${printable(outcome.service)}: not done`);
  terminal.say(`${head}\n  ${printable(outcome.reason)}`);
}
