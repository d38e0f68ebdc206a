/**
 * A person's hand. A freeze holds the whole project, maintenance one service: both are watched on, traffic is still
 * led away from what fails, and nothing is ended, started or replaced, because somebody who works on a machine must
 * not be worked against. What is under way when a freeze comes is not torn off in the middle; it is the last thing
 * that is done. A freeze ends when it is thawed; maintenance also by itself, where a time was given.
 *
 * A freeze tells what fails, since nobody may be looking; in maintenance what fails is what was expected: it opens no
 * incident, makes no alert and is no sign of a cascade.
 */

import { copyOf } from '../copy.ts';
import type { EffectKind, NoteAction } from './actions.ts';
import { fitMemory, type Memory, type ServiceMemory } from './memory.ts';
import type { Order, ServiceModel, Signal } from './model.ts';
import { spanText } from './span.ts';

/** An order where nothing can be decided: nobody supervises, or nothing has been seen yet. */
export function heed(
  models: readonly ServiceModel[],
  memory: Memory,
  order: Order,
  now: number,
): { readonly memory: Memory; readonly notes: readonly NoteAction[] } {
  const whole = copyOf(memory);
  fitMemory(whole, models, now);
  return { memory: whole, notes: obey(whole, [order], now) };
}

/** What a person said about repairs. @returns what goes into the record */
export function obey(whole: Memory, signals: readonly Signal[], now: number): NoteAction[] {
  return signals.flatMap((signal): NoteAction[] => {
    switch (signal.kind) {
      case 'freeze_asked':
        return freeze(whole, signal.reason, now);
      case 'thaw_asked':
        return thaw(whole, now);
      case 'maintenance_asked':
        return maintain(whole.services[signal.service], signal, now);
      default:
        return [];
    }
  });
}

function freeze(whole: Memory, reason: string, now: number): NoteAction[] {
  whole.frozen = { since: now, reason, cause: 'person' };
  const why = reason === '' ? '' : ` (${reason})`;
  return [tell('freeze', null, `repairs are frozen${why}: watched, traffic led away, nothing repaired, until thaw`)];
}

function thaw(whole: Memory, now: number): NoteAction[] {
  const { frozen } = whole;
  if (!frozen) return [];
  whole.frozen = undefined;
  whole.brokenRule = undefined;
  return [tell('freeze', null, `repairs go on; they were frozen for ${spanText(now - frozen.since)}`)];
}

type MaintenanceAsked = Extract<Signal, { kind: 'maintenance_asked' }>;

function maintain(service: ServiceMemory | undefined, asked: MaintenanceAsked, now: number): NoteAction[] {
  if (!service) return [];
  if (!asked.on) return service.maintenance ? [endMaintenance(service, asked.service, 'was ended', now)] : [];
  service.maintenance = { since: service.maintenance?.since ?? now, until: asked.until };
  const howLong = asked.until === null ? 'until it is ended' : `for ${spanText(asked.until - now)}`;
  const message = `${asked.service} is in maintenance ${howLong}: watched, traffic led away, nothing repaired`;
  return [tell('maintenance', asked.service, message)];
}

/** Maintenance whose time is over ends by itself. */
export function endMaintenances(whole: Memory, now: number): NoteAction[] {
  return Object.entries(whole.services).flatMap(([name, service]) => {
    const until = service.maintenance?.until ?? null;
    return until === null || now < until ? [] : [endMaintenance(service, name, 'is over', now)];
  });
}

/** What failed meanwhile is a failure from now on. */
function endMaintenance(service: ServiceMemory, name: string, how: string, now: number): NoteAction {
  const since = service.maintenance?.since ?? now;
  service.maintenance = undefined;
  for (const member of Object.values(service.members)) member.suspectSince = null;
  return tell(
    'maintenance',
    name,
    `maintenance of ${name} ${how} after ${spanText(now - since)}; it is repaired again`,
  );
}

/** Nothing of this service may be ended, started or replaced. */
export function isHandsOff(whole: Memory, service: ServiceMemory): boolean {
  return whole.frozen !== undefined || service.maintenance !== undefined;
}

/** Of a change from one member of a pair to the other, which is not left half done. */
export const HANDS_OVER: ReadonlySet<EffectKind> = new Set([
  'stop',
  'fence',
  'rest',
  'start_standby',
  'replace_standby',
]);

/** A person's hand keeps this from being done. */
export function isHeldBack(whole: Memory, service: ServiceMemory, kind: EffectKind): boolean {
  return isHandsOff(whole, service) && !(service.handover && HANDS_OVER.has(kind));
}

/** '' when repairs go on; else why they do not, for a person */
export function handsOffWords(whole: Memory, service: ServiceMemory): string {
  if (service.maintenance) return 'the service is in maintenance';
  if (!whole.frozen) return '';
  const { cause, reason } = whole.frozen;
  return `repairs are frozen${cause === 'person' ? ' by a person' : ''}${reason === '' ? '' : `: ${reason}`}`;
}

export function tell(
  about: Extract<NoteAction, { kind: 'tell' }>['about'],
  service: string | null,
  message: string,
): NoteAction {
  return { kind: 'tell', about, service, message };
}
