/** Which container is whose: members, gateways, and those that only carry a service's name. */

import { LABEL } from '../labels.ts';
import type { Container } from '../ports/engine.ts';
import type { Fleet, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';

/** A member's or a gateway's place in the plan; a gateway's member is the service's own name. */
export interface Owner {
  readonly service: string;
  readonly member: string;
  readonly isGateway: boolean;
}

export function keyOfOwner({ service, member }: Pick<Owner, 'service' | 'member'>): string {
  return `${service}/${member}`;
}

/** @returns null for containers that are not in the plan */
export function ownerOf(fleet: Fleet, container: Pick<Container, 'labels' | 'name' | 'image'>): Owner | null {
  const { labels } = container;
  const service = fleet.services.find(({ name }) => name === labels[LABEL.ours]);
  if (!service) return null;
  if (labels[LABEL.role] === 'gateway') {
    return service.gateway ? { service: service.name, member: service.name, isGateway: true } : null;
  }
  const member = service.members.find((plan) => isOf(plan, labels) && isItself(plan, container));
  return member ? { service: service.name, member: member.name, isGateway: false } : null;
}

function isOf({ composeService, number }: MemberPlan, labels: Container['labels']): boolean {
  return labels[LABEL.service] === composeService && labels[LABEL.number] === String(number);
}

/**
 * An image that was committed from a member carries its labels, and so does whatever is run from it: a stranger
 * with another name and another image, which must never get a member's network, traffic or repairs.
 */
function isItself({ containerName, spec }: MemberPlan, container: Pick<Container, 'name' | 'image'>): boolean {
  // while it is replaced, its own name has a suffix
  const isNamed = container.name === containerName || container.name.startsWith(`${containerName}.`);
  return isNamed || container.image === spec.Image;
}

/**
 * A container that Compose made for this service without us. One that does not run while our own is there is
 * a leftover and holds nothing.
 */
export function isForeignTo(service: ServicePlan, container: Container): boolean {
  const { labels } = container;
  if (labels[LABEL.ours] !== undefined || labels[LABEL.oneOff] === 'True') return false;
  const names = [service.name, ...service.members.map(({ composeService }) => composeService)];
  return names.includes(labels[LABEL.service] ?? '');
}

/** Among containers with one owner (an old one is renamed aside while it is replaced): the one in its place. */
export function inPlace(containers: readonly Container[], name: string): Container | null {
  const named = containers.find((container) => container.name === name);
  if (named) return named;
  return containers.toSorted((a, b) => b.createdAt - a.createdAt)[0] ?? null;
}
