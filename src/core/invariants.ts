/**
 * What must hold for every decision, whatever was seen. Checked by the tests over random histories, by whoever
 * simulates, and in production (guard.ts): a decision that breaks one is a defect of the core, not bad luck.
 */

import { isEffect, isOnGateway, isTraffic, keyOf, type EffectAction, type EffectKind } from './actions.ts';
import type { CoreModel, Decision } from './decide.ts';
import type { Memory, ServiceMemory } from './memory.ts';
import type { MemberSeen, Observation, ServiceModel, ServiceSeen } from './model.ts';
import { mayEndLast, secondWriters } from './writer-invariants.ts';

/** Cheap as long as nothing is broken. @returns what is broken, in words; nothing when all is well */
export function brokenInvariants(model: CoreModel, observation: Observation, decision: Decision): string[] {
  const effects = decision.actions.filter(isEffect);
  const broken = twice(effects);
  const byService = new Map<string, EffectAction[]>();
  for (const effect of effects) {
    const why = brokenBy(effect, observation);
    if (why !== '') broken.push(`${keyOf(effect)}: ${why}`);
    const own = byService.get(effect.service);
    if (own) own.push(effect);
    else byService.set(effect.service, [effect]);
  }
  for (const service of model.services) {
    const own = byService.get(service.name);
    if (own) broken.push(...brokenFor(service, observation, own, decision.memory));
  }
  return broken;
}

function brokenBy(effect: EffectAction, { engineAnswers, busy }: Observation): string {
  if (effect.reason === '') return 'no reason';
  if (!(effect.deadlineMs > 0 && Number.isFinite(effect.deadlineMs))) return 'no deadline';
  if (!engineAnswers && !isTraffic(effect)) return 'the engine is silent, so nothing is known';
  return busy.includes(effect.service) ? 'the service is busy' : '';
}

/** One thing at a time is done to a container. */
function twice(effects: readonly EffectAction[]): string[] {
  const seen = new Set<string>();
  const broken: string[] = [];
  for (const effect of effects) {
    const key = `${isTraffic(effect) ? 'traffic' : 'container'} ${effect.service}/${effect.member}`;
    if (seen.has(key) && effect.kind !== 'lead') broken.push(`${keyOf(effect)}: a second action on the same member`);
    seen.add(key);
  }
  return broken;
}

function brokenFor(
  service: ServiceModel,
  observation: Observation,
  own: readonly EffectAction[],
  memory: Memory,
): string[] {
  const seen = observation.services.find(({ name }) => name === service.name);
  if (!seen) return [];
  const broken = [...lastServing(service, seen, own, observation.engineAnswers, memory)];
  if (service.policy.oneWriter) broken.push(...secondWriters(service, seen, own, memory));
  for (const effect of own) {
    const why = brokenIn(service, seen, effect, memory);
    if (why !== '') broken.push(`${keyOf(effect)}: ${why}`);
  }
  return broken;
}

function brokenIn(service: ServiceModel, seen: ServiceSeen, effect: EffectAction, memory: Memory): string {
  if (seen.foreign !== null && effect.kind !== 'stop') return 'the service is foreign';
  if (effect.kind === 'lead' && !answersChecks(seen, effect.member, memory)) return 'it did not pass its last check';
  const isKnown = isOnGateway(effect) || service.members.some(({ name }) => name === effect.member);
  return isKnown ? '' : 'no member of the service';
}

const TAKES_AWAY: ReadonlySet<EffectKind> = new Set([
  'take_out',
  'drain',
  'restart_soft',
  'restart_hard',
  'replace',
  'stop',
  'fence',
  'rest',
  'quarantine',
]);

/** As long as somebody serves, somebody goes on serving. */
function lastServing(
  service: ServiceModel,
  seen: ServiceSeen,
  effects: readonly EffectAction[],
  engineAnswers: boolean,
  memory: Memory,
): string[] {
  if (service.balance === null || !effects.some(({ kind }) => TAKES_AWAY.has(kind))) return [];
  const who = seen.members.filter((member) => serves(member, engineAnswers, memory.services[service.name]));
  if (who.every(({ health }) => health === 'unhealthy')) return [];
  const taken = effects.filter((effect) => TAKES_AWAY.has(effect.kind) && !mayEndLast(service, seen, effect, memory));
  const isLeft = who.some(({ name }) => !taken.some(({ member }) => member === name));
  return isLeft ? [] : [`${service.name}: the last member that serves is taken from it`];
}

/**
 * What the gateway said last counts: a reading, or a word since; memory has the later of the two. An engine that is
 * silent says nothing of what runs.
 */
function serves(member: MemberSeen, engineAnswers: boolean, memory: ServiceMemory | undefined): boolean {
  const runs = member.state === 'running' && member.attached !== false;
  const isChecked = member.gateway?.traffic === 'in' && memory?.members[member.name]?.check === 'passing';
  return isChecked && (runs || !engineAnswers);
}

function answersChecks(seen: ServiceSeen, name: string, { services }: Memory): boolean {
  const member = seen.members.find((one) => one.name === name);
  return member?.gateway?.traffic === 'in' && services[seen.name]?.members[name]?.check === 'passing';
}
