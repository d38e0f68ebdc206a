/** What keeps repairs from a whole service, and until when. */

import { heldBy } from './cascade.ts';
import { comesFirst } from './emergency-order.ts';
import type { Memory, ServiceMemory } from './memory.ts';
import type { Saying } from './why.ts';
import { spanText } from './span.ts';

/** A person's hand, or a rule that was broken. */
export function handsOffNext(whole: Memory, service: ServiceMemory, now: number): Saying[] {
  const { maintenance } = service;
  const { frozen } = whole;
  if (maintenance) {
    const { until } = maintenance;
    const when = until === null ? 'until "twinhull maintenance off"' : `for another ${spanText(until - now)}`;
    return [{ at: until, text: `it is in maintenance ${when}: nothing of it is repaired` }];
  }
  if (frozen) {
    const why = frozen.reason === '' ? '' : ` (${frozen.reason})`;
    return [{ at: null, text: `repairs are frozen${why}: nothing is repaired until "twinhull thaw"` }];
  }
  return [];
}

export function brakeNext(whole: Memory, service: ServiceMemory, now: number): Saying[] {
  const brake = heldBy({ memory: service, whole, now });
  if (!brake) return [];
  const text = `the brake is on for another ${spanText(brake.until - now)}: what runs is not ended meanwhile (${brake.why})`;
  return [{ at: brake.until, text }];
}

/** In an emergency: what has to serve before this service is started. */
export function orderNext(whole: Memory, service: string): Saying[] {
  const first = comesFirst(whole, service, 'start');
  return first === '' ? [] : [{ at: null, text: `an emergency plan is carried out: it is started ${first}` }];
}
