/** From what was seen to a kind of failure, and from there to the ladder of repairs: the mildest that can help first. */

import type { FailureKind, MemberSeen } from './model.ts';
import type { MemberMemory, Rung } from './memory.ts';

/**
 * What is wrong with a member that runs and fails its checks. Whoever is well for the engine's probe, made inside
 * it, and cannot even be connected to from the gateway is cut off from it; so is whoever cannot be connected to
 * after a restart, with no such probe. A refused connection comes from the member itself: that is no partition.
 */
export function failureOfRunning(seen: MemberSeen, memory: MemberMemory): FailureKind {
  const isUnreachable = memory.check === 'failing' && memory.checkFailure === 'unreachable';
  if (!isUnreachable) return 'unresponsive';
  const { repair } = memory;
  const wasRestarted = repair !== null && !(repair.phase === 'waiting' && repair.step === 0);
  return seen.health === 'healthy' || wasRestarted ? 'network_partition' : 'unresponsive';
}

/** It answers its check, with a no: requests that its gateway still sends it are answered too. */
export function answersAllTheSame({ check, checkFailure }: MemberMemory): boolean {
  return check === 'failing' && checkFailure === 'answered';
}

/** The repairs to try in order. */
export function ladderFor(failure: FailureKind, seen: MemberSeen): Rung[] {
  if (seen.state === 'absent') return ['replace'];
  if (seen.leftBehind) return ladderToFollow(seen.leftBehind.how);
  switch (failure) {
    case 'container_exit':
    case 'critical_failure':
      return seen.state === 'exited' || seen.state === 'created'
        ? ['start', 'restart_hard', 'replace']
        : ['restart_hard', 'replace'];
    case 'unresponsive':
      return seen.state === 'paused'
        ? ['unpause', 'restart_soft', 'restart_hard', 'replace']
        : ['restart_soft', 'restart_hard', 'replace'];
    case 'network_partition':
      return ['reconnect', 'replace'];
  }
}

/** Started anew it joins what runs there now; volumes, and a container that is gone, are joined at the creation only. */
function ladderToFollow(how: NonNullable<MemberSeen['leftBehind']>['how']): Rung[] {
  return how === 'restarted' ? ['restart_soft', 'restart_hard', 'replace'] : ['replace'];
}

/** Ends a process, or connections, that may still do work: not for the last one that serves, not under the brake. */
export function endsARunning(rung: Rung, seen: MemberSeen): boolean {
  const runs = seen.state === 'running';
  if (rung === 'reconnect') return runs && seen.attached === true;
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
