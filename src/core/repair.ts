/**
 * The ladder: each failed member is repaired by the mildest means that can help, then by the next, each with
 * a deadline; in the end it is quarantined and somebody is told. Exits are met at once, running members at
 * the threshold only. The copy that still serves is never touched, and at most one running member of a
 * service is being restarted at any time.
 */

import { countAction, countRestart, endsNothing, followsForNothing, isBudgetSpent, waitBefore } from './budget.ts';
import { isHeld } from './cascade.ts';
import { probe } from './failover.ts';
import { failureOfRunning, ladderFor, reactionTo, rungWords, thresholdOf, unavailable } from './diagnosis.ts';
import { failure, type Condition, type Failed } from './condition.ts';
import { howItExited, kindOfEnd } from './health.ts';
import { handsOffWords, isHandsOff } from './freeze.ts';
import {
  addEvidence,
  closeIncident,
  consider,
  forgetConsidered,
  openIncident,
  rediagnose,
  weigh,
} from './incidents.ts';
import { failuresNeeded } from './proof.ts';
import type { Repair, Rung } from './memory.ts';
import type { FailureKind, MemberSeen } from './model.ts';
import { obstacleTo, obstacleToEndingServer } from './obstacles.ts';
import { isIdleStandby } from './pair.ts';
import { alertSpent, deservesQuarantine, keepQuarantined, quarantineInTurn } from './quarantine.ts';
import { spanText } from './span.ts';
import { leftToTwin } from './standby.ts';
import { endedForMemory } from './strain.ts';
import {
  ask,
  conditionOf,
  isPending,
  memberMemory,
  memberSeen,
  stopDeadlineMs,
  RAN_LONG_ENOUGH_MS,
  usable,
  wake,
  worksFrom,
  type Turn,
} from './turn.ts';

const LOOK_AGAIN_MS = 1000;
/** Between two rounds of a ladder: one of means that end nothing, and are not counted, would go round without end. */
const LEAST_ROUND_MS = 2000;
/** a new container needs this long even where the failure's own deadline is shorter */
const REPLACE_DEADLINE_MS = 30_000;

export function repairMembers(turn: Turn): void {
  for (const { name } of turn.model.members) {
    if (turn.engineAnswers && memberSeen(turn, name).state !== 'unknown') noteEngineRestarts(turn, name);
    repairMember(turn, name, conditionOf(turn, name));
    forgetConsidered(turn, name);
  }
}

function repairMember(turn: Turn, name: string, condition: Condition): void {
  switch (condition.is) {
    case 'failed':
      repairFailed(turn, name, condition);
      return;
    case 'suspect':
      if (condition.confirmations >= 2) noteSuspicion(turn, name, condition);
      proveInTime(turn, name);
      return;
    case 'starting':
    case 'returning':
      proveInTime(turn, name);
      return;
    case 'well':
      settle(turn, name);
      return;
    case 'standby':
      settleStandby(turn, name);
      return;
    case 'stopped':
      dropRepair(turn, name, `${name} was stopped on request`);
      return;
    case 'completed':
      dropRepair(turn, name, `${name} has done its work`);
      return;
    case 'quarantined':
      keepQuarantined(turn, name);
      return;
    case 'unclear':
    case 'unknown':
  }
}

/** The engine's own restarts count as ours do; one that nobody saw coming still gets its incident. */
function noteEngineRestarts(turn: Turn, name: string): void {
  const memory = memberMemory(turn, name);
  const seen = memberSeen(turn, name);
  const restarts = seen.restartCount - memory.restartCount;
  memory.restartCount = seen.restartCount;
  if (restarts <= 0 || turn.memory.maintenance) return;
  for (let i = 0; i < Math.min(restarts, 10); i++) countRestart(turn, name);
  const wasForMemory = kindOfEnd(seen) === 'resource_exhaustion' || seen.oom.eventsBefore > 0;
  const how = seen.oom.eventsBefore > 0 ? 'ran out of memory, and the kernel ended it' : howItExited(seen);
  const kind = wasForMemory ? 'resource_exhaustion' : 'container_exit';
  noteFailure(turn, name, kind, `${how}; the engine restarted it`, wasForMemory);
}

function noteSuspicion(turn: Turn, name: string, condition: Extract<Condition, { is: 'suspect' }>): void {
  noteFailure(turn, name, condition.failure, condition.why);
  const threshold = thresholdOf(turn.model.policy, condition.failure);
  const needed = failuresNeeded(threshold, memberMemory(turn, name));
  consider(turn, name, `it is not repaired before it has failed ${needed} times in a row, for a second at least`);
}

