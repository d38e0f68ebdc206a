/** From what was seen to a kind of failure, and from there to the ladder of repairs: the mildest that can help first. */

import type { FailureKind, MemberSeen } from './model.ts';
import type { Rung } from './memory.ts';

/** The repairs to try in order. */
export function ladderFor(failure: FailureKind, seen: MemberSeen): Rung[] {
  if (seen.state === 'absent') return ['replace'];
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

/** Ends a process that may still do work: not for the last one that serves, not under the brake. */
export function endsARunning(rung: Rung, seen: MemberSeen): boolean {
  const runs = seen.state === 'running';
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
