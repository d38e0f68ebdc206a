/**
 * Warm pairs: the backup is paused, which keeps its memory and costs no processor. Going on takes it 10 ms, a start
 * 300 (measured). It is woken at the first suspicion where a gateway decides who gets requests, since that takes
 * nothing from anybody; without one it would work beside the other, so it is woken when that one has failed. When the
 * leader is well again, the one that does not lead finishes what it has and is paused.
 */

import { isHeld } from './cascade.ts';
import { troubleOf } from './failover.ts';
import { noteLeaderFailed, reasonToCover } from './standby.ts';
import type { Handover } from './memory.ts';
import { twinOf } from './pair.ts';
import { ask, conditionOf, memberMemory, stopDeadlineMs, usable, wake, type Turn } from './turn.ts';

/** Both have been well for so long before one of them is paused. */
const CALM_MS = 3000;

export function tendWarm(turn: Turn): void {
  const { leader, handover } = turn.memory;
  if (turn.model.policy.standby !== 'warm' || leader === null) return;
  const twin = twinOf(turn, leader);
  if (twin === null) return;
  if (handover) return switchOver(turn, handover);
  const why = reasonToWake(turn, leader, twin);
  if (why === '') return rest(turn, leader, twin);
  const { is } = conditionOf(turn, twin);
  if (is === 'standby') wakeUp(turn, twin, `${leader} ${why}; ${twin} goes on in its place`);
  if (!isLedByGateway(turn) && (is === 'standby' || is === 'well')) takeOver(turn, leader, twin);
}

/** A person wants the other one to lead. It was checked to be sensible before it was asked for. */
export function switchToWarm(turn: Turn, to: string): void {
  const { leader, handover } = turn.memory;
  if (leader === null || handover || twinOf(turn, leader) !== to || !turn.engineAnswers) return;
  const { now } = turn;
  const { startPeriodMs, deadlineMs } = turn.model.policy;
  turn.memory.handedOver = undefined;
  turn.memory.handover = {
    from: leader,
    to,
    reason: 'a person asked for it',
    incident: null,
    cause: 'person',
    step: 'start',
    since: now,
    awaySince: null,
    end: 'none',
    started: false,
    refusal: '',
    until: now + startPeriodMs + deadlineMs.unresponsive,
    alerted: false,
  };
}

function switchOver(turn: Turn, { to, reason, refusal, until }: Handover): void {
  const condition = conditionOf(turn, to);
  if (condition.is === 'standby') wakeUp(turn, to, reason);
  const isReady = isLedByGateway(turn) ? usable(turn).includes(to) : condition.is === 'well';
  if (isReady) {
    if (isLedByGateway(turn)) ask(turn, 'lead', to, reason);
    turn.memory.leader = to;
    return end(turn, to, '');
  }
  if (refusal !== '') return end(turn, to, `${to} could not be unpaused (${refusal})`);
  if (condition.is === 'failed' || turn.now >= until) return end(turn, to, `${to} did not serve in time`);
  wake(turn, until);
}

function end(turn: Turn, to: string, failure: string): void {
  turn.memory.handover = undefined;
  turn.memory.handedOver = { to, at: turn.now, failure };
}

/** With `spread` nobody leads for the gateway, and without one we say who does. */
function isLedByGateway({ model }: Turn): boolean {
  return model.balance === 'leader';
}

function reasonToWake(turn: Turn, leader: string, twin: string): string {
  return isLedByGateway(turn) ? troubleOf(conditionOf(turn, leader)) : reasonToCover(turn, leader, twin);
}

function wakeUp(turn: Turn, name: string, reason: string): void {
  ask(turn, 'start_standby', name, reason, { deadlineMs: turn.model.policy.deadlineMs.container_exit });
}

function takeOver(turn: Turn, leader: string, twin: string): void {
  noteLeaderFailed(turn, leader);
  turn.memory.leader = twin;
}

/** It stands by again, once it is sure that nobody needs it. */
function rest(turn: Turn, leader: string, twin: string): void {
  if (conditionOf(turn, leader).is !== 'well' || conditionOf(turn, twin).is !== 'well' || isHeld(turn)) return;
  if (memberMemory(turn, twin).repair !== null || isNeeded(turn, leader, twin)) return;
  const since = Math.max(...[leader, twin].map((name) => memberMemory(turn, name).wellSince ?? turn.now));
  if (turn.now < since + CALM_MS) return wake(turn, since + CALM_MS);
  const deadlineMs = turn.model.policy.drainTimeoutMs + stopDeadlineMs(turn);
  ask(turn, 'rest', twin, `${leader} leads and is well; ${twin} stands by, paused`, { deadlineMs });
}

/** As long as the gateway has nobody else for its requests. */
function isNeeded(turn: Turn, leader: string, twin: string): boolean {
  return turn.seen.gateway !== null && (turn.seen.gateway.leader === twin || !usable(turn).includes(leader));
}