/**
 * In maintenance failing is what was expected.
 * @param isMemoryEnd the kernel ended it for want of memory: evidence also where its checks had failed before
 */
function noteFailure(turn: Turn, name: string, failure: FailureKind, why: string, isMemoryEnd = false): void {
  if (turn.memory.maintenance) return;
  const memory = memberMemory(turn, name);
  const { incident } = memory;
  const kind = isLastOne(turn, name) ? 'critical_failure' : failure;
  if (!incident) openIncident(turn, name, kind, memory.suspectSince ?? turn.now, why);
  else if (!rediagnose(turn, name, failure, why) && isMemoryEnd && !incident.isEndTold)
    addEvidence(turn, name, `${name} ${why}`);
  if (isMemoryEnd && memory.incident) memory.incident.isEndTold = true;
}

/** Of a service with several members, this was the last one that could serve. */
function isLastOne(turn: Turn, name: string): boolean {
  const others = turn.model.members.filter((member) => member.name !== name);
  const mayServe = ['well', 'suspect', 'starting', 'returning', 'standby', 'unknown'];
  const may = (condition: Condition): boolean => mayServe.includes(condition.is) || 'serves' in condition;
  return others.length > 0 && !others.some((other) => may(conditionOf(turn, other.name)));
}

function repairFailed(turn: Turn, name: string, condition: Failed): void {
  const memory = memberMemory(turn, name);
  const seen = memberSeen(turn, name);
  // who is being repaired is ended by us
  const isMemoryEnd = memory.repair?.phase !== 'acting' && endedForMemory(seen);
  noteFailure(turn, name, condition.failure, condition.why, isMemoryEnd);
  if (isHandsOff(turn.whole, turn.memory)) return leaveAlone(turn, name);
  if (isIdleStandby(turn, name)) {
    retireStandby(turn, name, condition);
    return;
  }
  if (reactionTo(turn, name, condition.failure).alertOnly) {
    return leaveToPerson(turn, name, condition, `failover.on.${condition.failure} is alert_only`);
  }
  if (memory.repair?.phase !== 'acting' && leaveToTwin(turn, name, condition)) return;
  const repair = (memory.repair ??= begin(turn, name, condition, seen));
  if (repair.phase === 'acting') return waitForEnd(turn, name, repair, seen);
  if (repair.phase === 'proving') {
    nextRung(turn, name, repair, seen, condition);
    if (leaveToTwin(turn, name, condition)) return wake(turn, turn.now + 1);
  }
  // on its way out it cannot be started: what can be done shows when it is gone
  if (seen.state === 'removing') return wake(turn, turn.now + LOOK_AGAIN_MS);
  const isGone = seen.state === 'absent' && repair.ladder[repair.step] !== 'replace';
  if (isGone || repair.ladder.length === 0) {
    repair.ladder = ladderOf(turn, name, repair.failure, seen);
    repair.step = 0;
  }
  if (repair.ladder.length === 0) return leaveToPerson(turn, name, condition, 'no step of its ladder can help it');
  if (deservesQuarantine(turn, name)) return quarantineInTurn(turn, name, seen);
  if (seen.state === 'restarting') return consider(turn, name, 'the engine restarts it by itself');
  if (turn.now < repair.until) return waitLonger(turn, name, repair.until);
  climb(turn, name, repair, seen, condition);
}

/** @returns whether its twin takes over, and the ladder waits */
function leaveToTwin(turn: Turn, name: string, condition: Failed): boolean {
  const why = leftToTwin(turn, name, condition);
  if (why === '') return false;
  consider(turn, name, why);
  if (isBudgetSpent(turn)) alertSpent(turn, name);
  return true;
}

/** Somebody is told, once for each incident. */
function leaveToPerson(turn: Turn, name: string, condition: Failed, why: string): void {
  const { incident } = memberMemory(turn, name);
  memberMemory(turn, name).repair = null;
  consider(turn, name, `it is left alone: ${why}`);
  if (!incident || incident.alerted) return;
  incident.alerted = true;
  const reason = `${name} ${condition.why}; it is left alone: ${why}`;
  turn.actions.push({ kind: 'alert', service: turn.model.name, member: name, reason });
}

