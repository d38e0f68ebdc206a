/** The plan, as far as the core needs to know it. */

import type { CoreModel } from '../core/decide.ts';
import type { ServiceModel } from '../core/model.ts';
import type { Fleet, ServicePlan } from '../redundancy/fleet.ts';

export function modelOf(fleet: Fleet): CoreModel {
  return { services: fleet.services.map(serviceModel), hostActions: fleet.policy.hostActions };
}

function serviceModel({ name, mode, members, dependsOn, gateway, policy }: ServicePlan): ServiceModel {
  return {
    name,
    mode,
    members: members.map((member) => ({ name: member.name, role: member.role, startsAtUp: member.startsAtUp })),
    dependsOn: dependsOn.filter(({ required }) => required).map(({ service }) => service),
    balance: gateway?.config.balance ?? null,
    policy,
  };
}
