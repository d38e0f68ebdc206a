/**
 * The end of the ladder: one that its own repairs do not keep up is stopped for good, if the service goes on without it,
 * and somebody is told. Its last copy and its logs stay. After a while it gets one more chance.
 */

import { isBudgetSpent, isHopeless, isLooping } from './budget.ts';
import { isHeld } from './cascade.ts';
import { closeIncident, consider } from './incidents.ts';
import { runOf } from './memory.ts';
import type { MemberSeen } from './model.ts';
import { obstacleToEnding } from './obstacles.ts';
import { ask, isPending, memberMemory, memberSeen, stopDeadlineMs, usable, wake, type Turn } from './turn.ts';
import { unrecordedWords } from './unrecorded.ts';

const LOOK_AGAIN_MS = 1000;

/**
 * Enough is enough, if the service goes on without it and its own repairs did not last, or if it is alone and never
 * lasts. One that finds the budget used up by others is no hopeless case: it waits.
 */
export function deservesQuarantine(turn: Turn, name: string): boolean {
  if (!isBudgetSpent(turn)) return false;
  const memory = memberMemory(turn, name);
  if (usable(turn).some((other) => other !== name)) return isHopeless(turn, memory);
  if (turn.model.members.length === 1 && isLooping(turn, memory)) return true;
  alertSpent(turn, name);
  return false;
}

export function alertSpent({ model, memory, actions }: Turn, name: string): void {
  if (memory.budgetAlerted) return;
  memory.budgetAlerted = true;
  const reason = `${name} was repaired ${memory.actionsAt.length} times and fails again; nobody else serves, so it is tried on with growing waits`;
  actions.push({ kind: 'alert', service: model.name, member: name, reason });
}

/** One that runs is ended: like every other end, not under the brake and not while another one is in repair. */
export function quarantineInTurn(turn: Turn, name: string, seen: MemberSeen): void {
  const unrecorded = unrecordedWords(turn.whole, turn.memory, turn.model, 'quarantine');
  const running = seen.state === 'running' ? obstacleToEnding(turn, name) : null;
  const obstacle = unrecorded === '' ? running : { why: unrecorded, until: null };
  if (!obstacle) return quarantine(turn, name);
  consider(turn, name, `it is not stopped for good yet: ${obstacle.why}`, obstacle.until);
  wake(turn, turn.now + LOOK_AGAIN_MS);
}

function quarantine(turn: Turn, name: string): void {
  const memory = memberMemory(turn, name);
  const seen = memberSeen(turn, name);
  const times = turn.memory.actionsAt.length;
  const reason = `${name} failed again after ${times} repairs of ${turn.model.name}; it is left ${seen.state === 'absent' ? 'without a container' : 'stopped, with its logs'}, until twinhull up or twinhull restart ${name}`;
  ask(turn, 'quarantine', name, reason, { deadlineMs: stopDeadlineMs(turn) });
  turn.actions.push({ kind: 'alert', service: turn.model.name, member: name, reason });
  closeIncident(turn, name, 'quarantined', reason);
  memory.quarantinedAt = turn.now;
  memory.endedByUs = runOf(seen);
  memory.repair = null;
}

/** After a budget's window it gets one more chance, if nobody has given it one before. */
export function releaseQuarantines(turn: Turn): void {
  for (const { name } of turn.model.members) {
    const memory = memberMemory(turn, name);
    if (memory.quarantinedAt === null) continue;
    const until = memory.quarantinedAt + turn.model.policy.budget.windowMs;
    if (turn.now < until && !isStartedByOthers(turn, name, memory.quarantinedAt)) {
      wake(turn, until);
      continue;
    }
    memory.quarantinedAt = null;
    memory.askedAt = null;
    memory.loops = 0;
  }
}

function isStartedByOthers(turn: Turn, name: string, quarantinedAt: number): boolean {
  const seen = memberSeen(turn, name);
  return !isPending(turn, 'quarantine', name) && seen.state === 'running' && seen.startedAt > quarantinedAt;
}

/** A quarantine that the engine refused is asked for again, in its turn like the first time. */
export function keepQuarantined(turn: Turn, name: string): void {
  const { state } = memberSeen(turn, name);
  if (state !== 'running' && state !== 'restarting' && state !== 'paused') return;
  if (isHeld(turn) || isLastToAnswer(turn, name)) return;
  if (state === 'running' && obstacleToEnding(turn, name)) return wake(turn, turn.now + LOOK_AGAIN_MS);
  const deadlineMs = stopDeadlineMs(turn);
  ask(turn, 'quarantine', name, `${name} is quarantined and still runs`, { deadlineMs });
}

/** It was to be stopped because the others serve, and they do not any more. */
function isLastToAnswer(turn: Turn, name: string): boolean {
  const isIn = memberSeen(turn, name).gateway?.traffic === 'in';
  return isIn && memberMemory(turn, name).check === 'passing' && usable(turn).length === 0;
}
