import { setTimeout as sleep } from 'node:timers/promises';
import { isCode } from '../errors.ts';
import type { EventRecord } from '../ports/store.ts';
import type { ProjectStatus, ServiceStatus } from '../supervisor/status.ts';
import type { Place } from './place.ts';

export interface Watch {
  readonly service: string;
  /** milliseconds since 1970, as `until` */
  readonly faultAt: number;
  readonly until: number;
  /** the fault needs no more doing; what is well before is not repaired yet */
  readonly isMade: () => boolean;
  /** for what is no member of the service: it is there again */
  readonly isBack: (() => Promise<boolean>) | null;
  /** the fault may be seen by nobody */
  readonly mayBeBorne: boolean;
  readonly signal: AbortSignal;
}

export interface Repair {
  /** milliseconds since 1970; null: nobody repaired it (in time), or nothing had to be */
  readonly repairedAt: number | null;
  readonly noticed: boolean;
}

const LOOK_EVERY_MS = 100;

/** When everything of the service is well again, after something was not. */
export async function watchRepair(place: Place, watch: Watch): Promise<Repair> {
  let noticed = false;
  while (Date.now() < watch.until) {
    const service = await look(place, watch.service);
    const well = service !== null && isWell(service);
    const back = watch.isBack === null || (await isThere(watch.isBack));
    noticed ||= !well || !back || watch.isBack !== null || (await hadIncident(place, watch));
    if (watch.isMade() && well && back && noticed) return { repairedAt: Date.now(), noticed };
    if (watch.isMade() && well && watch.mayBeBorne) return { repairedAt: null, noticed };
    if (service?.members.some(({ verdict }) => verdict === 'quarantined')) break;
    await sleep(LOOK_EVERY_MS, undefined, { signal: watch.signal });
  }
  return { repairedAt: null, noticed };
}

/** Waits until every one of these services is well. @returns those that are not, when the time is over */
export async function whenSteady(
  place: Place,
  services: readonly string[] | null,
  withinMs: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const until = performance.now() + withinMs;
  for (;;) {
    const status = await statusOf(place);
    const asked = services ?? status?.services.map(({ name }) => name) ?? ['the project'];
    const unsteady = asked.filter((name) => !status?.services.some((one) => one.name === name && isWell(one)));
    if (unsteady.length === 0 || performance.now() > until) return unsteady;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

export async function eventsSince(place: Place, service: string, sinceMs: number): Promise<EventRecord[]> {
  const { openStore } = await import('../wire.ts');
  const store = openStore(place.folder, { readOnly: true });
  const events = store.events({ sinceMs });
  store.close();
  return events.filter((event) => event.service === service || event.service === null);
}

async function look(place: Place, service: string): Promise<ServiceStatus | null> {
  return (await statusOf(place))?.services.find(({ name }) => name === service) ?? null;
}

/** One that is just being killed, or started, is as good as none. */
async function statusOf({ control }: Place): Promise<ProjectStatus | null> {
  try {
    return (await control.status())?.status ?? null;
  } catch (error) {
    if (isCode(error, 'TH_SUPERVISOR_SILENT')) return null;
    throw error;
  }
}

async function isThere(isBack: () => Promise<boolean>): Promise<boolean> {
  try {
    return await isBack();
  } catch (error) {
    const isAway = isCode(error, 'TH_SUPERVISOR_SILENT') || isCode(error, 'TH_ENGINE_UNREACHABLE');
    if (isAway || isCode(error, 'TH_ENGINE_REFUSED')) return false;
    throw error;
  }
}

function isWell({ members, lastIncident }: ServiceStatus): boolean {
  if (lastIncident !== null && lastIncident.endedAt === null) return false;
  return members.every(({ verdict }) => verdict === 'healthy' || verdict === 'standby' || verdict === 'completed');
}

/** A repair may be quicker than two looks. */
async function hadIncident(place: Place, { service, faultAt }: Watch): Promise<boolean> {
  return (await eventsSince(place, service, faultAt)).some(
    (event) => event.service === service && event.kind === 'close_incident',
  );
}
