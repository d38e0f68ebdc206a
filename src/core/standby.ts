/**
 * Cold pairs: the backup exists and does not run. When the primary fails, the backup is started and leads. A pair
 * without state moves at once; one of which both members write the same data does so only after what is milder has
 * not helped, since each change costs time without service, and ends the old one first: see handover.ts.
 */

import { isBudgetSpent, endsNothing, waitBefore } from './budget.ts';
import { isHeld } from './cascade.ts';
import type { Failed } from './condition.ts';
import { ladderFor, reactionTo } from './diagnosis.ts';
import { endedWithEngine } from './engine-away.ts';
import { beginHandover, driveHandover, FENCE_DEADLINE_MS } from './handover.ts';
import { openIncident } from './incidents.ts';
import { isProvenStopped, isUp } from './one-writer.ts';
import { isInHandover, oneRuns, twinOf } from './pair.ts';
import {
  ask,
  conditionOf,
  isPending,
  memberMemory,
  memberSeen,
  stopDeadlineMs,
  usable,
  wake,
  type Turn,
} from './turn.ts';
import { isWriterHeld } from './unrecorded.ts';

/** Whoever stops one container of a pair wants it to move; whoever stops several wants quiet. This long it stays open. */
const STOP_SETTLES_MS = 2000;
const STOPPED_TOGETHER_MS = 5000;
/** Docker waits 100 ms before the first restart, twice as long before each that follows a short run */
const ENGINE_RESTARTS_WITHIN_MS = 1000;

export function coverForLeader(turn: Turn): void {
  const { leader, handover } = turn.memory;
  if (!oneRuns(turn) || leader === null) return;
  if (handover) return driveHandover(turn, handover);
  if (isInHandover(turn, leader)) return;
  const twin = twinOf(turn, leader);
  if (twin === null || settleWithTwin(turn, leader, twin)) return;
  if (conditionOf(turn, twin).is !== 'standby') return;
  const why = reasonToCover(turn, leader, twin);
  if (why === '') return;
  noteLeaderFailed(turn, leader);
  const incident = memberMemory(turn, leader).incident?.id ?? null;
  beginHandover(turn, {
    from: leader,
    to: twin,
    reason: `${leader} ${why}; ${twin} takes over`,
    incident,
    cause: 'failure',
  });
}

/** A person wants the other one to run. It was checked to be sensible before it was asked for. */
export function switchToTwin(turn: Turn, to: string): void {
  const { leader, handover } = turn.memory;
  if (leader === null || leader === to || handover || !turn.engineAnswers) return;
  if (twinOf(turn, leader) !== to || conditionOf(turn, to).is !== 'standby') return;
  beginHandover(turn, { from: leader, to, reason: 'a person asked for it', incident: null, cause: 'person' });
}

/**
 * The twin runs too, because somebody started it: two of them must not work at once, so the one that does not
 * lead is stopped; but if the leader is down, whoever runs leads.
 * @returns whether the twin runs, or may
 */
function settleWithTwin(turn: Turn, leader: string, twin: string): boolean {
  if (turn.model.policy.oneWriter) return settleWriters(turn, leader, twin);
  if (conditionOf(turn, twin).is !== 'well') return false;
  const { is } = conditionOf(turn, leader);
  const serves = turn.model.balance === null || usable(turn).includes(leader);
  if (is === 'well' && serves && !isHeld(turn)) {
    const reason = `${leader} leads, and its standby does not run at the same time`;
    if (turn.model.balance === null) ask(turn, 'stop', twin, reason, { deadlineMs: stopDeadlineMs(turn) });
    else ask(turn, 'rest', twin, reason, { deadlineMs: turn.model.policy.drainTimeoutMs + stopDeadlineMs(turn) });
  } else if (is === 'failed' || is === 'stopped' || is === 'quarantined') {
    turn.memory.leader = twin;
  }
  return true;
}

/** By force: a polite end would let it write what it holds over the data of the one that leads. */
function settleWriters(turn: Turn, leader: string, twin: string): boolean {
  const [own, other] = [memberSeen(turn, leader), memberSeen(turn, twin)];
  if (isProvenStopped(other)) return false;
  if (!isUp(other)) return true;
  if (isProvenStopped(own) && !isPending(turn, 'start', leader)) {
    turn.memory.leader = twin;
  } else if (isUp(own)) {
    const reason = `${leader} leads, and ${twin} must not write the same data`;
    ask(turn, 'fence', twin, reason, { deadlineMs: FENCE_DEADLINE_MS });
  }
  return true;
}

