/** An incident: a failure from its detection to the recovery. One at a time for each member. */

import type { FailureKind } from './model.ts';
import type { Memory, OpenIncident } from './memory.ts';
import { memberMemory, type Turn } from './turn.ts';

interface Holder {
  incident: OpenIncident | null;
}

/** Opens an incident unless one is open for this member. */
export function openIncident(turn: Turn, member: string, failure: FailureKind, startedAt: number, why: string): void {
  const holder = holderOf(turn, member);
  const { name: service } = turn.model;
  const evidence = `${member} ${why}`;
  if (holder.incident) return;
  const id = nextId(turn.whole, startedAt);
  holder.incident = { id, failure, startedAt, outageMsBefore: outageMs(turn) };
  const drill = isDrilled(turn, member);
  if (!drill && !isFollowing(turn, member)) turn.whole.failures.push({ service, at: turn.now });
  turn.actions.push({ kind: 'open_incident', id, service, member, failure, startedAt, drill, evidence: [evidence] });
}

/** It is broken on purpose: on record, and no sign of anything. */
function isDrilled({ memory, now }: Turn, member: string): boolean {
  return now < (memory.members[member]?.drill?.until ?? 0);
}

/** It lives in another member that was started anew: that one's failure is the sign. */
function isFollowing({ seen }: Turn, member: string): boolean {
  return seen.members.find(({ name }) => name === member)?.leftBehind != null;
}

/** More that was seen, in words. */
export function addEvidence(turn: Turn, member: string, evidence: string): void {
  const { incident } = holderOf(turn, member);
  if (!incident) return;
  const { id, failure } = incident;
  turn.actions.push({ kind: 'update_incident', id, service: turn.model.name, member, failure, evidence });
}

/** Why a repair does not go on right now; told once for as long as it stays the same. */
export function consider(turn: Turn, member: string, what: string, until: number | null = null): void {
  const memory = memberMemory(turn, member);
  const { considered } = memory;
  const isNew = considered?.what !== what;
  memory.considered = { what, since: isNew ? turn.now : considered.since, until, at: turn.now };
  if (isNew) weigh(turn, member, what, until);
}

/** What was decided, and what it was weighed against. */
export function weigh(turn: Turn, member: string, what: string, until: number | null = null): void {
  const { incident } = holderOf(turn, member);
  if (!incident) return;
  turn.actions.push({ kind: 'consider_incident', id: incident.id, service: turn.model.name, member, what, until });
}

/** What was considered at an earlier look, and is no longer, is forgotten. */
export function forgetConsidered(turn: Turn, member: string): void {
  const memory = memberMemory(turn, member);
  if (memory.considered && memory.considered.at !== turn.now) memory.considered = undefined;
}

/** What a first look takes a failure for, and what it may turn out to be. */
const SHARPER: Readonly<Record<FailureKind, readonly FailureKind[]>> = {
  unresponsive: ['network_partition', 'resource_exhaustion'],
  container_exit: ['resource_exhaustion'],
  network_partition: [],
  resource_exhaustion: [],
  critical_failure: [],
};

/** What was taken for a hang turned out to be a partition, say. Tells whether it did. */
export function rediagnose(turn: Turn, member: string, failure: FailureKind, why: string): boolean {
  const { incident } = holderOf(turn, member);
  if (!incident || !SHARPER[incident.failure].includes(failure)) return false;
  incident.failure = failure;
  addEvidence(turn, member, `${member} ${why}`);
  return true;
}

export function closeIncident(
  turn: Turn,
  member: string,
  outcome: 'repaired' | 'quarantined' | 'superseded',
  reason: string,
): void {
  const holder = holderOf(turn, member);
  if (!holder.incident) return;
  const { id, outageMsBefore } = holder.incident;
  const withoutServiceMs = Math.max(0, outageMs(turn) - outageMsBefore);
  const { name: service } = turn.model;
  turn.actions.push({ kind: 'close_incident', id, service, member, outcome, withoutServiceMs, reason });
  holder.incident = null;
}

/** The service's own name stands for its gateway. */
function holderOf(turn: Turn, member: string): Holder {
  const isMember = turn.model.members.some(({ name }) => name === member);
  return isMember ? memberMemory(turn, member) : turn.memory.gateway;
}

/** Time and a number: the same decision gives the same id, and a record that was lost is not written over. */
export function nextId(whole: Memory, startedAt: number): string {
  whole.sequence += 1;
  return `${Math.floor(startedAt).toString(36)}-${whole.sequence}`;
}

/** All time this service did not serve, as far as we remember, until now. */
function outageMs(turn: Turn): number {
  const { outageSince, outageMs: before } = turn.memory;
  return before + (outageSince === null ? 0 : turn.now - outageSince);
}
