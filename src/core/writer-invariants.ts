/**
 * What must hold for services whose members write the same data, told from what was seen alone: it does not ask the
 * functions that decide.
 */

import { keyOf, startsProcess, type EffectAction } from './actions.ts';
import type { Memory } from './memory.ts';
import type { MemberSeen, ServiceModel, ServiceSeen } from './model.ts';

/** Never an effect that could make a second one run. */
export function secondWriters(
  service: ServiceModel,
  seen: ServiceSeen,
  effects: readonly EffectAction[],
  memory: Memory,
): string[] {
  if (!service.policy.oneWriter) return [];
  const pending = Object.values(memory.services[service.name]?.pending ?? {});
  const isStarted = (name: string): boolean =>
    pending.some(({ kind, member, ended }) => member === name && !ended && startsProcess(kind));
  return effects
    .filter(({ kind }) => startsProcess(kind))
    .flatMap((effect) =>
      service.members
        .filter(({ name }) => name !== effect.member && (isStarted(name) || !hasNoProcess(seen, name)))
        .map(({ name }) => `${keyOf(effect)}: ${name} may write the same data`),
    );
}

const WITHOUT_PROCESS: ReadonlySet<MemberSeen['state']> = new Set(['absent', 'created', 'exited', 'dead']);

function hasNoProcess({ members }: ServiceSeen, name: string): boolean {
  const member = members.find((one) => one.name === name);
  if (!member) return false;
  return WITHOUT_PROCESS.has(member.state) && member.partial !== true && member.asideRuns !== true;
}

/** Where one has to go for the other, the last one that serves may be ended: the one that is changed, or the second of two that run. */
export function mayEndLast(service: ServiceModel, seen: ServiceSeen, effect: EffectAction, memory: Memory): boolean {
  if (memory.services[service.name]?.handover?.from === effect.member) return true;
  const others = seen.members.filter(({ name }) => name !== effect.member);
  return service.policy.oneWriter && effect.kind === 'fence' && others.some(({ state }) => !WITHOUT_PROCESS.has(state));
}
