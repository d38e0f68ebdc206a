/**
 * What must always hold is checked after every decision, in production too. A decision that breaks it is a defect of
 * ours, and defects come in series: it is not carried out, repairs are frozen until a person, or another supervisor,
 * says otherwise, and somebody is told which rule it was. Watching and traffic go on, decided anew with repairs
 * frozen. Gateways go on by themselves in any case.
 */

import { isEffect, keyOf } from './actions.ts';
import { copyOf } from '../copy.ts';
import { decide, type CoreModel, type Decision } from './decide.ts';
import { tell } from './freeze.ts';
import { brokenInvariants } from './invariants.ts';
import type { Memory } from './memory.ts';
import type { Observation, Signal } from './model.ts';
import { brokenRepairs, type Judged } from './repair-invariants.ts';

export type Decide = typeof decide;

/** As `decide`, and never what breaks a rule. */
export function decideGuarded(
  model: CoreModel,
  memory: Memory,
  observation: Observation,
  signals: readonly Signal[],
  now: number,
  how: Decide = decide,
): Decision {
  const judge = (before: Memory): { readonly decision: Decision; readonly broken: string } => {
    const decision = how(model, before, observation, signals, now);
    return { decision, broken: brokenRules({ model, before, observation, signals, decision, now }).join('; ') };
  };
  const first = judge(memory);
  if (first.broken === '') return first.decision;
  const frozen = copyOf(memory);
  frozen.frozen ??= { since: now, reason: first.broken, cause: 'rule' };
  const second = judge(frozen);
  return say(second.broken === '' ? second.decision : withoutEffects(memory, second.decision), first.broken);
}

/** @returns what is broken, in words; nothing when all is well, and quickly so when nothing is to be done */
export function brokenRules(judged: Judged): string[] {
  const effects = judged.decision.actions.filter(isEffect);
  if (effects.length === 0) return [];
  const { model, observation, decision } = judged;
  return [...brokenInvariants(model, observation, decision), ...brokenRepairs(judged, effects)];
}

/** Nothing of it is done, and nothing is remembered as being done. */
function withoutEffects(before: Memory, decision: Decision): Decision {
  for (const effect of decision.actions.filter(isEffect)) {
    const service = decision.memory.services[effect.service];
    if (!service) continue;
    delete service.pending[keyOf(effect)];
    service.leader = before.services[effect.service]?.leader ?? service.leader;
    const member = service.members[effect.member];
    if (member?.repair?.phase === 'acting') member.repair = null;
  }
  return { ...decision, actions: decision.actions.filter((action) => !isEffect(action)) };
}

/** Once for as long as it stays the same rule. */
function say(decision: Decision, broken: string): Decision {
  const { memory } = decision;
  if (memory.brokenRule === broken) return decision;
  memory.brokenRule = broken;
  const reason = `twinhull was about to break a rule of its own, and did not: ${broken}; this is a defect, please report it`;
  const frozen = tell(
    'freeze',
    null,
    `repairs are frozen until thaw or another supervisor, since a rule was broken: ${broken}`,
  );
  return {
    ...decision,
    actions: [{ kind: 'alert', service: null, member: null, reason }, frozen, ...decision.actions],
  };
}
