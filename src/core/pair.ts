/** Pairs of which one works while the other one stands by: it does not run (cold), or is paused (warm). */

import { isProvenStopped } from './one-writer.ts';
import { memberSeen, rivalOf, type Turn } from './turn.ts';

function isOfPair({ model }: Turn, name: string): boolean {
  return hasTwin(model) && model.members.some((member) => member.name === name && member.role !== 'replica');
}

function hasTwin({ members }: Turn['model']): boolean {
  return members.some(({ role }) => role === 'backup');
}

/** The other one of the pair; null where there is none. */
export function twinOf(turn: Turn, name: string): string | null {
  if (!isOfPair(turn, name)) return null;
  return turn.model.members.find((member) => member.name !== name && member.role !== 'replica')?.name ?? null;
}

/** A cold pair: who leads is who runs, and that is for us to say. */
export function oneRuns({ model }: Turn): boolean {
  return model.policy.standby === 'cold' && hasTwin(model);
}

/** In a cold pair, the one of the two that does not lead. */
export function isIdleStandby(turn: Turn, name: string): boolean {
  return oneRuns(turn) && isOfPair(turn, name) && turn.memory.leader !== name;
}

/** In a warm pair, the one of the two that does not lead: it is to be paused. */
export function isWarmStandby(turn: Turn, name: string): boolean {
  return turn.model.policy.standby === 'warm' && isOfPair(turn, name) && turn.memory.leader !== name;
}

/** It is on its way out of this role: it gets no traffic and no repair any more. */
export function isLeaving({ memory }: Turn, name: string): boolean {
  return memory.handover?.from === name && memory.handover.step === 'fence';
}

/** Why the one that should run is not started: two would write the same data. '' when nothing forbids it. */
export function whyNotStarted(turn: Turn, name: string): string {
  const { handover, leader } = turn.memory;
  if (name !== (handover?.to ?? leader) || !isProvenStopped(memberSeen(turn, name))) return '';
  const rival = rivalOf(turn, name);
  return rival === '' ? '' : `is not started, since ${rival}`;
}

/** A change of who runs is under way for it, or nobody knows yet who leads: its repair is not for the ladder. */
export function isInHandover(turn: Turn, name: string): boolean {
  const { handover, leaderUnsureUntil } = turn.memory;
  if (handover) return name === handover.from || name === handover.to;
  return leaderUnsureUntil !== undefined && oneRuns(turn) && isOfPair(turn, name);
}
