/**
 * Making a container anew under the same name and address, so that nothing is lost at any moment: the old one
 * is renamed aside, the new one created, then the old one stopped, the new one started, and only then the old
 * one removed. If the new one cannot be created or started, the old one takes its place again. A process that
 * dies in between leaves the two names, and {@link recoverReplaced} tells from them how far it came.
 */

import { isCode } from '../errors.ts';
import { hasNoProcess } from '../fencing/proof.ts';
import type { Container, ContainerSpec, Engine } from '../ports/engine.ts';
import { LABEL } from '../labels.ts';
import { asideName, readAsideName } from '../redundancy/replaced-name.ts';
import { deadlines, within } from './deadlines.ts';
import { endByForce, startContainer } from './start.ts';
import type { World } from './world.ts';

type Doors = Pick<World, 'engine' | 'clock'>;

export interface Recreation {
  readonly name: string;
  readonly spec: ContainerSpec;
  /** false: created only (a cold standby) */
  readonly start: boolean;
  /** milliseconds the old one may take to end; null: what it says itself */
  readonly stopTimeoutMs: number | null;
  /** asked right before it is started, when the old one has ended; throws when it must not be */
  readonly mayStart?: (id: string) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Replaces the container `oldId`; anonymous volumes move over to the new one, as Compose does it.
 * @returns the new container's id
 */
export async function recreateContainer(doors: Doors, oldId: string, wanted: Recreation): Promise<string> {
  const { engine } = doors;
  const old = await engine.inspectContainer(oldId, within(deadlines.read, wanted.signal));
  if (!old) return createAnew(doors, wanted);
  const renamed = old.name === wanted.name;
  if (renamed) await putAside(doors, old, wanted);
  let created: string | null = null;
  try {
    created = await createAfter(engine, old, wanted);
    await end(doors, old, wanted);
    if (wanted.start) await startNew(doors, created, wanted);
  } catch (error) {
    await putBack(engine, old, renamed ? wanted.name : null, created);
    throw error;
  }
  await engine.removeContainer(old.id, { force: true, volumes: false }, within(deadlines.remove, wanted.signal));
  return created;
}

/** Docker cannot rename a container in the moment between two restarts ("sandbox not found"): it is stopped first. */
async function putAside(doors: Doors, old: Container, wanted: Recreation): Promise<void> {
  const { engine } = doors;
  if (old.state === 'restarting') await end(doors, old, wanted);
  try {
    await engine.renameContainer(old.id, asideName(wanted), within(deadlines.read, wanted.signal));
  } catch (error) {
    if (!isCode(error, 'TH_ENGINE_REFUSED') || old.restartCount === 0) throw error;
    await end(doors, old, wanted);
    await engine.renameContainer(old.id, asideName(wanted), within(deadlines.read, wanted.signal));
  }
}

async function createAnew(doors: Doors, wanted: Recreation): Promise<string> {
  const id = await doors.engine.createContainer(wanted.name, wanted.spec, within(deadlines.create, wanted.signal));
  if (wanted.start) await startNew(doors, id, wanted);
  return id;
}

async function startNew(doors: Doors, id: string, { mayStart, signal }: Recreation): Promise<void> {
  await mayStart?.(id);
  await startContainer(doors, id, signal);
}

async function createAfter(engine: Engine, old: Container, wanted: Recreation): Promise<string> {
  const image = await engine.inspectImage(wanted.spec.Image, within(deadlines.read, wanted.signal));
  const spec =
    isGateway(old.labels) || isGateway(wanted.spec.Labels)
      ? wanted.spec
      : carryVolumes(wanted.spec, old, image?.volumes ?? []);
  return engine.createContainer(wanted.name, spec, within(deadlines.create, wanted.signal));
}

/** Stops it; one that is paused cannot hear a polite signal and is killed. */
async function end(doors: Doors, old: Container, { stopTimeoutMs, signal }: Recreation): Promise<void> {
  const { engine } = doors;
  if (old.state === 'paused') return endByForce(doors, old.id, signal);
  const timeoutSeconds = stopTimeoutMs === null ? undefined : Math.ceil(stopTimeoutMs / 1000);
  const options = timeoutSeconds === undefined ? {} : { timeoutSeconds };
  await engine.stopContainer(old.id, options, within(deadlines.stop + (stopTimeoutMs ?? 10 * 60_000), signal));
}

/** Runs with deadlines of its own: an abort must not leave the service with neither of the two. */
async function putBack(engine: Engine, old: Container, name: string | null, created: string | null): Promise<void> {
  if (created !== null) {
    await engine.removeContainer(created, { force: true, volumes: false }, within(deadlines.remove, undefined));
  }
  if (name !== null) await engine.renameContainer(old.id, name, within(deadlines.read, undefined));
  if (old.state !== 'running' && old.state !== 'restarting' && old.state !== 'paused') return;
  const now = await engine.inspectContainer(old.id, within(deadlines.read, undefined));
  if (now?.state === 'exited') await engine.startContainer(old.id, within(deadlines.start, undefined));
}

/**
 * The old container's anonymous volumes, mounted where they were, unless the new configuration mounts
 * something there itself or neither it nor the image asks for a volume any more.
 * @param imageVolumes paths that the new image declares as VOLUME
 */
export function carryVolumes(
  spec: ContainerSpec,
  old: Pick<Container, 'mounts'>,
  imageVolumes: readonly string[],
): ContainerSpec {
  const mounts = mountsOf(spec);
  const nameless = mounts.filter(isNameless).map(({ Target }) => Target);
  const taken = new Set([
    ...mounts.filter((mount) => !isNameless(mount)).map(({ Target }) => Target),
    ...otherPaths(spec),
  ]);
  const wanted = new Set<unknown>([...imageVolumes, ...Object.keys(spec.Volumes ?? {}), ...nameless]);
  const carried = old.mounts
    .filter(
      ({ type, name, destination }) =>
        type === 'volume' && isAnonymous(name) && wanted.has(destination) && !taken.has(destination),
    )
    .map(({ name, destination, writable }) => ({
      Type: 'volume',
      Source: name,
      Target: destination,
      ReadOnly: !writable,
    }));
  if (carried.length === 0) return spec;
  const kept = mounts.filter((mount) => !carried.some(({ Target }) => Target === mount.Target));
  return { ...spec, HostConfig: { ...spec.HostConfig, Mounts: [...kept, ...carried] } };
}

interface EngineMount {
  readonly Type?: unknown;
  readonly Source?: unknown;
  readonly Target?: unknown;
}

function mountsOf({ HostConfig }: ContainerSpec): readonly EngineMount[] {
  return Array.isArray(HostConfig['Mounts']) ? (HostConfig['Mounts'] as readonly EngineMount[]) : [];
}

/** A volume that the engine is to name itself. */
function isNameless({ Type, Source }: EngineMount): boolean {
  return Type === 'volume' && (Source === undefined || Source === '');
}

function otherPaths({ HostConfig }: ContainerSpec): string[] {
  const binds = Array.isArray(HostConfig['Binds']) ? HostConfig['Binds'] : [];
  return [...binds.map((bind) => String(bind).split(':')[1] ?? ''), ...Object.keys(HostConfig['Tmpfs'] ?? {})];
}

/** The engine names a volume that nobody named by 64 hexadecimal digits. */
export function isAnonymous(volume: string): boolean {
  return /^[0-9a-f]{64}$/.test(volume);
}

/**
 * Finishes or undoes replacements that a process did not live to see the end of. Only for the holder of the
 * lease.
 * @param only the name of the one container to look at; default: all
 * @returns what was done, a line each
 */
export async function recoverReplaced(
  engine: Engine,
  project: string,
  signal?: AbortSignal,
  only?: string,
): Promise<string[]> {
  const containers = await engine.listContainers(
    { labels: { [LABEL.project]: project, [LABEL.ours]: '' } },
    within(deadlines.read, signal),
  );
  const lines: string[] = [];
  for (const old of containers) {
    const was = readAsideName(old.name);
    if (was === null || (only !== undefined && only !== was.name)) continue;
    const fresh = containers.find((container) => container.name === was.name) ?? null;
    const rival = containers.find((other) => other !== old && other !== fresh && writesBeside(other, old)) ?? null;
    lines.push(await settle(engine, { old, fresh, rival }, was, signal));
  }
  return lines;
}

/** Of a service of which one writes; it may have been started meanwhile. What became such a pair has no label of it yet. */
function writesBeside(other: Container, { labels }: Container): boolean {
  if (other.labels[LABEL.ours] !== labels[LABEL.ours] || isGateway(labels) || isGateway(other.labels)) return false;
  const isOneWriter = labels[LABEL.oneWriter] !== undefined || other.labels[LABEL.oneWriter] !== undefined;
  return isOneWriter && !hasNoProcess(other);
}

/** What there is of one replacement; `rival` runs, and would write the same data. */
interface Remains {
  readonly old: Container;
  readonly fresh: Container | null;
  readonly rival: Container | null;
}

async function settle(
  engine: Engine,
  { old, fresh, rival }: Remains,
  { name, start }: { readonly name: string; readonly start: boolean },
  signal?: AbortSignal,
): Promise<string> {
  const remove = (id: string): Promise<void> =>
    engine.removeContainer(id, { force: true, volumes: false }, within(deadlines.remove, signal));
  if (fresh && (fresh.startedAt > 0 || !start)) {
    await remove(old.id);
    return `${name} had been replaced; the old container was removed`;
  }
  if (fresh) await remove(fresh.id);
  await engine.renameContainer(old.id, name, within(deadlines.read, signal));
  if (rival && hasNoProcess(old))
    return `the replacement of ${name} had not come to its end; the old container is in its place again, and is not started, since ${rival.name} runs and writes the same data`;
  if (start && old.startedAt > 0) await engine.startContainer(old.id, within(deadlines.start, signal));
  return `the replacement of ${name} had not come to its end; the old container is in its place again`;
}

function isGateway(labels: Readonly<Record<string, string>>): boolean {
  return labels[LABEL.role] === 'gateway';
}
