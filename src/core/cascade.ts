/**
 * The brake. When half of everything is bad at once, the cause is the host, something shared, or the watcher
 * itself, and restarting healthy processes would turn a slow minute into an outage. What runs is then left
 * alone and somebody is told. It is no surrender: after a minute one member at a time is tried with care.
 * Containers that have exited are not under the brake: starting a dead one takes nothing from anybody.
 */

import type { Freeze, Memory } from './memory.ts';
import { conditionOf, wake, type Turn } from './turn.ts';

/** How long nothing is done to running members. The gateways go on trying whoever accepts connections. */
export const HOLD_MS = 60_000;
/**
 * What was away comes back to one member sooner than to another. Checks of the others get as long to see it as it was
 * away, at most this: a moment in which all were in doubt must not spare one that hangs.
 */
const RELEASE_MS = 10_000;
const EASED =
  'of those that failed together some are well again; the others get some time to follow before anything is restarted';
const CASCADE_WINDOW_MS = 5 * 60_000;
export const CASCADE_SERVICES = 3;
/** fewer members than this are no sign of a common cause */
export const LEAST_MEMBERS = 3;

export function brakeService(turn: Turn): void {
  const running = turn.model.members.filter(({ name }) => isWatched(turn, name));
  const allSick = running.length >= 2 && running.every(({ name }) => isSick(turn, name));
  const tried = turn.model.balance === null ? '' : ', and requests still go to them';
  const reason = `all ${running.length} running members fail their check at once; what they share may be the cause, so none is restarted${tried}`;
  const isSomebodyWell = running.some(({ name }) => conditionOf(turn, name).is === 'well');
  turn.memory.freeze = follow(turn.memory.freeze, allSick, isSomebodyWell, reason, turn.now);
  if (turn.memory.freeze) wake(turn, endOf(turn.memory.freeze));
}

export function brakeProject(whole: Memory, turns: readonly Turn[], now: number): void {
  const watched = turns
    .flatMap((turn) => turn.model.members.map(({ name }) => ({ turn, name })))
    .filter(({ turn, name }) => isWatched(turn, name));
  const sick = watched.filter(({ turn, name }) => isSick(turn, name));
  const services = new Set(sick.map(({ turn }) => turn.model.name));
  const isCommon = sick.length >= LEAST_MEMBERS && services.size >= 2 && sick.length * 2 >= watched.length;
  const reason = `${sick.length} of ${watched.length} running members of ${services.size} services are bad at once; the host or something shared may be the cause, so nothing is restarted`;
  whole.freeze = follow(whole.freeze, isCommon, sick.length < watched.length, reason, now);
}

/** Three failures of different services in five minutes. */
export function noticeCascade(whole: Memory, now: number): void {
  whole.failures = whole.failures.filter(({ at }) => at > now - CASCADE_WINDOW_MS);
  const isCascade = cascadedServices(whole, 0).length >= CASCADE_SERVICES;
  whole.cascadeSince = isCascade ? (whole.cascadeSince ?? now) : null;
}

/** Services that failed within five minutes, and after `since`. */
export function cascadedServices({ failures }: Memory, since: number): string[] {
  return [...new Set(failures.filter(({ at }) => at > since).map(({ service }) => service))];
}

/** While this holds, no running member is restarted, stopped or cut off. */
export function isHeld(turn: Turn): boolean {
  return heldBy(turn) !== null;
}

/** The brake that is on, and when it lets go at the latest. */
export function heldBy({
  memory,
  whole,
  now,
}: Pick<Turn, 'memory' | 'whole' | 'now'>): { readonly why: string; readonly until: number } | null {
  const brake = [memory.freeze, whole.freeze].find((freeze) => isFresh(freeze, now));
  return brake ? { why: brake.reason, until: endOf(brake) } : null;
}

export function isFresh(freeze: Freeze | null, now: number): boolean {
  return freeze !== null && now < endOf(freeze);
}

const endOf = ({ since, easedAt }: Freeze): number =>
  easedAt === null ? since + HOLD_MS : easedAt + Math.min(RELEASE_MS, easedAt - since);

function follow(
  freeze: Freeze | null,
  holds: boolean,
  isSomebodyWell: boolean,
  reason: string,
  now: number,
): Freeze | null {
  if (holds) return { since: freeze?.since ?? now, reason, easedAt: null };
  if (freeze === null || !isSomebodyWell) return null;
  const eased = { since: freeze.since, reason: EASED, easedAt: freeze.easedAt ?? now };
  return now < endOf(eased) ? eased : null;
}

/** What is in maintenance is no sign of anything. */
function isWatched(turn: Turn, name: string): boolean {
  if (turn.memory.maintenance) return false;
  const { is } = conditionOf(turn, name);
  return is === 'well' || isSick(turn, name);
}

/** Runs, and its checks say that it is not well. */
function isSick(turn: Turn, name: string): boolean {
  const condition = conditionOf(turn, name);
  return condition.is === 'suspect' || (condition.is === 'failed' && !condition.gone && !condition.serves);
}
