/**
 * What is done about a member that serves, and yet uses up what it may use, or fails at its work where others do not.
 * A new process would help; but the old one serves, and a program may be made to live near its limit (a cache, a JVM).
 * So it is restarted only while another one serves, with traffic away and its requests finished, one at a time, within
 * the budget, and not again when the last restart for it was a short while ago: then that is its size, and a person is
 * told. Being busy is no failure. A member that also fails its checks is repaired like any other; what it uses is then
 * evidence, and the kind of the failure.
 */

import { isBudgetSpent, isHostSpent } from './budget.ts';
import { isHeld } from './cascade.ts';
import { type Condition, failure, type Failed } from './condition.ts';
import { reactionTo } from './diagnosis.ts';
import { isEmergency } from './emergency-order.ts';
import { isHandsOff } from './freeze.ts';
import type { FailureKind, MemberSeen } from './model.ts';
import { errorWords, zombieWords } from './signs.ts';
import { isSlow, type Strain, strainsOf } from './strain.ts';
import { newsOf } from './told.ts';
import { conditionOf, isPending, memberMemory, memberSeen, usable, wake, type Turn } from './turn.ts';

const LOOK_AGAIN_MS = 500;

/** After every member was judged by its checks: what else is seen of it is weighed. */
export function weighRelief(turn: Turn): void {
  for (const { name } of turn.model.members) noteStrain(turn, name);
  for (const { name } of turn.model.members) {
    const memory = memberMemory(turn, name);
    const judged = conditionOf(turn, name);
    const condition = weighed(turn, name, judged);
    if (memory.relief && (condition === judged || !('serves' in condition))) memory.relief = undefined;
    turn.conditions.set(name, condition);
  }
}

function noteStrain(turn: Turn, name: string): void {
  const memory = memberMemory(turn, name);
  const words = strainsIn(turn, name)
    .map((strain) => strain.words)
    .join('; ');
  if (words !== '') memory.strain = { since: memory.strain?.since ?? turn.now, words };
  else if (memory.strain) memory.strain = undefined;
}

function strainsIn(turn: Turn, name: string): Strain[] {
  return strainsOf(turn.model.policy, memberSeen(turn, name));
}

function weighed(turn: Turn, name: string, condition: Condition): Condition {
  const { strain, relief } = memberMemory(turn, name);
  const isOfChecks = 'failure' in condition && condition.failure === 'unresponsive';
  if (strain && isOfChecks && !('gone' in condition && condition.gone)) {
    return { ...condition, failure: 'resource_exhaustion', why: `${condition.why}, and ${strain.words}` };
  }
  if (condition.is !== 'well' && !(condition.is === 'returning' && relief)) return condition;
  const others = usable(turn).filter((other) => other !== name);
  const ailment = ailmentOf(turn, name, others);
  if (ailment === null || others.length === 0 || !mayBeRelieved(turn, name, ailment.kind)) return condition;
  return relieved(turn, name, ailment);
}

interface Ailment {
  readonly kind: FailureKind;
  readonly why: string;
}

/** What a new process would be rid of. */
function ailmentOf(turn: Turn, name: string, others: readonly string[]): Ailment | null {
  const { policy } = turn.model;
  const seen = memberSeen(turn, name);
  const strains = strainsIn(turn, name).filter((strain) => isCured(turn, seen, strain, others));
  const used = [...strains.map(({ words }) => words), zombieWords(policy, seen)].filter((words) => words !== '');
  if (used.length > 0) return { kind: 'resource_exhaustion', why: used.join('; ') };
  const errors = errorWords(
    policy,
    seen,
    others.map((other) => memberSeen(turn, other)),
  );
  return errors === '' ? null : { kind: 'unresponsive', why: errors };
}

