/** How a service stands in the whole: whether it is expected to serve, whether it does, and what of it fails. */

import { LASTED_MS } from './budget.ts';
import { isServing } from './failover.ts';
import { conditionOf, memberMemory, usable, memberSeen, type Turn } from './turn.ts';

export interface Standing {
  readonly turn: Turn;
  readonly serves: boolean;
  /** members that fail for no reason that is known already, such as a drill */
  readonly failing: readonly string[];
  /** members that are to work */
  readonly counted: number;
  /** it fails: members of it, or its gateway */
  readonly fails: boolean;
  /** it serves, and everything of it is as it should be */
  readonly isWell: boolean;
  /** of something it is not known yet, whether it failed or was stopped */
  readonly isUnclear: boolean;
}

/** Services that are expected to serve, in the order of the plan, where dependencies come first. */
export function standingsOf(turns: readonly Turn[]): Standing[] {
  return turns.filter(isExpected).flatMap((turn) => standingOf(turn) ?? []);
}

/** What a person stopped, or works on, and what others took is not expected to serve. */
function isExpected({ isBusy, memory, seen }: Turn): boolean {
  return !isBusy && !memory.maintenance && seen.foreign === null && memory.gateway.askedAt === null;
}

/** A service that a person works on, or `up` changes, serves: it is no sign of anything, and yet something serves. */
export function isServedAside(turns: readonly Turn[]): boolean {
  return turns.some((turn) => (turn.isBusy || turn.memory.maintenance !== undefined) && isServing(turn));
}

function standingOf(turn: Turn): Standing | null {
  const idle = ['standby', 'stopped', 'completed', 'quarantined'];
  const counted = turn.model.members
    .map(({ name }) => ({ name, is: conditionOf(turn, name).is }))
    .filter(({ is }) => !idle.includes(is));
  if (counted.length === 0) return null;
  const serves = isServing(turn);
  const failing = counted.filter(({ name, is }) => is === 'failed' && !isExplained(turn, name)).map(({ name }) => name);
  return {
    turn,
    serves,
    failing,
    counted: counted.length,
    fails: failing.length > 0 || isGatewayBroken(turn),
    isWell: serves && counted.every(({ is }) => is === 'well'),
    isUnclear: counted.some(({ is }) => is === 'unclear' || is === 'unknown'),
  };
}

/** Broken on purpose, or it follows another member that was started anew, or serves and is restarted for what it uses. */
function isExplained(turn: Turn, name: string): boolean {
  const condition = conditionOf(turn, name);
  if (condition.is === 'failed' && condition.serves) return true;
  const { drill, followedAt } = memberMemory(turn, name);
  const isFollowing = memberSeen(turn, name).leftBehind != null || turn.now < (followedAt ?? 0) + LASTED_MS;
  return isFollowing || turn.now < (drill?.until ?? 0);
}

function isGatewayBroken({ seen }: Turn): boolean {
  const { gateway } = seen;
  return gateway !== null && ['exited', 'absent', 'paused'].includes(gateway.state) && gateway.ended !== 'unclear';
}

/** It does not serve, and of a member that died it is not clear yet whether somebody asked for it. */
export function isDying(turn: Turn): boolean {
  const isUnclear = turn.model.members.some(({ name }) => conditionOf(turn, name).is === 'unclear');
  return isUnclear && !isServing(turn);
}

/** Members that fail and still get requests, though another one could take them. */
export function notIsolated({ turn, failing }: Standing): string[] {
  if (usable(turn).length === 0) return [];
  return failing.filter((name) => memberSeen(turn, name).gateway?.traffic === 'in');
}
