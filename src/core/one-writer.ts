/**
 * One writer. Two processes on the data of one destroy it, whichever of them is right. So a member whose data another
 * one writes too is made to run only while the other one is proven stopped: the engine answers for that very
 * container, and says that nothing of it runs. Paused is running: it goes on where it was. So is restarting. An engine
 * that does not answer proves nothing, and an effect of ours that is still under way may have started it by now.
 *
 * This is what a decision goes by; whoever carries it out asks the engine once more (src/fencing).
 */

import { startsProcess } from './actions.ts';
import type { Pending } from './memory.ts';
import type { MemberSeen, ServiceModel, ServiceSeen } from './model.ts';

export function isProvenStopped(seen: MemberSeen): boolean {
  return howItMayRun(seen) === '';
}

/** It has a process for certain. */
export function isUp({ state, partial }: MemberSeen): boolean {
  return partial !== true && (state === 'running' || state === 'paused' || state === 'restarting');
}

/** '' when no other member can be writing; else who may be and why, for a person. */
export function otherWriter(
  { members }: ServiceModel,
  seen: ServiceSeen,
  pending: Readonly<Record<string, Pending>>,
  name: string,
): string {
  for (const other of members) {
    if (other.name === name) continue;
    const found = seen.members.find((member) => member.name === other.name);
    const how = found ? howItMayRun(found) : 'it was not looked at';
    if (how !== '') return `${other.name} is not proven stopped (${how})`;
    if (isBeingStarted(pending, other.name)) return `${other.name} is being started`;
  }
  return '';
}

function isBeingStarted(pending: Readonly<Record<string, Pending>>, name: string): boolean {
  return Object.values(pending).some(({ kind, member, ended }) => member === name && !ended && startsProcess(kind));
}

function howItMayRun({ state, partial, asideRuns }: MemberSeen): string {
  if (partial) return 'the engine does not answer for it';
  if (asideRuns) return 'the container that it replaces still runs';
  switch (state) {
    case 'absent':
    case 'created':
    case 'exited':
    case 'dead':
      return '';
    case 'running':
      return 'it runs';
    case 'paused':
      return 'it is paused, and goes on where it was';
    case 'restarting':
      return 'the engine restarts it';
    case 'removing':
      return 'it is still being removed';
    case 'unknown':
      return 'the engine does not answer for it';
  }
}
