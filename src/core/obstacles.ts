/** What a repair has to wait for, in words. */

import type { EffectKind } from './actions.ts';
import { budgetFreeAt, endsNothing, isBudgetSpent, isHostSpent } from './budget.ts';
import { heldBy } from './cascade.ts';
import type { Failed } from './condition.ts';
import { endsARunning } from './diagnosis.ts';
import { comesFirst, isEmergency } from './emergency-order.ts';
import type { Rung } from './memory.ts';
import type { MemberSeen } from './model.ts';
import { spanText } from './span.ts';
import { unrecordedWords } from './unrecorded.ts';
import { conditionOf, memberMemory, usable, type Turn } from './turn.ts';

export interface Obstacle {
  readonly why: string;
  /** when it is over at the latest, where that is known */
  readonly until: number | null;
}

/** null: nothing stands in the way of this rung */
export function obstacleTo(turn: Turn, name: string, rung: Rung, seen: MemberSeen): Obstacle | null {
  const unrecorded = unrecordedWords(turn.whole, turn.memory, turn.model, rung);
  if (unrecorded !== '') return { why: unrecorded, until: null };
  const first = comesFirst(turn.whole, turn.model.name, rung);
  if (first !== '') return { why: `in this emergency it comes ${first}`, until: null };
  const dying = endsNothing(rung) ? undefined : turn.model.dependsOn.find((service) => turn.dying.has(service));
  if (dying !== undefined) return { why: `${dying}, which it depends on, died too; it comes first`, until: null };
  if (isHostSpent(turn) && usable(turn).length > 0) return hostSpent(turn);
  const isSpent = isBudgetSpent(turn) && !endsNothing(rung);
  if (isSpent && usable(turn).some((other) => other !== name)) return budgetSpent(turn);
  if (!endsARunning(rung, seen)) return null;
  return obstacleToEnding(turn, name);
}

/** What stands in the way of ending this member, which runs. */
export function obstacleToEnding(turn: Turn, name: string): Obstacle | null {
  const brake = heldBy(turn);
  if (brake) return brake;
  const repaired = otherInRepair(turn, name);
  if (repaired !== null) return { why: `${repaired} is being repaired; it goes one at a time`, until: null };
  const coming = otherComing(turn, name);
  if (coming === null) return null;
  return { why: `${coming} is about to serve; what ${name} may still serve must last until then`, until: null };
}

/** One that still serves is ended when it has no request left: traffic goes away first. */
export function obstacleToEndingServer(
  turn: Turn,
  rung: Rung,
  seen: MemberSeen,
  { serves, patientUntil }: Failed,
): Obstacle | null {
  const { gateway } = seen;
  if (!serves || gateway === null || gateway.traffic === 'out' || !endsARunning(rung, seen)) return null;
  return {
    why: 'it still serves, so its requests may finish first',
    until: patientUntil > turn.now ? patientUntil : null,
  };
}

function budgetSpent(turn: Turn): Obstacle {
  const { model, memory } = turn;
  const times = `${memory.actionsAt.length} repairs of ${model.name} within ${spanText(model.policy.budget.windowMs)}`;
  return { why: `there were ${times}, and the others serve`, until: budgetFreeAt(turn) };
}

function hostSpent({ whole, hostWindowMs }: Turn): Obstacle {
  const window = spanText(hostWindowMs);
  const why = `there were ${whole.hostActionsAt.length} repairs on this host within ${window}; what still serves is left alone`;
  const [first] = whole.hostActionsAt;
  return { why, until: first === undefined ? null : first + hostWindowMs };
}

/** One at a time within a service; while the brake is on, one at a time in the whole project. */
function otherInRepair(turn: Turn, name: string): string | null {
  const { whole, memory: service } = turn;
  const isBraked = service.freeze !== null || whole.freeze !== null || whole.cascadeSince !== null;
  const services = isBraked || isEmergency(whole) ? Object.values(whole.services) : [service];
  const all = services.flatMap(({ members }) => Object.entries(members));
  const own = memberMemory(turn, name);
  const other = all.find(([, memory]) => memory !== own && memory.repair !== null && memory.repair.phase !== 'waiting');
  return other?.[0] ?? otherBeingEnded(turn, name);
}

/** Its end was not told yet, or it is being stopped for good. */
function otherBeingEnded({ memory }: Turn, name: string): string | null {
  const ends: readonly EffectKind[] = ['restart_soft', 'restart_hard', 'replace', 'quarantine'];
  const pending = Object.values(memory.pending);
  return pending.find(({ kind, member, ended }) => member !== name && !ended && ends.includes(kind))?.member ?? null;
}

/** Another member is about to serve: whatever this one still serves must last until then. */
function otherComing(turn: Turn, name: string): string | null {
  if (usable(turn).some((other) => other !== name)) return null;
  const comes = ['starting', 'returning', 'unclear'];
  const other = turn.model.members.find(
    (member) => member.name !== name && comes.includes(conditionOf(turn, member.name).is),
  );
  return other?.name ?? null;
}