function ladderOf(turn: Turn, name: string, failure: FailureKind, seen: MemberSeen): Rung[] {
  return ladderFor(failure, seen, reactionTo(turn, name, failure).ladder);
}

/** A person's hand is on it: what is under way comes to its end, and the rest begins anew when repairs go on. */
function leaveAlone(turn: Turn, name: string): void {
  const memory = memberMemory(turn, name);
  const isUnderWay = memory.repair?.phase === 'acting' && turn.now < memory.repair.until;
  if (!isUnderWay) memory.repair = null;
  consider(turn, name, `it is left alone: ${handsOffWords(turn.whole, turn.memory)}`);
}

function waitLonger(turn: Turn, name: string, until: number): void {
  const { loops } = memberMemory(turn, name);
  const times = loops === 1 ? 'the last repair' : `the last ${loops} repairs`;
  consider(
    turn,
    name,
    `${times} did not last, so the next one waits ${spanText(waitBefore(memberMemory(turn, name)))}`,
    until,
  );
  wake(turn, until);
}

function begin(turn: Turn, name: string, { failure }: Failed, seen: MemberSeen): Repair {
  const ladder = ladderOf(turn, name, failure, seen);
  for (const why of unavailable(failure, reactionTo(turn, name, failure).ladder)) addEvidence(turn, name, why);
  const [first] = ladder;
  const wait = first !== undefined && endsNothing(first) ? 0 : waitBefore(memberMemory(turn, name));
  return { failure, ladder, step: 0, phase: 'waiting', until: turn.now + wait };
}

function waitForEnd(turn: Turn, name: string, repair: Repair, seen: MemberSeen): void {
  if (turn.now < repair.until) return wake(turn, repair.until);
  nextRung(turn, name, repair, seen, failure(repair.failure, false, 'the action did not end in time'));
}

/**
 * The rung did not help: the next one, or after the last the first again, with growing waits. What came of it may
 * show that the failure is of another kind.
 */
function nextRung(turn: Turn, name: string, repair: Repair, seen: MemberSeen, { failure: kind, why }: Failed): void {
  const memory = memberMemory(turn, name);
  const rung = repair.ladder[repair.step];
  if (rung) addEvidence(turn, name, `${rungWords(rung)}, and it did not help: ${why}`);
  repair.step += 1;
  repair.phase = 'waiting';
  repair.until = turn.now;
  if (kind === 'network_partition' && repair.failure !== kind) {
    repair.failure = kind;
    repair.ladder = ladderOf(turn, name, kind, seen);
    repair.step = 0;
    return;
  }
  if (repair.step < repair.ladder.length) return;
  repair.step = 0;
  repair.ladder = ladderOf(turn, name, repair.failure, seen);
  repair.until = turn.now + Math.max(LEAST_ROUND_MS, waitBefore(memory));
}

function climb(turn: Turn, name: string, repair: Repair, seen: MemberSeen, condition: Failed): void {
  const rung = repair.ladder[repair.step] ?? 'replace';
  if (rung === 'replace' && lacksRoom(turn, name, seen)) return withoutReplacing(turn, name, repair, seen);
  const obstacle = obstacleTo(turn, name, rung, seen) ?? obstacleToEndingServer(turn, rung, seen, condition);
  if (obstacle) {
    consider(turn, name, `it is not ${rungWords(rung)} yet: ${obstacle.why}`, obstacle.until);
    wake(turn, turn.now + LOOK_AGAIN_MS);
    if (!condition.serves && seen.state === 'running' && seen.gateway?.traffic === 'out') probe(turn, name);
    return;
  }
  const deadlineMs = deadlineFor(turn, repair.failure, rung);
  if (!ask(turn, rung, name, `${name} ${condition.why}`, { deadlineMs })) return;
  if (!followsForNothing(turn, name, seen)) countAction(turn, name, rung);
  const { relief } = memberMemory(turn, name);
  if (relief) memberMemory(turn, name).relievedAt = turn.now;
  weigh(turn, name, `it is ${rungWords(rung)}${endsNothing(rung) ? '' : countWords(turn)}`);
  repair.phase = 'acting';
  repair.until = turn.now + deadlineMs + LOOK_AGAIN_MS;
  wake(turn, repair.until);
}

/** A container that is gone, with nobody else to serve, has nothing to lose by the try. */
function lacksRoom(turn: Turn, name: string, seen: MemberSeen): boolean {
  if (turn.hasRoom) return false;
  return seen.state !== 'absent' || usable(turn).some((other) => other !== name);
}

