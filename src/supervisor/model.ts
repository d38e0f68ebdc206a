/** The plan, as far as the core needs to know it. */

import type { CoreModel } from '../core/decide.ts';
import type { ServiceModel, ServicePolicy } from '../core/model.ts';
import type { Fleet, ServicePlan } from '../redundancy/fleet.ts';
import { forEachKind, hostPolicy, reactionOf, resourcePolicy } from '../redundancy/policy.ts';
import { defaults } from '../redundancy/defaults.ts';

export function modelOf(fleet: Fleet): CoreModel {
  const { hostActions, host = hostPolicy({}) } = fleet.policy;
  return { services: fleet.services.map(serviceModel), hostActions, host };
}

function serviceModel({ name, mode, members, dependsOn, gateway, policy }: ServicePlan): ServiceModel {
  return {
    name,
    mode,
    members: members.map((member) => ({ name: member.name, role: member.role, startsAtUp: member.startsAtUp })),
    dependsOn: dependsOn.filter(({ required }) => required).map(({ service }) => service),
    balance: gateway?.config.balance ?? null,
    policy: upToDate(policy),
  };
}

/** The plan on record may be of an older version: what it did not have yet is as usual. */
function upToDate(policy: ServicePolicy): ServicePolicy {
  const known: Partial<ServicePolicy> = policy;
  const deadlines: Partial<ServicePolicy['deadlineMs']> = policy.deadlineMs;
  return {
    ...policy,
    partitionThreshold: known.partitionThreshold ?? policy.threshold,
    deadlineMs: {
      ...policy.deadlineMs,
      resource_exhaustion: deadlines.resource_exhaustion ?? defaults.resourceTimeoutMs.value,
    },
    reactions: known.reactions ?? forEachKind(() => reactionOf({})),
    resources: known.resources ?? resourcePolicy({}),
    signs: known.signs ?? [],
  };
}
