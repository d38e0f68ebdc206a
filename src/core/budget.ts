/**
 * How much repair is still allowed. A restart that does not help is worse than none: it takes the logs, the
 * warm caches and the attention. So restarts are counted, the engine's own included; moves of traffic,
 * unpausing and reconnecting are not, because they end nothing.
 */

import type { MemberMemory, Rung } from './memory.ts';
import type { MemberSeen, ServiceModel } from './model.ts';
import { memberMemory, type Turn } from './turn.ts';

/** A repair that lasted this long was a good one: the next failure is a new one and is met at once. */
export const LASTED_MS = 60_000;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;

/** Neither counted nor waited for. */
export function endsNothing(rung: Rung): boolean {
  return rung === 'unpause' || rung === 'reconnect';
}

export function countAction(turn: Turn, member: string, rung: Rung): void {
  if (endsNothing(rung)) return;
  countRestart(turn, member);
}

/**
 * One restart, ours or the engine's own. What a drill broke is repaired once for nothing: ten drills in a row
 * must not use up what real failures need. A second repair counts, for the drill is no longer its cause.
 * @param broken the member whose failure it answers, where that is another one
 */
export function countRestart(turn: Turn, member: string, broken: string = member): void {
  const { drill } = memberMemory(turn, broken);
  if (drill && !drill.pardoned && turn.now < drill.until) {
    drill.pardoned = true;
    return;
  }
  turn.memory.actionsAt.push(turn.now);
  turn.whole.hostActionsAt.push(turn.now);
  memberMemory(turn, member).loops += 1;
}

/**
 * What follows another member that was started anew is counted for that one; once a minute at most, so that what
 * fails to follow is counted too.
 */
export function followsForNothing(turn: Turn, member: string, { leftBehind }: MemberSeen): boolean {
  const memory = memberMemory(turn, member);
  if (!leftBehind || turn.now < (memory.followedAt ?? 0) + LASTED_MS) return false;
  memory.followedAt = turn.now;
  return true;
}

/** Repairs of a host are counted as long as the service that looks back furthest does. */
export function hostWindowMs(models: readonly ServiceModel[]): number {
  return Math.max(0, ...models.map(({ policy }) => policy.budget.windowMs));
}

/** Forgets what lies outside the window, and loops of members that have been well for long enough. */
export function ageBudget(turn: Turn): void {
  const from = turn.now - turn.model.policy.budget.windowMs;
  turn.memory.actionsAt = turn.memory.actionsAt.filter((at) => at > from);
  turn.whole.hostActionsAt = turn.whole.hostActionsAt.filter((at) => at > turn.now - turn.hostWindowMs);
  if (turn.memory.actionsAt.length === 0) turn.memory.budgetAlerted = false;
  for (const { name } of turn.model.members) {
    const memory = memberMemory(turn, name);
    if (memory.wellSince !== null && turn.now - memory.wellSince >= LASTED_MS) memory.loops = 0;
  }
}

export function isBudgetSpent(turn: Turn): boolean {
  return turn.memory.actionsAt.length >= turn.model.policy.budget.actions;
}

/** The host has seen more repairs than single services explain; told once. */
export function isHostSpent(turn: Turn): boolean {
  const { whole, hostActions } = turn;
  const isSpent = whole.hostActionsAt.length >= hostActions;
  if (isSpent && !whole.hostAlerted) {
    const reason = `${whole.hostActionsAt.length} repairs on this host in a short time; what still serves is left alone`;
    turn.actions.push({ kind: 'alert', service: null, member: null, reason });
  }
  whole.hostAlerted = isSpent;
  return isSpent;
}

/** Every repair of this member in the budget's window came to nothing within a minute. */
export function isLooping(turn: Turn, memory: MemberMemory): boolean {
  return memory.loops >= turn.model.policy.budget.actions;
}

/** Repaired more than once, and no repair lasted. */
export function isHopeless(turn: Turn, memory: MemberMemory): boolean {
  return memory.loops >= Math.min(2, turn.model.policy.budget.actions);
}

/** When the budget allows one more; now, if it does. */
export function budgetFreeAt({ memory, model, now }: Turn): number {
  const { actions, windowMs } = model.policy.budget;
  const [oldest] = memory.actionsAt.slice(-actions);
  return memory.actionsAt.length < actions || oldest === undefined ? now : oldest + windowMs;
}

/** Growing waits: at once, then 2 s doubling to 60 s for repairs that do not last. */
export function waitBefore(memory: Pick<MemberMemory, 'loops'>): number {
  if (memory.loops === 0) return 0;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (memory.loops - 1));
}