/** What is milder is tried again meanwhile. */
function withoutReplacing(turn: Turn, name: string, repair: Repair, seen: MemberSeen): void {
  consider(turn, name, 'it is not replaced by a new container: the disk of the engine is nearly full');
  const milder = ladderOf(turn, name, repair.failure, seen).filter((rung) => rung !== 'replace');
  if (milder.length > 0) {
    repair.ladder = milder;
    repair.step = 0;
    repair.until = turn.now + Math.max(LEAST_ROUND_MS, waitBefore(memberMemory(turn, name)));
  }
  wake(turn, Math.max(repair.until, turn.now + LOOK_AGAIN_MS));
}

function deadlineFor(turn: Turn, failure: FailureKind, rung: Rung): number {
  const deadlineMs = turn.model.policy.deadlineMs[failure];
  return rung === 'replace' ? Math.max(deadlineMs, REPLACE_DEADLINE_MS) : deadlineMs;
}

/** What has been used of the budget, for a person. */
function countWords({ memory, model }: Turn): string {
  const { actions, windowMs } = model.policy.budget;
  return `: repair ${memory.actionsAt.length} of at most ${actions} in ${spanText(windowMs)}`;
}

/** In time means: well before the repair's deadline, or the next rung is tried. */
function proveInTime(turn: Turn, name: string): void {
  const { repair } = memberMemory(turn, name);
  if (repair?.phase !== 'proving') return;
  if (isHandsOff(turn.whole, turn.memory)) return leaveAlone(turn, name);
  if (turn.now < repair.until) return wake(turn, repair.until);
  const condition = conditionOf(turn, name);
  const why = 'why' in condition ? condition.why : 'is not ready in time';
  const memory = memberMemory(turn, name);
  const { policy } = turn.model;
  const kind =
    repair.failure === 'unresponsive' ? failureOfRunning(memberSeen(turn, name), memory, policy) : repair.failure;
  repairFailed(turn, name, failure(kind, false, why));
}

function settle(turn: Turn, name: string): void {
  const memory = memberMemory(turn, name);
  if (!memory.incident && !memory.repair) return;
  const provenAt = worksFrom(turn, name);
  if (turn.now < provenAt) return wake(turn, provenAt);
  memory.repair = null;
  const isBackup = turn.model.balance === 'leader' && turn.memory.leader !== name;
  closeIncident(turn, name, 'repaired', `${name} is well again${isBackup ? ' and is the backup now' : ''}`);
}

/** The one that led failed and the other took over: the incident ends when that one is well. */
function settleStandby(turn: Turn, name: string): void {
  const memory = memberMemory(turn, name);
  const { leader } = turn.memory;
  if (!memory.incident || leader === null || conditionOf(turn, leader).is !== 'well') return;
  const since = memberMemory(turn, leader).wellSince ?? turn.now;
  if (turn.now < since + RAN_LONG_ENOUGH_MS) return wake(turn, since + RAN_LONG_ENOUGH_MS);
  memory.repair = null;
  closeIncident(turn, name, 'repaired', `${leader} took over; ${name} is the standby now`);
}

/** A sick member whose twin has taken over is stopped: two of them must not work at once. */
function retireStandby(turn: Turn, name: string, condition: Failed): void {
  const { leader, handover } = turn.memory;
  if (handover || (leader !== null && isPending(turn, 'start_standby', leader))) return;
  const { state } = memberSeen(turn, name);
  if (state === 'absent' && !turn.hasRoom) {
    return consider(turn, name, 'it is not made anew: the disk of the engine is nearly full');
  }
  if (state === 'absent') {
    const deadlineMs = REPLACE_DEADLINE_MS;
    ask(turn, 'replace_standby', name, `${name} ${condition.why}; a standby is made anew, not started`, { deadlineMs });
    return;
  }
  // a second writer is no matter of politeness: see standby.ts
  if (isHeld(turn) || turn.model.policy.oneWriter || isPending(turn, 'fence', name)) return;
  const deadlineMs = stopDeadlineMs(turn);
  ask(turn, 'stop', name, `${name} ${condition.why}, and ${leader ?? 'the other'} has taken over`, { deadlineMs });
}

function dropRepair(turn: Turn, name: string, reason: string): void {
  memberMemory(turn, name).repair = null;
  closeIncident(turn, name, 'superseded', reason);
}