export function noteLeaderFailed(turn: Turn, leader: string): void {
  const condition = conditionOf(turn, leader);
  const memory = memberMemory(turn, leader);
  if (condition.is !== 'failed' || memory.incident) return;
  openIncident(turn, leader, condition.failure, memory.suspectSince ?? turn.now, condition.why);
}

/** '' when the leader goes on, or when it is too early to say. */
export function reasonToCover(turn: Turn, leader: string, twin: string): string {
  const memory = memberMemory(turn, leader);
  const condition = conditionOf(turn, leader);
  if (memory.repair?.phase === 'acting') return '';
  if (condition.is === 'failed') {
    if (reactionTo(turn, leader, condition.failure).alertOnly) return '';
    if (isHelpedInPlace(turn, leader, condition) || isHeldBack(turn, leader, condition)) return '';
    const since = memory.suspectSince ?? turn.now;
    const from = Math.max(since + patience(turn, leader, twin), startsUntil(turn, leader, condition));
    if (turn.now >= from) return condition.why;
    wake(turn, from);
    return '';
  }
  if (condition.is === 'quarantined') return 'is quarantined';
  return condition.is === 'stopped' && isStoppedAlone(turn, leader) ? 'was stopped' : '';
}

/** What runs is not ended under the brake. */
function isHeldBack(turn: Turn, leader: string, { gone }: Failed): boolean {
  if (!isHeld(turn)) return false;
  return turn.model.policy.oneWriter ? !isProvenStopped(memberSeen(turn, leader)) : !gone;
}

/**
 * A change costs time without service, so what ends nothing is tried first; and what ended while nobody looked, or with
 * the engine, or was never started, says nothing against its container: it is started where it was.
 */
function isHelpedInPlace(turn: Turn, leader: string, { failure }: Failed): boolean {
  const seen = memberSeen(turn, leader);
  // connecting a network takes less than any change, with state or without
  if (!turn.model.policy.oneWriter && seen.detachedFrom.length === 0) return false;
  const { repair } = memberMemory(turn, leader);
  if (repair !== null && repair.step > 0) return false;
  const first = repair?.ladder[0] ?? ladderFor(failure, seen, reactionTo(turn, leader, failure).ladder)[0];
  if (first === undefined) return false;
  if (endsNothing(first)) return true;
  if (first !== 'start') return false;
  return repair !== null || seen.state === 'created' || seen.ended === 'unseen' || endedWithEngine(turn.whole, seen);
}

/** Why the ladder does not go on with this leader: the twin takes over instead. '' when it does. */
export function leftToTwin(turn: Turn, name: string, condition: Failed): string {
  if (isInHandover(turn, name)) return 'the other one of its pair takes over';
  const { leader } = turn.memory;
  if (!turn.model.policy.oneWriter || !oneRuns(turn) || leader !== name) return '';
  if (isWriterHeld(turn.whole, turn.model)) return '';
  const twin = twinOf(turn, name);
  if (twin === null || conditionOf(turn, twin).is !== 'standby') return '';
  if (isHelpedInPlace(turn, name, condition)) return '';
  return `${twin} takes over instead`;
}

/**
 * A writer that runs and has not worked yet is given the time of a start: it may be reading its data, and a change
 * back would have to begin with that anew. Where its gateway reaches neither of the two, they would change for ever.
 */
function startsUntil(turn: Turn, leader: string, { gone }: Failed): number {
  const { policy } = turn.model;
  if (gone || !policy.oneWriter || memberMemory(turn, leader).everWell) return 0;
  return memberSeen(turn, leader).startedAt + Math.max(policy.startPeriodMs, policy.deadlineMs.container_exit);
}

/**
 * The engine's own restart is the quicker one. What it cannot keep running moves, and moves back with growing waits
 * when the other one did not last either.
 */
function patience(turn: Turn, leader: string, twin: string): number {
  const [own, other] = [memberMemory(turn, leader), memberMemory(turn, twin)];
  if (turn.model.policy.oneWriter) return waitBefore({ loops: own.loops + other.loops });
  if (isBudgetSpent(turn)) return waitBefore(other);
  return memberSeen(turn, leader).state === 'restarting' ? ENGINE_RESTARTS_WITHIN_MS : 0;
}

/** What somebody stops that writes data stays stopped: he may be at its data himself. */
function isStoppedAlone(turn: Turn, leader: string): boolean {
  const { askedAt } = memberMemory(turn, leader);
  if (askedAt === null || turn.model.policy.oneWriter) return false;
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
