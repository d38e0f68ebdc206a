/** The steps of one container, as the plans of members and gateways are put together from them. */

import type { Container } from '../ports/engine.ts';
import type { Fleet, ServicePlan } from '../redundancy/fleet.ts';
import { plannedRestartPolicy } from '../redundancy/restart-policy.ts';
import { createdBefore } from './joined.ts';
import { type MemberPosition, missingNetworks, type Position, type ServiceScene } from './positions.ts';
import { waitBoundMs } from './serving.ts';
import type { StepList } from './step-list.ts';
import type { PlanOptions, WantedContainer } from './steps.ts';

export interface ServiceTask extends ServiceScene {
  readonly list: StepList;
  readonly fleet: Fleet;
  readonly options: PlanOptions;
  /** steps that must be done before any container is created: networks, volumes, images, files */
  readonly ground: readonly string[];
}

export function addStartOf({ list, service }: ServiceTask, position: Position, after: readonly string[]): string {
  return list.add(`start:${position.wanted.name}`, service.name, after, {
    kind: 'start_container',
    name: position.wanted.name,
    paused: position.current?.state === 'paused',
    restartPolicy: lostPolicy(position),
  });
}

/** A quarantine takes the restart policy away; `up` gives it back. */
function lostPolicy({ wanted, current }: Position): Container['restartPolicy'] | null {
  const planned = plannedRestartPolicy(wanted.spec);
  return current?.restartPolicy === 'no' && planned !== 'no' ? planned : null;
}

export function addCreation({ list, service, ground }: ServiceTask, container: WantedContainer): string {
  const after = [...ground, ...createdBefore(service, list)];
  return list.add(`create:${container.name}`, service.name, after, { kind: 'create_container', container });
}

/** A network that somebody took from a container that is ours comes back. */
export function reconnect({ list, service, ground }: ServiceTask, { wanted }: Position, current: Container): string[] {
  return missingNetworks(wanted.spec, current).map((attachment) =>
    list.add(`connect:${wanted.name}:${attachment.network}`, service.name, ground, {
      kind: 'connect_network',
      name: wanted.name,
      attachment,
    }),
  );
}

export function addRecreation(
  { list, service }: ServiceTask,
  position: Position & { readonly current: Container; readonly difference: string },
  after: readonly string[],
): string {
  const { wanted, current, difference, start } = position;
  return list.add(`recreate:${wanted.name}`, service.name, after, {
    kind: 'recreate_container',
    container: wanted,
    oldId: current.id,
    start,
    why: difference,
    gap: start && wanted.role === 'member' && hasGap(service),
  });
}

/** A member that is made or started anew is the only one that works: nothing serves meanwhile. */
export function hasGap({ members, policy }: ServicePlan): boolean {
  return members.length > 1 && policy.standby === 'cold' && members.every(({ role }) => role !== 'replica');
}

export function addAdmission(
  { list, service, options }: ServiceTask,
  member: string,
  by: 'gateway' | 'engine',
  after: readonly string[],
): string {
  return list.add(`admit:${service.name}:${member}`, service.name, after, {
    kind: 'admit_member',
    member,
    by,
    waitMs: options.waitTimeoutMs ?? waitBoundMs(service),
  });
}

/** It gets requests when it runs: of a cold pair that is the one which is to run now. */
export function isLetIn({ blueprint, service }: ServiceTask, { plan, start }: MemberPosition): boolean {
  const isKnown = blueprint?.config.members.some(({ name }) => name === plan.name) ?? false;
  return isKnown && (service.policy.standby !== 'cold' || start);
}
