/** One member: what is known about it, and what happens to it next. */

import { rungWords } from './diagnosis.ts';
import { isHandsOff } from './freeze.ts';
import { failuresNeeded } from './proof.ts';
import { failedChecks } from './health.ts';
import type { MemberMemory, Memory, Repair, ServiceMemory } from './memory.ts';
import type { ServiceModel } from './model.ts';
import { spanText } from './span.ts';
import { handsOffNext, orderNext } from './why-hands.ts';
import { handoverNext, stoppedWords, whenItFails } from './why-standby.ts';
import type { Saying } from './why.ts';

export interface Place {
  readonly model: ServiceModel;
  readonly whole: Memory;
  readonly service: ServiceMemory;
  readonly name: string;
  readonly now: number;
}

export function aboutMember({ model, now }: Place, member: MemberMemory): Saying[] {
  const facts: Saying[] = [];
  const failed = failedChecks(member);
  if (failed > 0 && member.check === 'failing')
    facts.push({
      at: member.suspectSince,
      text: `it has failed ${failed} ${failed === 1 ? 'check' : 'checks in a row'}`,
    });
  const isTried = member.repair !== null && member.repair.phase !== 'waiting';
  const lost = member.loops - (isTried ? 1 : 0);
  if (lost > 0) facts.push({ at: null, text: `${lost} ${lost === 1 ? 'repair' : 'repairs in a row'} did not last` });
  if (member.drill && now < member.drill.until) facts.push({ at: null, text: 'it is broken on purpose: a drill' });
  if (member.incident)
    facts.push({
      at: member.incident.startedAt,
      text: `its incident is ${member.incident.id} (${member.incident.failure})`,
    });
  const repair = repairFact(member.repair);
  if (repair !== null) facts.push(repair);
  if (model.members.length === 1 && failed > 0)
    facts.push({ at: null, text: 'nobody else of the service could serve' });
  return facts;
}

function repairFact(repair: Repair | null): Saying | null {
  const rung = repair?.ladder[repair.step];
  if (!repair || !rung) return null;
  if (repair.phase === 'acting') return { at: null, text: `it is being ${rungWords(rung)} right now` };
  return repair.phase === 'proving'
    ? { at: null, text: `it was ${rungWords(rung)}, and has to show that this helped` }
    : null;
}

export function nextOfMember(place: Place, member: MemberMemory): Saying[] {
  const { model, whole, service, now } = place;
  const handover = handoverNext(place);
  if (handover) return [handover];
  switch (member.verdict) {
    case 'healthy':
      return [{ at: null, text: wellWords(place) }];
    case 'standby':
      return [{ at: null, text: `nothing, until ${service.leader ?? 'the primary'} fails: then it takes over` }];
    case 'completed':
      return [{ at: null, text: 'nothing: it has done its work' }];
    case 'stopped':
      return [{ at: null, text: stoppedWords(place) }];
    case 'foreign':
      return [{ at: null, text: 'nothing: the service is in the hands of another tool; "twinhull up" takes it back' }];
    case 'unknown':
      return [{ at: null, text: 'it is looked at again; nothing is done to what is not known' }];
    case 'quarantined':
      return [quarantineNext(place, member)];
    case 'starting':
    case 'suspect':
    case 'unhealthy':
      return isHandsOff(whole, service)
        ? handsOffNext(whole, service, now)
        : [...orderNext(whole, model.name), ...repairNext(place, member)];
  }
}

function wellWords(place: Place): string {
  const { model, service, name } = place;
  if (model.members.length === 1) return 'nothing, as long as it is well; if it fails, it is repaired';
  const standby = whenItFails(place);
  if (standby !== null) return `nothing, as long as it is well; if it fails, ${standby}`;
  const isLeader = model.balance === 'leader' && service.leader === name;
  return isLeader
    ? 'nothing, as long as it is well; if it fails, another one leads at once and it is repaired'
    : 'nothing, as long as it is well; if it fails, it is repaired while the others serve';
}

function quarantineNext({ model, now }: Place, { quarantinedAt }: MemberMemory): Saying {
  const at = (quarantinedAt ?? now) + model.policy.budget.windowMs;
  const text = `in ${spanText(at - now)} it gets one more chance; "twinhull up" or "twinhull restart" give it one now`;
  return { at, text };
}

/** What was the obstacle at the last look, or the step of the ladder that is next. */
function repairNext(place: Place, member: MemberMemory): Saying[] {
  const { repair, considered, verdict } = member;
  if (member.quarantinedAt !== null) return [quarantineNext(place, member)];
  if (repair && repair.phase !== 'waiting') return [afterRung(place, repair)];
  if (considered) return [consideredNext(place, considered.what, considered.until), ...rungNext(place, repair)];
  if (verdict === 'starting') return [startingNext(place, member)];
  return repair ? rungNext(place, repair) : [unsureNext(place, member)];
}

/** Nothing is decided yet. */
function unsureNext({ model: { policy } }: Place, member: MemberMemory): Saying {
  const needed = failuresNeeded(policy.threshold, member);
  if (member.verdict === 'unhealthy')
    return { at: null, text: 'in a moment it is clear whether it failed or somebody asked for it' };
  return { at: null, text: `it is repaired when it has failed ${needed} times in a row, for a second at least` };
}

function consideredNext({ now }: Place, what: string, until: number | null): Saying {
  const rest = until !== null && until > now ? `, for another ${spanText(until - now)} at most` : '';
  return { at: until, text: `${what}${rest}` };
}

/** "in 12 s it is killed and started, unless it passes its check before" */
function afterRung({ now }: Place, repair: Repair): Saying {
  const when = repair.until > now ? `in ${spanText(repair.until - now)}` : 'now';
  const following = repair.ladder[repair.step + 1];
  const then = following ? `it is ${rungWords(following)}` : 'the repairs begin anew, with a wait that grows';
  const unless = repair.phase === 'acting' ? 'what is under way has ended before' : 'it passes its check before';
  return { at: repair.until, text: `${when} ${then}, unless ${unless}` };
}

function rungNext({ now }: Place, repair: Repair | null): Saying[] {
  const rung = repair?.ladder[repair.step];
  if (!repair || !rung) return [];
  const when = repair.until > now ? `in ${spanText(repair.until - now)}` : 'as soon as nothing stands in the way';
  return [{ at: Math.max(repair.until, now), text: `${when} it is ${rungWords(rung)}` }];
}

function startingNext({ model, now }: Place, { startedAt, everWell }: MemberMemory): Saying {
  const at = startedAt + model.policy.startPeriodMs;
  if (everWell || at <= now) return { at: null, text: 'it gets requests when it passes its check' };
  return { at, text: `it has another ${spanText(at - now)} to start: failed checks do not count before` };
}
