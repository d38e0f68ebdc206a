/**
 * Traffic first. Moving new requests to another member is harmless, takes milliseconds and can be taken back,
 * so the first suspicion is enough for it, as long as the other one passed its last check. Cutting what is in
 * flight waits for certainty: an exit, or a second word. Nobody is moved back: the member that was repaired
 * becomes the backup, because a second disturbance buys nothing.
 */

import { type Condition, FOREIGN } from './condition.ts';
import { answersAllTheSame } from './diagnosis.ts';
import { isIdleStandby, isLeaving, oneRuns, whyNotStarted } from './pair.ts';
import { ask, conditionOf, isPending, memberMemory, memberSeen, usable, wake, type Turn } from './turn.ts';

/** A member that was cut off for a hang has this long to pass a check before it counts as failed for good. */
const SECOND_CHANCE_MS = 2000;

/** Who leads is what the gateway says: after a restart or a deployment it is the one who knows. */
export function adoptLeader(turn: Turn): void {
  const { memory, seen } = turn;
  if (oneRuns(turn)) return adoptOnce(turn);
  const isMoving = Object.values(memory.pending).some(({ kind, ended }) => kind === 'lead' && !ended);
  const readAt = Math.max(0, ...seen.members.map(({ gateway }) => gateway?.readAt ?? 0));
  if (seen.gateway?.leader && !isMoving && readAt > memory.leaderSaidAt) memory.leader = seen.gateway.leader;
}

/** Of a cold pair we say who leads, and the gateway follows; only with no memory of it, the gateway is asked. */
function adoptOnce(turn: Turn): void {
  const { memory, seen, model, now } = turn;
  if (memory.leaderUnsureUntil === undefined) return;
  wake(turn, memory.leaderUnsureUntil);
  const isRead = seen.members.some(({ gateway }) => gateway !== null);
  const told = isRead ? seen.gateway?.leader : undefined;
  if (told) memory.leader = told;
  if (isRead || model.balance !== 'leader' || now >= memory.leaderUnsureUntil) memory.leaderUnsureUntil = undefined;
}

export function steerTraffic(turn: Turn): void {
  if (turn.model.balance === null || !answers(turn)) return;
  if (turn.model.balance === 'leader') {
    if (oneRuns(turn)) followLeader(turn);
    else moveLead(turn);
  }
  for (const { name } of turn.model.members) steerMember(turn, name);
}

function answers(turn: Turn): boolean {
  const state = turn.seen.gateway?.state;
  return state === 'answering' || state === 'silent' || state === 'unknown';
}

function moveLead(turn: Turn): void {
  const { leader } = turn.memory;
  const trouble = leader === null ? 'has no leader' : troubleOf(conditionOf(turn, leader));
  if (trouble === '') return;
  const next = usable(turn).find((name) => name !== leader);
  if (next === undefined) return;
  const reason = leader === null ? `the service ${trouble}` : `${leader} ${trouble}; ${next} passed its last check`;
  const incident = leader === null ? null : (turn.memory.members[leader]?.incident?.id ?? null);
  if (ask(turn, 'lead', next, reason, { incident })) turn.memory.leader = next;
}

/** The gateway passes by a leader that does not run: it is told who leads once that one takes requests. */
function followLeader(turn: Turn): void {
  const { leader } = turn.memory;
  const { gateway } = turn.seen;
  if (leader === null || !gateway || gateway.leader === leader || !usable(turn).includes(leader)) return;
  ask(turn, 'lead', leader, `${leader} is the one of its pair that works`);
}

/** '' when it may go on leading. */
export function troubleOf(condition: Condition): string {
  switch (condition.is) {
    case 'well':
    case 'unknown':
    // a gateway passes by a leader that is not ready by itself; the start of a service is no reason to switch
    case 'starting':
      return '';
    case 'suspect':
    case 'failed':
    case 'unclear':
    case 'stopped':
      return condition.why;
    case 'returning':
      return 'is out of traffic';
    case 'standby':
    case 'completed':
    case 'quarantined':
      return `is ${condition.is}`;
  }
}

function steerMember(turn: Turn, name: string): void {
  const traffic = memberSeen(turn, name).gateway?.traffic;
  if (traffic === undefined || isPending(turn, 'take_out', name)) return;
  const condition = conditionOf(turn, name);
  if (isLeaving(turn, name) || isPending(turn, 'rest', name)) return;
  if (condition.is === 'standby') return leaveToStandBy(turn, name, traffic);
  if (condition.is === 'returning' && isIdleStandby(turn, name)) return;
  if (condition.is === 'returning') putIn(turn, name);
  else if (traffic !== 'out') leaveTraffic(turn, name, traffic, condition);
}

