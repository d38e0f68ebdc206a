/** One service's turn in a decision: what it may look at, and where its wishes go. Lives only within decide(). */

import { isTraffic, keyOf, startsProcess, type Action, type EffectAction } from './actions.ts';
import type { Condition } from './condition.ts';
import { comesFirst } from './emergency-order.ts';
import { isHeldBack } from './freeze.ts';
import type { MemberMemory, Memory, ServiceMemory } from './memory.ts';
import type { MemberSeen, ServiceModel, ServiceSeen } from './model.ts';
import { otherWriter } from './one-writer.ts';
import { unrecordedWords } from './unrecorded.ts';

export interface Turn {
  readonly model: ServiceModel;
  readonly seen: ServiceSeen;
  readonly memory: ServiceMemory;
  readonly whole: Memory;
  readonly engineAnswers: boolean;
  /** a deployment or a person's command is changing the service */
  readonly isBusy: boolean;
  /** how late the supervisor's own loop was, milliseconds: deadlines are widened by it */
  readonly lagMs: number;
  readonly hostActions: number;
  /** the window they are counted in, milliseconds */
  readonly hostWindowMs: number;
  /** the engine has room for another container */
  readonly hasRoom: boolean;
  readonly now: number;
  readonly actions: Action[];
  /** by member name; filled by health.ts */
  readonly conditions: Map<string, Condition>;
  /** services, of all turns, of which something died a moment ago, and whether somebody asked for it is not clear yet */
  readonly dying: Set<string>;
  wakeAt: number;
}

/** what the engine may need to stop a container, beyond the grace of its process */
const STOP_TAKES_MS = 20_000;
/** An effect may be asked for again this long after its deadline, should its end never be told. */
const LOST_AFTER_MS = 5000;

export function wake(turn: Turn, at: number): void {
  if (at > turn.now && at < turn.wakeAt) turn.wakeAt = at;
}

export function isPending(turn: Turn, kind: EffectAction['kind'], member: string): boolean {
  const { pending } = turn.memory;
  for (const key in pending) {
    const one = pending[key];
    if (one?.kind === kind && one.member === member) return !one.ended;
  }
  return false;
}

/**
 * Asks for an effect unless the same one is under way or has just ended, a person's hand is on the service, or two
 * would write the same data. Tells whether it was asked for now.
 */
export function ask(
  turn: Turn,
  kind: EffectAction['kind'],
  member: string,
  reason: string,
  more: { readonly deadlineMs?: number; readonly incident?: string | null } = {},
): boolean {
  if (keyOf({ kind, service: turn.model.name, member }) in turn.memory.pending) return false;
  const deadlineMs = (more.deadlineMs ?? 5000) + turn.lagMs;
  const incident = more.incident ?? turn.memory.members[member]?.incident?.id ?? null;
  const effect: EffectAction = { kind, service: turn.model.name, member, incident, reason, deadlineMs };
  if (!isTraffic(effect) && isHeldBack(turn.whole, turn.memory, kind)) return false;
  if (unrecordedWords(turn.whole, turn.memory, turn.model, kind) !== '') return false;
  if (comesFirst(turn.whole, effect.service, kind) !== '') return false;
  if (startsProcess(kind) && rivalOf(turn, member) !== '') return false;
  turn.memory.pending[keyOf(effect)] = { kind, member, until: turn.now + deadlineMs + LOST_AFTER_MS, ended: false };
  turn.actions.push(effect);
  return true;
}

/** '' when `member` may run; else which other one may be writing the same data, for a person. */
export function rivalOf({ model, seen, memory }: Turn, member: string): string {
  return model.policy.oneWriter ? otherWriter(model, seen, memory.pending, member) : '';
}

export function stopDeadlineMs({ model }: Turn): number {
  return model.policy.stopGraceMs + STOP_TAKES_MS;
}

export function memberMemory(turn: Turn, name: string): MemberMemory {
  const found = turn.memory.members[name];
  if (!found) throw new Error(`no memory of member ${name}`);
  return found;
}

/** What was seen of a member; one that was not seen at all is absent. */
export function memberSeen(turn: Turn, name: string): MemberSeen {
  return turn.seen.members.find((member) => member.name === name) ?? absentMember(name);
}

export function conditionOf(turn: Turn, name: string): Condition {
  return turn.conditions.get(name) ?? { is: 'unknown', why: 'not looked at' };
}

/** Members that are well, in traffic, and passed their last check. */
export function usable(turn: Turn): string[] {
  return turn.model.members.map(({ name }) => name).filter((name) => isUsable(turn, name));
}

function isUsable(turn: Turn, name: string): boolean {
  if (conditionOf(turn, name).is !== 'well') return false;
  if (turn.model.balance === null) return true;
  return memberSeen(turn, name).gateway?.traffic === 'in' && memberMemory(turn, name).check === 'passing';
}

/** Without any check, a process counts as working when it has run for so long. */
export const RAN_LONG_ENOUGH_MS = 3000;

/** From when on this member, which is well, counts as working: at once where it is checked. */
export function worksFrom(turn: Turn, name: string): number {
  const isChecked = turn.model.balance !== null || memberSeen(turn, name).health !== 'none';
  return (memberMemory(turn, name).wellSince ?? turn.now) + (isChecked ? 0 : RAN_LONG_ENOUGH_MS);
}

export function absentMember(name: string): MemberSeen {
  return {
    name,
    containerId: null,
    state: 'absent',
    startedAt: 0,
    finishedAt: 0,
    exitCode: null,
    oomKilled: false,
    restartCount: 0,
    restartPolicy: 'no',
    health: 'none',
    healthFailures: 0,
    healthOutput: '',
    attached: null,
    detachedFrom: [],
    ended: 'unseen',
    unclearUntil: 0,
    gateway: null,
    resources: null,
    oom: { kills: null, killsInWindow: null, events: 0, eventsBefore: 0 },
    signs: [],
  };
}
