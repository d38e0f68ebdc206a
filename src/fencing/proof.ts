/**
 * Two containers that write the same data destroy it. So before one of them is started, the engine is asked about all
 * others, at that moment and not before: what a decision went by may be older, another tool may have acted in between,
 * and a call that was given up may have come through. No process, said by the engine of that very container, is proof;
 * no answer is none. Paused is running.
 */

import { isCode, TwinhullError } from '../errors.ts';
import { LABEL } from '../labels.ts';
import type { Clock } from '../ports/clock.ts';
import type { Call, Container, Engine } from '../ports/engine.ts';
import type { MemberPlan, ServicePlan } from '../redundancy/fleet.ts';

const LOOK_EVERY_MS = 20;

/** The service, as far as fencing needs to know it. */
export interface Fenced {
  readonly project: string;
  readonly service: Pick<ServicePlan, 'name' | 'members'>;
}

/**
 * Throws TH_SECOND_WRITER when a container of the service other than this one runs, or may: another member, one that is
 * being replaced, one of before a change of mode.
 * @param id of the container that is to be started
 */
export async function refuseSecondWriter(
  engine: Pick<Engine, 'listContainers'>,
  fenced: Fenced,
  id: string,
  call: Call,
): Promise<void> {
  const containers = await containersOf(engine, fenced, call);
  const own = containers.find((container) => container.id === id);
  const rival = containers.find(
    (container) =>
      container.id !== id &&
      !hasNoProcess(container) &&
      (memberOf(fenced, container) !== null || sharesData(own, container)),
  );
  if (!rival) return;
  const how = rival.partial ? 'the engine does not answer for it' : `it is ${rival.state}`;
  throw new TwinhullError(
    'TH_SECOND_WRITER',
    `${rival.name} is not proven stopped (${how}), and would write the same data`,
    { state: 'nothing was started' },
  );
}

/**
 * Ends every container of a member by SIGKILL, paused ones too, and looks until the engine says that none of them has a
 * process. Goes on until `signal` is aborted; rejects then.
 */
export async function fence(
  { engine, clock }: { readonly engine: Engine; readonly clock: Clock },
  fenced: Fenced,
  member: Pick<MemberPlan, 'name'>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const all = await containersOf(engine, fenced, { signal });
    const running = all.filter((container) => memberOf(fenced, container) === member.name && !hasNoProcess(container));
    if (running.length === 0) return;
    for (const container of running) await kill(engine, container, signal);
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** Somebody may have given it a restart policy: the engine must not bring it back. */
async function kill(engine: Engine, { id, restartPolicy, partial }: Container, signal: AbortSignal): Promise<void> {
  try {
    if (restartPolicy !== 'no' && !partial) await engine.setRestartPolicy(id, 'no', { signal });
    await engine.killContainer(id, 'SIGKILL', { signal });
  } catch (error) {
    // it may have ended in between, or be on its way out: the next look tells
    if (!isCode(error, 'TH_ENGINE_REFUSED')) throw error;
  }
}

export function hasNoProcess({ state, partial }: Container): boolean {
  return partial !== true && (state === 'created' || state === 'exited' || state === 'dead');
}

/** Where it is not known what one of them mounts, they may. */
function sharesData(one: Container | undefined, other: Container): boolean {
  if (!one || one.partial || other.partial) return true;
  const written = new Set(one.mounts.filter(({ writable }) => writable).map(sourceOf));
  return other.mounts.some((mount) => mount.writable && written.has(sourceOf(mount)));
}

function sourceOf({ name, source }: Container['mounts'][number]): string {
  return name === '' ? source : name;
}

/** All that carry the service's name and are no gateway. */
async function containersOf(engine: Pick<Engine, 'listContainers'>, fenced: Fenced, call: Call): Promise<Container[]> {
  const labels = { [LABEL.project]: fenced.project, [LABEL.ours]: fenced.service.name };
  const listed = await engine.listContainers({ labels }, call);
  return listed.filter((container) => container.labels[LABEL.role] !== 'gateway');
}

/**
 * The member whose container this is; null for what runs from an image that was committed from a member, which has its
 * labels, another name and another image, and for those of before a change of mode.
 */
function memberOf({ service }: Fenced, { name, image, labels }: Container): string | null {
  const found = service.members.find(({ composeService, number, containerName, spec }) => {
    const isLabelled = labels[LABEL.service] === composeService && labels[LABEL.number] === String(number);
    const isNamed = name === containerName || name.startsWith(`${containerName}.`);
    return isLabelled && (isNamed || image === spec.Image);
  });
  return found?.name ?? null;
}
