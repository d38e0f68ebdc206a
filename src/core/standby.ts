/** Cold pairs: the backup exists and does not run. When the primary fails, the backup is started at once and leads. */

import { countRestart, isBudgetSpent, waitBefore } from './budget.ts';
import { isHeld } from './cascade.ts';
import { openIncident } from './incidents.ts';
import { ask, conditionOf, memberMemory, memberSeen, stopDeadlineMs, wake, type Turn } from './turn.ts';

/** Whoever stops one container of a pair wants it to move; whoever stops several wants quiet. This long it stays open. */
const STOP_SETTLES_MS = 2000;
const STOPPED_TOGETHER_MS = 5000;
/** Docker waits 100 ms before the first restart, twice as long before each that follows a short run */
const ENGINE_RESTARTS_WITHIN_MS = 1000;

export function coverForLeader(turn: Turn): void {
  const { leader } = turn.memory;
  if (turn.model.policy.standby !== 'cold' || turn.model.balance !== null || leader === null) return;
  if (settleWithTwin(turn, leader)) return;
  const standby = turn.model.members.find(({ name }) => conditionOf(turn, name).is === 'standby')?.name;
  if (standby === undefined) return;
  const why = reasonToCover(turn, leader, standby);
  if (why === '') return;
  if (conditionOf(turn, leader).is === 'failed' && !memberMemory(turn, leader).incident) noteLeaderFailed(turn, leader);
  const deadlineMs = turn.model.policy.deadlineMs.container_exit;
  const incident = memberMemory(turn, leader).incident?.id ?? null;
  if (!ask(turn, 'start_standby', standby, `${leader} ${why}; ${standby} takes over`, { deadlineMs, incident })) return;
  countRestart(turn, standby, leader);
  memberMemory(turn, leader).repair = null;
  turn.memory.leader = standby;
}

/**
 * The twin runs too, because somebody started it: two of them must not work at once, so the one that does not
 * lead is stopped; but if the leader is down, whoever runs leads.
 * @returns whether the twin runs
 */
function settleWithTwin(turn: Turn, leader: string): boolean {
  const twin = turn.model.members.find(({ name, role }) => name !== leader && role !== 'replica')?.name;
  if (twin === undefined || conditionOf(turn, twin).is !== 'well') return false;
  const { is } = conditionOf(turn, leader);
  if (is === 'well' && !isHeld(turn)) {
    const deadlineMs = stopDeadlineMs(turn);
    ask(turn, 'stop', twin, `${leader} leads, and its standby does not run at the same time`, { deadlineMs });
  } else if (is === 'failed' || is === 'stopped' || is === 'quarantined') {
    turn.memory.leader = twin;
  }
  return true;
}

function noteLeaderFailed(turn: Turn, leader: string): void {
  const condition = conditionOf(turn, leader);
  if (condition.is !== 'failed') return;
  openIncident(turn, leader, condition.failure, memberMemory(turn, leader).suspectSince ?? turn.now, condition.why);
}

/** '' when the leader goes on, or when it is too early to say. */
function reasonToCover(turn: Turn, leader: string, standby: string): string {
  const memory = memberMemory(turn, leader);
  const condition = conditionOf(turn, leader);
  if (memory.repair?.phase === 'acting') return '';
  if (condition.is === 'failed') {
    if (!condition.gone && isHeld(turn)) return '';
    const from = (memory.suspectSince ?? turn.now) + patience(turn, leader, standby);
    if (turn.now >= from) return condition.why;
    wake(turn, from);
    return '';
  }
  if (condition.is === 'quarantined') return 'is quarantined';
  return condition.is === 'stopped' && isStoppedAlone(turn, leader) ? 'was stopped' : '';
}

/**
 * The engine's own restart is the quicker one. What it cannot keep running moves, and moves back with growing waits
 * when the other one did not last either.
 */
function patience(turn: Turn, leader: string, standby: string): number {
  if (isBudgetSpent(turn)) return waitBefore(memberMemory(turn, standby));
  return memberSeen(turn, leader).state === 'restarting' ? ENGINE_RESTARTS_WITHIN_MS : 0;
}

function isStoppedAlone(turn: Turn, leader: string): boolean {
  const { askedAt } = memberMemory(turn, leader);
  if (askedAt === null) return false;
  wake(turn, askedAt + STOP_SETTLES_MS);
  if (turn.now < askedAt + STOP_SETTLES_MS) return false;
  const own = memberMemory(turn, leader);
  const others = Object.values(turn.whole.services).flatMap(({ members, gateway }) => [
    ...Object.values(members),
    gateway,
  ]);
  return !others.some((other) => {
    return other !== own && other.askedAt !== null && Math.abs(other.askedAt - askedAt) < STOPPED_TOGETHER_MS;
  });
}
