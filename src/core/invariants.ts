/**
 * What must hold for every decision, whatever was seen. Checked by the tests over random histories, and by
 * whoever simulates: a decision that breaks one is a defect of the core, not bad luck.
 */

import { isEffect, isOnGateway, isTraffic, keyOf, type EffectAction } from './actions.ts';
import type { CoreModel, Decision } from './decide.ts';
import type { MemberSeen, Observation, ServiceModel, ServiceSeen } from './model.ts';

/** @returns what is broken, in words; nothing when all is well */
export function brokenInvariants(model: CoreModel, observation: Observation, decision: Decision): string[] {
  const effects = decision.actions.filter(isEffect);
  return [
    ...effects.flatMap((effect) => explained(effect)),
    ...twice(effects),
    ...(observation.engineAnswers
      ? []
      : effects
          .filter((effect) => !isTraffic(effect))
          .map((effect) => `${keyOf(effect)}: the engine is silent, so nothing is known`)),
    ...effects
      .filter(({ service }) => observation.busy.includes(service))
      .map((effect) => `${keyOf(effect)}: the service is busy`),
    ...model.services.flatMap((service) => brokenFor(service, observation, effects)),
  ];
}

function explained(effect: EffectAction): string[] {
  const problems = [];
  if (effect.reason === '') problems.push(`${keyOf(effect)}: no reason`);
  if (!(effect.deadlineMs > 0 && Number.isFinite(effect.deadlineMs))) problems.push(`${keyOf(effect)}: no deadline`);
  return problems;
}

/** One thing at a time is done to a container. */
function twice(effects: readonly EffectAction[]): string[] {
  const seen = new Set<string>();
  return effects.flatMap((effect) => {
    const key = `${isTraffic(effect) ? 'traffic' : 'container'} ${effect.service}/${effect.member}`;
    const again = seen.has(key) && effect.kind !== 'lead';
    seen.add(key);
    return again ? [`${keyOf(effect)}: a second action on the same member`] : [];
  });
}

function brokenFor(service: ServiceModel, observation: Observation, effects: readonly EffectAction[]): string[] {
  const seen = observation.services.find(({ name }) => name === service.name);
  if (!seen) return [];
  const own = effects.filter((effect) => effect.service === service.name);
  return [
    ...own
      .filter(({ kind }) => seen.foreign !== null && kind !== 'stop')
      .map((effect) => `${keyOf(effect)}: the service is foreign`),
    ...lastServing(service, seen, own),
    ...own
      .filter((effect) => effect.kind === 'lead' && !answersChecks(seen, effect.member))
      .map((effect) => `${keyOf(effect)}: it did not pass its last check`),
    ...own
      .filter((effect) => !isOnGateway(effect) && !service.members.some(({ name }) => name === effect.member))
      .map((effect) => `${keyOf(effect)}: no member of the service`),
  ];
}

/** As long as somebody serves, somebody goes on serving. */
function lastServing(service: ServiceModel, seen: ServiceSeen, effects: readonly EffectAction[]): string[] {
  if (service.balance === null) return [];
  const serving = seen.members.filter(serves).map(({ name }) => name);
  if (serving.length === 0) return [];
  const ending: readonly string[] = [
    'take_out',
    'drain',
    'restart_soft',
    'restart_hard',
    'replace',
    'stop',
    'quarantine',
  ];
  const left = serving.filter((name) => !effects.some(({ kind, member }) => member === name && ending.includes(kind)));
  return left.length > 0 ? [] : [`${service.name}: the last member that serves is taken from it`];
}

/** A reading from before its process began says nothing about it. */
function serves(member: MemberSeen): boolean {
  return (
    member.state === 'running' &&
    member.attached !== false &&
    member.health !== 'unhealthy' &&
    member.gateway?.traffic === 'in' &&
    member.gateway.check === 'passing' &&
    member.gateway.readAt >= member.startedAt
  );
}

function answersChecks(seen: ServiceSeen, name: string): boolean {
  const member = seen.members.find((one) => one.name === name);
  return member?.gateway?.traffic === 'in' && member.gateway.check === 'passing';
}
