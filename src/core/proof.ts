/**
 * How sure one has to be that a process hangs before it is ended. A refusal or a wrong answer is a word of the member
 * itself, and `threshold` of them are enough. Silence is none: a check whose packet was lost is silent too, and so is
 * one of a process that collects its garbage. With one check in twenty lost, three silent ones in a row come to each
 * member once an hour, and twelve of them, also right after a standstill of two seconds, not in a thousand years.
 * Nobody waits for it: requests are led away at the first silent check.
 */

import type { MemberMemory } from './memory.ts';

/** So many silent checks count as one word. */
const SILENT_CHECKS_A_WORD = 4;
/** whatever the threshold */
const LEAST_SILENT_CHECKS = 12;
/** checks within a second chance, at the default interval and timeout */
export const CHECKS_A_CHANCE = 3;

/** Failed checks in a row until a member that runs has failed. */
export function failuresNeeded(threshold: number, memory: Pick<MemberMemory, 'checkFailure'>): number {
  return isSilence(memory) ? Math.max(LEAST_SILENT_CHECKS, threshold * SILENT_CHECKS_A_WORD) : threshold;
}

/** What its checks say against it is silence alone. */
export function isSilence({ checkFailure }: Pick<MemberMemory, 'checkFailure'>): boolean {
  return checkFailure === 'silent' || checkFailure === 'unreachable';
}
