/**
 * Taking a project down, or only stopping it. Works from labels, so that it needs neither the file nor the
 * state; the fleet, where it is known, only adds the order. Doing it twice is doing it once.
 */

import { messageOf, TwinhullError } from '../errors.ts';
import type { Container, Engine } from '../ports/engine.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { LABEL } from '../labels.ts';
import { deadlines, within } from './deadlines.ts';
import { isOneOff, isOurs } from './existing.ts';
import { isAnonymous } from './recreate.ts';

export interface DownOptions {
  /** also removes the project's volumes, with their data */
  readonly volumes: boolean;
  /** how long each container may take to end, milliseconds; null: what it says itself */
  readonly timeoutMs: number | null;
  /** a line for a person, with the service it is about */
  readonly say: (line: string, service: string | null) => void;
  readonly signal?: AbortSignal | undefined;
}

/** At most so many containers are stopped at once. */
const AT_ONCE = 4;

/**
 * Removes the project's containers and networks, dependents first; volumes only when asked.
 * @param fleet null: only the labels tell what is there
 * @throws TH_STEP_FAILED naming all that could not be removed; the rest is removed then
 */
export async function takeDown(
  project: string,
  fleet: Fleet | null,
  engine: Engine,
  options: DownOptions,
): Promise<void> {
  const containers = await containersToEnd(project, fleet, engine, options);
  if (!containers) return;
  const anonymous = containers.flatMap(({ mounts }) =>
    mounts.flatMap(({ type, name }) => (type === 'volume' && isAnonymous(name) ? [name] : [])),
  );
  const problems = await inWaves(containers, fleet, async (container) => {
    await stop(engine, container, options);
    await engine.removeContainer(
      container.id,
      { force: true, volumes: options.volumes },
      within(deadlines.remove, options.signal),
    );
    options.say(`removed ${container.name}`, serviceOf(container));
  });
  problems.push(...(await removeNetworks(project, engine, options)));
  if (options.volumes) problems.push(...(await removeVolumes(project, fleet, anonymous, engine, options)));
  report(problems);
}

/** Stops the project's containers, dependents first, and removes nothing. */
export async function stopAll(
  project: string,
  fleet: Fleet | null,
  engine: Engine,
  options: Omit<DownOptions, 'volumes'>,
): Promise<void> {
  const containers = await containersToEnd(project, fleet, engine, options);
  const running = (containers ?? []).filter(
    ({ state }) => state !== 'exited' && state !== 'created' && state !== 'dead',
  );
  const problems = await inWaves(running, fleet, async (container) => {
    await stop(engine, container, options);
    options.say(`stopped ${container.name}`, serviceOf(container));
  });
  report(problems);
}

/**
 * Ours, and what Compose made of our services: never what only shares the project's name, such as another
 * folder's project. null: nothing of it is ours, the project runs under Compose and is left alone.
 */
async function containersToEnd(
  project: string,
  fleet: Fleet | null,
  engine: Engine,
  { say, signal }: Pick<DownOptions, 'say' | 'signal'>,
): Promise<Container[] | null> {
  const containers = await engine.listContainers(
    { labels: { [LABEL.project]: project } },
    within(deadlines.read, signal),
  );
  const services = servicesOf(containers, fleet);
  const strangers = containers.some(isOurs)
    ? containers.filter((container) => !isOurs(container) && !services.has(composeService(container)))
    : containers.filter((container) => !isOneOff(container));
  if (strangers.length > 0)
    say(`not made by twinhull, and left alone: ${strangers.map(({ name }) => name).join(', ')}`, null);
  if (strangers.length > 0 && !containers.some(isOurs)) return null;
  return containers.filter((container) => !strangers.includes(container));
}

/** Names in Compose's label that are ours; with no fleet on record, those that our own containers tell. */
function servicesOf(containers: readonly Container[], fleet: Fleet | null): ReadonlySet<string | undefined> {
  const planned = (fleet?.services ?? []).flatMap(({ name, members }) => [
    name,
    ...members.map((member) => member.composeService),
  ]);
  const told = containers
    .filter(isOurs)
    .flatMap((container) => [container.labels[LABEL.ours], composeService(container)]);
  return new Set([...planned, ...told]);
}

