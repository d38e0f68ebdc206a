/**
 * Whether a `down`, by whatever tool, has taken the project away. A `down` of the original file knows the
 * gateways and the single services by name and leaves members behind; one of the generated file takes all.
 */

import type { Memory } from './memory.ts';
import type { Observation, ServiceSeen } from './model.ts';

/** It must look gone for this long: between the removal and the creation of a container there is a moment. */
const SETTLES_MS = 2000;

export function isGone(
  whole: Memory,
  observation: Observation,
  now: number,
): { readonly gone: boolean; readonly lookAgainAt: number } {
  const looksGone =
    observation.engineAnswers &&
    observation.busy.length === 0 &&
    observation.services.length > 0 &&
    (observation.services.every(isEmpty) || observation.services.every((seen) => isTakenDown(whole, seen)));
  if (!looksGone) {
    whole.goneSince = null;
    return { gone: false, lookAgainAt: Number.POSITIVE_INFINITY };
  }
  whole.goneSince ??= now;
  return { gone: now >= whole.goneSince + SETTLES_MS, lookAgainAt: whole.goneSince + SETTLES_MS };
}

function isEmpty(seen: ServiceSeen): boolean {
  const gatewayGone = seen.gateway === null || seen.gateway.state === 'absent';
  return gatewayGone && seen.foreign === null && seen.members.every(({ state }) => state === 'absent');
}

/** What holds the service's own name was removed, and removed on purpose. */
function isTakenDown(whole: Memory, seen: ServiceSeen): boolean {
  if (seen.foreign !== null) return false;
  const memory = whole.services[seen.name];
  if (seen.gateway) return seen.gateway.state === 'absent' && memory?.gateway.askedAt != null;
  return seen.members.every(({ name, state }) => state === 'absent' && memory?.members[name]?.askedAt != null);
}