/** A processor that is busy while those of the others are not is likely lost in a loop; where all are busy there is work. */
function isCured(turn: Turn, seen: MemberSeen, { resource, isUsedUp }: Strain, others: readonly string[]): boolean {
  if (isUsedUp) return true;
  if (resource !== 'processor' || !isSlow(seen)) return false;
  return others.some((other) => {
    const isKnown = memberSeen(turn, other).resources?.cpu != null;
    return isKnown && !strainsIn(turn, other).some((strain) => strain.resource === 'processor');
  });
}

function mayBeRelieved(turn: Turn, name: string, kind: FailureKind): boolean {
  if (turn.isBusy || !turn.engineAnswers || isHandsOff(turn.whole, turn.memory) || isHeld(turn)) return false;
  // what serves is left alone then: see emergency.ts
  if (isEmergency(turn.whole)) return false;
  if (isBudgetSpent(turn) || isHostSpent(turn) || reactionTo(turn, name, kind).alertOnly) return false;
  return !isSomebodyElseAway(turn, name) && !wasRelievedLately(turn, name);
}

/** One at a time: also not while another one is on its way back. */
function isSomebodyElseAway(turn: Turn, name: string): boolean {
  return turn.model.members.some(({ name: other }) => {
    if (other === name) return false;
    const { is } = conditionOf(turn, other);
    return is === 'failed' || is === 'returning' || memberMemory(turn, other).repair !== null;
  });
}

function wasRelievedLately(turn: Turn, name: string): boolean {
  const { relievedAt } = memberMemory(turn, name);
  return relievedAt !== undefined && turn.now < relievedAt + turn.model.policy.budget.windowMs;
}

/** Its requests may finish: it is ended when there are none, or when their time is over. */
function relieved(turn: Turn, name: string, { kind, why }: Ailment): Failed {
  const memory = memberMemory(turn, name);
  memory.relief ??= { since: turn.now };
  const until = memory.relief.since + turn.model.policy.drainTimeoutMs;
  const patientUntil = turn.now >= until || isIdle(turn, name, memberSeen(turn, name)) ? 0 : until;
  if (patientUntil > 0) wake(turn, Math.min(patientUntil, turn.now + LOOK_AGAIN_MS));
  return { ...failure(kind, false, why), patientUntil, serves: true };
}

/** It gets no new requests, the gateway has confirmed that, and has none left inside it. */
function isIdle(turn: Turn, name: string, { gateway }: MemberSeen): boolean {
  if (gateway === null || gateway.traffic === 'out') return true;
  const isMoving = turn.model.members.some((other) => isPending(turn, 'lead', other.name));
  const isLed = turn.model.balance === 'leader' && (turn.memory.leader === name || isMoving);
  const isFed = turn.model.balance === 'spread' && gateway.traffic === 'in';
  return !isLed && !isFed && gateway.sessions === 0 && gateway.readAt > turn.memory.leaderSaidAt;
}

/** A strain that nothing is done about, because nothing should or can be: it is told once while it lasts. */
export function tellStrains(turn: Turn): void {
  const about = 'strain ';
  const strained = turn.model.members
    .filter(({ name }) => memberMemory(turn, name).incident === null)
    .flatMap(({ name }) =>
      strainsIn(turn, name).map((strain) => ({ name, strain, key: `${about}${name} ${strain.resource}` })),
    );
  if (strained.length === 0 && !turn.memory.told) return;
  const keys = strained.map(({ key }) => key);
  const news = newsOf(turn.memory, about, keys, turn.now);
  for (const { name, strain, key } of strained) {
    if (!news.includes(key)) continue;
    const reason = `${name} ${strain.words}; ${whyLeft(turn, name, strain)}`;
    turn.actions.push({ kind: 'alert', service: turn.model.name, member: name, reason });
  }
}

function whyLeft(turn: Turn, name: string, { isUsedUp }: Strain): string {
  if (!isUsedUp) return 'it is left alone as long as it answers';
  if (wasRelievedLately(turn, name)) {
    return 'it was restarted for that a short while ago, so this is what it needs: raise the limit';
  }
  if (turn.model.members.length === 1) return 'it is the only one, so it is left alone as long as it serves';
  return 'it is left alone as long as it serves and nobody could take its place';
}
