/**
 * Why something is in the state it is in, and what happens next, from what the core remembers: no state of its own that
 * could tell something else than what is done. Times are told as spans from now, and as milliseconds for a clock.
 */

import type { CoreModel } from './decide.ts';
import type { Memory, ServiceMemory } from './memory.ts';
import type { ServiceModel, Verdict } from './model.ts';
import { brakeNext, handsOffNext } from './why-hands.ts';
import { aboutMember, nextOfMember } from './why-member.ts';
import { spanText } from './span.ts';

export interface Saying {
  /** when it was, or will be, milliseconds since 1970; null: no time of its own */
  readonly at: number | null;
  readonly text: string;
}

export interface Explanation {
  /** a service, or a member */
  readonly name: string;
  readonly service: string;
  readonly is: Verdict | 'serving' | 'not serving';
  /** since when, milliseconds since 1970; null: not known */
  readonly since: number | null;
  /** why it is so, '' when there is nothing to explain */
  readonly reason: string;
  /** what else is known about it */
  readonly facts: readonly Saying[];
  readonly next: readonly Saying[];
  /** of a service: each of its members */
  readonly members: readonly Explanation[];
}

/** @returns null: nothing has this name */
export function explain(model: CoreModel, memory: Memory, name: string, now: number): Explanation | null {
  const service = model.services.find((one) => one.name === name);
  const holder = service ?? model.services.find(({ members }) => members.some((member) => member.name === name));
  const known = holder ? memory.services[holder.name] : undefined;
  if (!holder || !known) return null;
  return service ? ofService(service, memory, known, now) : ofMember(holder, memory, known, name, now);
}

function ofMember(model: ServiceModel, whole: Memory, service: ServiceMemory, name: string, now: number): Explanation {
  const member = service.members[name];
  const place = { model, whole, service, name, now };
  return {
    name,
    service: model.name,
    is: member?.verdict ?? 'unknown',
    since: member?.since ?? null,
    reason: member?.reason ?? 'not looked at yet',
    facts: member ? aboutMember(place, member) : [],
    next: member ? nextOfMember(place, member) : [],
    members: [],
  };
}

function ofService(model: ServiceModel, whole: Memory, service: ServiceMemory, now: number): Explanation {
  return {
    name: model.name,
    service: model.name,
    is: service.serving ? 'serving' : 'not serving',
    since: service.outageSince,
    reason: service.reason,
    facts: [
      ...handsOffNext(whole, service, now),
      ...leaderFact(model, service),
      ...outageFact(service, now),
      ...budgetFact(model, service, now),
    ],
    next: [...brakeNext(whole, service, now), ...gatewayNext(service, now)],
    members: model.members.map(({ name }) => ofMember(model, whole, service, name, now)),
  };
}

function leaderFact({ balance }: ServiceModel, { leader }: ServiceMemory): Saying[] {
  if (leader === null) return [];
  return balance === 'leader' ? [{ at: null, text: `${leader} leads: new requests go to it` }] : [];
}

function outageFact({ outageSince }: ServiceMemory, now: number): Saying[] {
  return outageSince === null ? [] : [{ at: outageSince, text: `without service for ${spanText(now - outageSince)}` }];
}

function budgetFact({ policy }: ServiceModel, { actionsAt }: ServiceMemory, now: number): Saying[] {
  const { actions, windowMs } = policy.budget;
  const used = actionsAt.filter((at) => at > now - windowMs);
  const [oldest] = used;
  if (oldest === undefined) return [];
  const freed = oldest + windowMs;
  const text = `${used.length} of ${actions} repairs in ${spanText(windowMs)} are used; the first is forgotten in ${spanText(freed - now)}`;
  return [{ at: freed, text }];
}

function gatewayNext({ gateway }: ServiceMemory, now: number): Saying[] {
  if (gateway.askedAt !== null)
    return [{ at: null, text: 'its gateway was stopped on request; twinhull up starts it again' }];
  if (!gateway.incident) return [];
  const at = Math.max(now, gateway.notBefore);
  return [{ at, text: `its gateway is looked at again ${at > now ? `in ${spanText(at - now)}` : 'at once'}` }];
}