function leaveTraffic(turn: Turn, name: string, traffic: 'in' | 'draining', condition: Condition): void {
  // a second chance runs to its own end; until it has passed, no request reaches it
  const runs = condition.is === 'suspect' || (condition.is === 'failed' && !condition.gone);
  if (runs && isPending(turn, 'put_in', name)) return;
  const cut = reasonToCut(turn, condition);
  const others = usable(turn).filter((other) => other !== name);
  if (others.length === 0) return;
  if (cut !== '') {
    ask(turn, 'take_out', name, `${name} ${cut}; ${others.length === 1 ? `${others[0]} serves` : 'the others serve'}`);
    return;
  }
  const isLeaving = condition.is === 'suspect' || (condition.is === 'failed' && turn.now < condition.patientUntil);
  if (isLeaving && turn.model.balance === 'spread' && traffic === 'in') {
    ask(turn, 'drain', name, `${name} ${condition.why}; new requests go to the others`);
  }
}

function leaveToStandBy(turn: Turn, name: string, traffic: 'in' | 'draining' | 'out'): void {
  if (traffic !== 'out') ask(turn, 'take_out', name, `${name} stands by and answers nothing`);
}

/** '' while its requests in flight are left alone. A frozen service cuts nobody who still runs. */
function reasonToCut(turn: Turn, condition: Condition): string {
  const frozen = turn.memory.freeze !== null || turn.whole.freeze !== null;
  switch (condition.is) {
    case 'unclear':
    case 'stopped':
      return condition.why;
    case 'failed':
      return turn.now >= condition.patientUntil && (condition.gone || !frozen) ? condition.why : '';
    case 'suspect':
      return condition.confirmations >= 2 && !frozen ? condition.why : '';
    case 'quarantined':
      return 'is quarantined';
    default:
      return '';
  }
}

/**
 * No request reaches it before its first good check. A member that was cut off for a hang and was not
 * restarted gets a second chance of two seconds; one that has just started gets the time it needs to start.
 */
function putIn(turn: Turn, name: string): void {
  const memory = memberMemory(turn, name);
  if (memory.everWell && memory.repair === null) return probe(turn, name);
  const { policy } = turn.model;
  const deadlineMs = policy.startPeriodMs + policy.deadlineMs.unresponsive;
  ask(turn, 'put_in', name, `${name} runs; it gets traffic when it passes its check`, { deadlineMs });
}

/** Outside traffic nothing is checked: whether a member has come back by itself shows only by trying. */
export function probe(turn: Turn, name: string): void {
  const deadlineMs = SECOND_CHANCE_MS;
  ask(turn, 'put_in', name, `${name} still runs; it gets traffic again if it passes its check`, { deadlineMs });
}

/** A planned switch. It was checked to be sensible before it was asked for; what has changed since is checked again. */
export function switchLeader(turn: Turn, to: string): void {
  if (turn.model.balance !== 'leader' || turn.memory.leader === to) return;
  if (!usable(turn).includes(to)) return;
  if (ask(turn, 'lead', to, 'a person asked for it')) turn.memory.leader = to;
}

/** Time without service, and the reason in words for status. */
export function noteServing(turn: Turn): void {
  const { memory, now } = turn;
  const serving = isServing(turn);
  if (serving && memory.outageSince !== null) {
    memory.outageMs += now - memory.outageSince;
    memory.outageSince = null;
  }
  if (!serving && memory.serving) memory.outageSince = now;
  memory.serving = serving;
  memory.reason = serving ? '' : whyNotServing(turn);
}

export function isServing(turn: Turn): boolean {
  const { model, seen } = turn;
  const conditions = model.members.map(({ name }) => conditionOf(turn, name));
  if (conditions.every(({ is }) => is === 'completed')) return true;
  if (isGatewayDown(turn)) return false;
  if (conditions.some((condition) => mayServe(turn, condition))) return true;
  return seen.gateway?.state === 'answering' && model.members.some(({ name }) => isServedByBrake(turn, name));
}

function mayServe({ memory }: Turn, condition: Condition): boolean {
  const { is } = condition;
  return is === 'well' || is === 'suspect' || 'serves' in condition || (is === 'unknown' && memory.serving);
}

function isGatewayDown({ seen }: Turn): boolean {
  const gateway = seen.gateway?.state;
  return gateway === 'absent' || gateway === 'exited' || gateway === 'paused' || gateway === 'restarting';
}

/** With nobody left who passes its check, the gateway still sends requests to those that accept connections. */
function isServedByBrake(turn: Turn, name: string): boolean {
  const { state, gateway } = memberSeen(turn, name);
  return state === 'running' && gateway?.traffic === 'in' && answersAllTheSame(memberMemory(turn, name));
}

function whyNotServing(turn: Turn): string {
  if (turn.seen.foreign !== null) return FOREIGN;
  if (isGatewayDown(turn)) {
    return turn.memory.gateway.askedAt === null
      ? `its gateway is ${turn.seen.gateway?.state}`
      : 'its gateway was stopped on request; twinhull up starts it again';
  }
  const words = turn.model.members.map(({ name }) => {
    const condition = conditionOf(turn, name);
    const trouble = condition.is === 'starting' ? condition.why : troubleOf(condition);
    const obstacle = whyNotStarted(turn, name);
    return [`${name}: ${trouble === '' ? condition.is : trouble}`, ...(obstacle === '' ? [] : [obstacle])].join(', ');
  });
  return words.join('; ');
}
