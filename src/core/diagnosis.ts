/** From what was seen to a kind of failure, and from there to the ladder of repairs: the mildest that can help first. */

import type { FailureKind, LadderRung, MemberSeen, Reaction, ServicePolicy } from './model.ts';
import type { MemberMemory, Rung } from './memory.ts';
import { isAlive } from './signs.ts';
import { memberMemory, type Turn } from './turn.ts';

/**
 * What is wrong with a member that runs and fails its checks. Whoever is well inside, for the engine's probe or by its
 * heartbeat, and cannot even be connected to from the gateway is cut off from it; so is whoever cannot be connected to
 * after a restart, with nothing that tells how it is inside. A refused connection comes from the member itself: that
 * is no partition.
 */
export function failureOfRunning(seen: MemberSeen, memory: MemberMemory, policy: ServicePolicy): FailureKind {
  const isUnreachable = memory.check === 'failing' && memory.checkFailure === 'unreachable';
  if (!isUnreachable) return 'unresponsive';
  const { repair } = memory;
  const wasRestarted = repair !== null && !(repair.phase === 'waiting' && repair.step === 0);
  const isWellInside = seen.health === 'healthy' || (seen.health === 'none' && isAlive(policy, seen));
  return isWellInside || wasRestarted ? 'network_partition' : 'unresponsive';
}

/** Failed checks in a row before it is repaired. */
export function thresholdOf(policy: ServicePolicy, kind: FailureKind): number {
  return kind === 'network_partition' ? policy.partitionThreshold : policy.threshold;
}

/** It answers its check, with a no: requests that its gateway still sends it are answered too. */
export function answersAllTheSame({ check, checkFailure }: MemberMemory): boolean {
  return check === 'failing' && checkFailure === 'answered';
}

/** The mildest first. What an exited one cannot use, or a running one, is left out when it comes to it. */
const USUAL_LADDERS: Readonly<Record<FailureKind, readonly LadderRung[]>> = {
  container_exit: ['start', 'restart_hard', 'replace'],
  unresponsive: ['unpause', 'restart_soft', 'restart_hard', 'replace'],
  network_partition: ['reconnect', 'replace'],
  resource_exhaustion: ['scale_up', 'restart_soft', 'restart_hard', 'replace'],
  critical_failure: ['start', 'restart_hard', 'replace'],
};

/**
 * The repairs to try in order.
 * @param given the service's own ladder for this kind; null: the usual one
 */
export function ladderFor(failure: FailureKind, seen: MemberSeen, given: Reaction['ladder'] = null): Rung[] {
  // nothing is there that anything milder could help
  if (seen.state === 'absent') return ['replace'];
  if (seen.leftBehind) return ladderToFollow(seen.leftBehind.how);
  const rungs = (given ?? USUAL_LADDERS[failure]).flatMap((rung) => fitting(rung, seen));
  return [...new Set(rungs)];
}

/** Started anew it joins what runs there now; volumes, and a container that is gone, are joined at the creation only. */
function ladderToFollow(how: NonNullable<MemberSeen['leftBehind']>['how']): Rung[] {
  return how === 'restarted' ? ['restart_soft', 'restart_hard', 'replace'] : ['replace'];
}

/** What this rung is for a member in this state; nothing where it cannot help. */
function fitting(rung: LadderRung, { state }: MemberSeen): Rung[] {
  const hasEnded = state === 'exited' || state === 'created';
  switch (rung) {
    case 'scale_up':
      return []; // see unavailable()
    case 'start':
      return hasEnded ? ['start'] : [];
    case 'unpause':
      return state === 'paused' ? ['unpause'] : [];
    case 'restart_soft':
      return hasEnded ? ['start'] : ['restart_soft'];
    case 'reconnect':
      // its start connects it
      return hasEnded ? ['start'] : ['reconnect'];
    case 'restart_hard':
    case 'replace':
      return [rung];
  }
}

/** Rungs of a ladder that cannot be carried out, with the reason, for a person. */
export function unavailable(failure: FailureKind, given: Reaction['ladder']): string[] {
  const isWanted = (given ?? USUAL_LADDERS[failure]).includes('scale_up');
  return isWanted ? ['scale_up is not available: no maximum is set'] : [];
}

/**
 * What the service wants done about this failure of a member. When nothing of the service serves any more that is
 * another kind of failure, for whoever wants to meet it otherwise.
 */
export function reactionTo(turn: Turn, name: string, failure: FailureKind): Reaction {
  const { reactions } = turn.model.policy;
  const last = reactions.critical_failure;
  const isLast = memberMemory(turn, name).incident?.failure === 'critical_failure';
  return isLast && (last.alertOnly || last.ladder !== null) ? last : reactions[failure];
}

/** Ends a process, or connections, that may still do work: not for the last one that serves, not under the brake. */
export function endsARunning(rung: Rung, seen: MemberSeen): boolean {
  const runs = seen.state === 'running';
  if (rung === 'reconnect') return runs && seen.attached === true && seen.detachedFrom.length === 0;
  return runs && (rung === 'restart_soft' || rung === 'restart_hard' || rung === 'replace');
}

/** @returns what this rung does, for a person */
export function rungWords(rung: Rung): string {
  switch (rung) {
    case 'start':
      return 'started again';
    case 'unpause':
      return 'unpaused';
    case 'reconnect':
      return 'connected to its network again';
    case 'restart_soft':
      return 'restarted';
    case 'restart_hard':
      return 'killed and started';
    case 'replace':
      return 'replaced by a new container';
  }
}
