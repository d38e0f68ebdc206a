import { isCode, messageOf } from '../errors.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { carryOut, type Failure, type Outcome, type StepEvent } from './carry-out.ts';
import { deadlines, within } from './deadlines.ts';
import { blueprintsOf, readExisting, readImages } from './existing.ts';
import { planImages } from './images.ts';
import { performStep } from './perform.ts';
import { type Deployment, planDeployment } from './plan.ts';
import { describeStep, type PlanOptions, servicesChanged, type Step } from './steps.ts';
import { recoverReplaced } from './recreate.ts';
import { refusalsOf, refuse } from './refusals.ts';
import { conditionHolds, hasFinished, ServiceWatch } from './serving.ts';
import type { World } from './world.ts';

export interface UpHooks {
  readonly onEvent: (event: StepEvent) => void;
  /** one line for a person that belongs to no step */
  readonly say: (line: string) => void;
  /** runs the work that changes the named services, with the supervisor keeping its hands off them */
  readonly aside: <Result>(services: readonly string[], work: () => Promise<Result>) => Promise<Result>;
}

export interface UpResult {
  readonly serving: readonly string[];
  /** jobs that did their work and ended well */
  readonly finished: readonly string[];
  /** also a service that serves as before, because a change to it did not go through */
  readonly notServing: readonly { readonly service: string; readonly why: string }[];
  /** containers of services that are no longer in the file, left alone */
  readonly orphans: readonly string[];
}

/**
 * Brings the engine to what the fleet says and waits until every service serves, or cannot.
 * @throws when nothing can be begun: what refusals.ts and images.ts find, or an engine out of reach
 */
export async function bringUp(
  world: World,
  fleet: Fleet,
  options: PlanOptions,
  hooks: UpHooks,
  signal: AbortSignal,
): Promise<UpResult> {
  for (const line of await recoverReplaced(world.engine, fleet.project, signal)) hooks.say(line);
  const { steps, orphans } = await prepare(world, fleet, options, hooks, signal);
  const outcome = await hooks.aside(servicesChanged(steps), () => run(world, fleet, steps, hooks, signal));
  signal.throwIfAborted();
  return { ...(await resultOf(world, fleet, outcome, signal)), orphans };
}

/** Everything that can be found out and fetched before anything that runs is touched. */
async function prepare(
  world: World,
  fleet: Fleet,
  options: PlanOptions,
  hooks: UpHooks,
  signal: AbortSignal,
): Promise<Deployment> {
  const blueprints = blueprintsOf(fleet, world);
  const existing = await readExisting(fleet, world, signal);
  refuse(refusalsOf(fleet, existing, options.removeOrphans));
  const imageSteps = planImages(fleet, blueprints, existing.images);
  if (imageSteps.length === 0) return planDeployment(fleet, blueprints, existing, options);
  const { failed } = await run(world, fleet, imageSteps, hooks, signal);
  if (failed[0]) throw failed[0].error;
  const images = await readImages(fleet, blueprints, world, within(deadlines.read, signal));
  const { steps, orphans } = planDeployment(fleet, blueprints, { ...existing, images }, options);
  return { steps: without(steps, imageSteps), orphans };
}

/** Steps that are done already, taken out of a plan. */
function without(steps: readonly Step[], done: readonly Step[]): Step[] {
  const ids = new Set(done.map(({ id }) => id));
  return steps
    .filter(({ id }) => !ids.has(id))
    .map((step) => ({ ...step, after: step.after.filter((id) => !ids.has(id)) }));
}

function run(
  world: World,
  fleet: Fleet,
  steps: readonly Step[],
  hooks: UpHooks,
  signal: AbortSignal,
): Promise<Outcome> {
  return carryOut(steps, {
    perform: (step, say, stepSignal) => performStep(world, fleet, step, say, stepSignal),
    onEvent: hooks.onEvent,
    signal,
  });
}

async function resultOf(
  world: World,
  fleet: Fleet,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<Omit<UpResult, 'orphans'>> {
  const ends = await Promise.all(
    fleet.services.map(async (service) => {
      const why = await whyNot(world, fleet, service.name, outcome, signal);
      const finished =
        why === null &&
        service.policy.completes &&
        hasFinished(service, await new ServiceWatch(world, service).look(signal));
      return { service: service.name, why, finished };
    }),
  );
  return {
    serving: ends.flatMap(({ service, why, finished }) => (why === null && !finished ? [service] : [])),
    finished: ends.flatMap(({ service, finished }) => (finished ? [service] : [])),
    notServing: ends.flatMap(({ service, why }) => (why === null ? [] : [{ service, why }])),
  };
}

async function whyNot(
  world: World,
  fleet: Fleet,
  service: string,
  { failed, skipped }: Outcome,
  signal: AbortSignal,
): Promise<string | null> {
  const failures = failed.filter(({ step }) => step.service === service);
  const blocked = skipped.find(({ step }) => step.service === service);
  if (failures.length === 0 && !blocked) return null;
  const why =
    failures.length > 0
      ? failures.map(reasonOf).join('\n')
      : `not begun, because this failed: ${blocked ? describeStep(blocked.because) : ''}`;
  return (await servesAnyway(world, fleet, service, signal))
    ? `${why}\nit serves as before; the change did not go through`
    : why;
}

function reasonOf({ step, error }: Failure): string {
  const message = messageOf(error);
  const tellsAll =
    step.kind === 'wait_for' || isCode(error, 'TH_PORT_IN_USE') || isCode(error, 'TH_GATEWAY_CHECK_FAILED');
  return tellsAll || message.startsWith(describeStep(step)) ? message : `${describeStep(step)}: ${message}`;
}

async function servesAnyway(world: World, fleet: Fleet, name: string, signal: AbortSignal): Promise<boolean> {
  const service = fleet.services.find((candidate) => candidate.name === name);
  if (!service?.gateway) return false;
  try {
    return conditionHolds(service, await new ServiceWatch(world, service).look(signal), 'serving').is === 'yes';
  } catch {
    return false; // the engine is gone: the failure itself says so
  }
}