function composeService(container: Container): string | undefined {
  return container.labels[LABEL.service];
}

async function stop(
  engine: Engine,
  container: Container,
  { timeoutMs, signal }: Pick<DownOptions, 'timeoutMs' | 'signal'>,
): Promise<void> {
  const call = within(deadlines.stop + (timeoutMs ?? 10 * 60_000), signal);
  if (container.state === 'paused') return engine.killContainer(container.id, 'SIGKILL', call);
  if (container.state !== 'running' && container.state !== 'restarting') return;
  await engine.stopContainer(
    container.id,
    timeoutMs === null ? {} : { timeoutSeconds: Math.ceil(timeoutMs / 1000) },
    call,
  );
}

/** Wave after wave; inside one, side by side. What fails is told and holds up nothing. */
async function inWaves(
  containers: readonly Container[],
  fleet: Fleet | null,
  end: (container: Container) => Promise<void>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const wave of wavesOf(containers, fleet)) {
    const queue = [...wave];
    const worker = async (): Promise<void> => {
      for (let container = queue.shift(); container; container = queue.shift()) {
        const { name } = container;
        await end(container).catch((error: unknown) => problems.push(`${name}: ${messageOf(error)}`));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
  return problems;
}

/** Who depends on others ends before them; a gateway before its members, so that no request meets a dead end. */
export function wavesOf(containers: readonly Container[], fleet: Fleet | null): Container[][] {
  const depths = depthsOf(fleet);
  const rank = (container: Container): number => {
    const depth = depths.get(serviceOf(container) ?? '') ?? (fleet ? Number.MAX_SAFE_INTEGER / 4 : 0);
    return -2 * depth - (container.labels[LABEL.role] === 'gateway' ? 1 : 0);
  };
  const waves = Map.groupBy(containers, rank);
  return [...waves.entries()].toSorted(([one], [other]) => one - other).map(([, wave]) => wave);
}

/** How long the longest chain of dependencies below each service is. */
function depthsOf(fleet: Fleet | null): Map<string, number> {
  const depths = new Map<string, number>();
  for (const { name, dependsOn } of fleet?.services ?? []) {
    depths.set(name, Math.max(0, ...dependsOn.map(({ service }) => (depths.get(service) ?? -1) + 1)));
  }
  return depths;
}

/** A network that others use stays, and that is no failure of ours. */
async function removeNetworks(project: string, engine: Engine, { say, signal }: DownOptions): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, id } of await engine.listNetworks(
    { labels: { [LABEL.project]: project } },
    within(deadlines.read, signal),
  )) {
    try {
      await engine.removeNetwork(id, within(deadlines.remove, signal));
      say(`removed network ${name}`, null);
    } catch (error) {
      if (/active endpoints/i.test(messageOf(error)))
        say(`the network ${name} is still in use by other containers and stays`, null);
      else problems.push(`network ${name}: ${messageOf(error)}`);
    }
  }
  return problems;
}

/** Volumes of the project's name that the fleet does not know are somebody else's data. */
async function removeVolumes(
  project: string,
  fleet: Fleet | null,
  anonymous: readonly string[],
  engine: Engine,
  { say, signal }: DownOptions,
): Promise<string[]> {
  const named = await engine.listVolumes({ labels: { [LABEL.project]: project } }, within(deadlines.read, signal));
  const known = fleet && new Set(fleet.volumes.filter(({ external }) => !external).map(({ spec }) => spec.name));
  const own = named.flatMap(({ name }) => (!known || known.has(name) ? [name] : []));
  const problems: string[] = [];
  for (const name of new Set([...own, ...anonymous])) {
    try {
      await engine.removeVolume(name, within(deadlines.remove, signal));
      if (!isAnonymous(name)) say(`removed volume ${name}`, null);
    } catch (error) {
      problems.push(`volume ${name}: ${messageOf(error)}`);
    }
  }
  return problems;
}

function report(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new TwinhullError('TH_STEP_FAILED', problems.join('; '), { state: 'everything else was done' });
}

function serviceOf({ labels }: Container): string | null {
  return labels[LABEL.ours] ?? labels[LABEL.service] ?? null;
}
