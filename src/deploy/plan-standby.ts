/** What is particular to pairs of which one works: who has to end before that one is started, and how it gets requests. */

import type { Container } from '../ports/engine.ts';
import { LABEL } from '../labels.ts';
import type { ServiceTask } from './container-steps.ts';
import { type GatewayPosition, isMemberNow, isRunning, isUp, type MemberPosition } from './positions.ts';
import { waitBoundMs } from './serving.ts';

/**
 * Where one writes, everything of the service that runs and is not to run is ended before anything is started: the
 * second of a pair, the members of another mode, the lone container that becomes a pair.
 * @param others containers of the service that are no member in the plan
 */
export function addStops(
  task: ServiceTask,
  members: readonly MemberPosition[],
  others: readonly Container[],
  after: readonly string[],
): string[] {
  const { policy } = task.service;
  const second = members.filter((member) => isSecond(task, member)).flatMap(({ current }) => current ?? []);
  const before = policy.oneWriter ? others.filter((container) => isMemberNow(container) && isUp(container)) : [];
  return [
    ...second.map((container) => addStop(task, container, policy.oneWriter, 'the other one of its pair works', after)),
    ...before.map((container) => addStop(task, container, false, 'what takes its place writes the same data', after)),
  ];
}

/** It runs and should not. Without state, one that differs may run until it is made anew. */
function isSecond({ service }: ServiceTask, { plan, current, difference, start }: MemberPosition): boolean {
  const { standby, oneWriter } = service.policy;
  if (standby !== 'cold' || plan.role === 'replica' || start) return false;
  return current !== null && isUp(current) && (oneWriter || difference === null);
}

function addStop(
  { list, service, ground }: ServiceTask,
  { id, name, labels }: Container,
  force: boolean,
  why: string,
  after: readonly string[],
): string {
  const isPlanned = service.members.some(({ composeService }) => composeService === labels[LABEL.service]);
  return list.add(`stop:${name}`, service.name, [...ground, ...after], {
    kind: 'stop_container',
    containerId: id,
    name,
    stopTimeoutMs: isPlanned ? service.policy.stopGraceMs : null,
    force,
    why,
  });
}

/** The one of a cold pair that works is put in where its gateway may hold it in maintenance: as a new one does the backup. */
export function addEntry(
  { list, service, blueprint, existing, options }: ServiceTask,
  members: readonly MemberPosition[],
  gateway: GatewayPosition,
  after: readonly string[],
): string[] {
  if (service.policy.standby !== 'cold') return [];
  const working = members.find(({ plan, start }) => plan.role !== 'replica' && start)?.plan.name;
  if (working === undefined || !service.members.some(({ role }) => role === 'backup')) return [];
  const seen = existing.gateways.get(service.name);
  const stays = gateway.current !== null && gateway.difference === null;
  const startsIn =
    blueprint?.config.members.some(({ name, takesTraffic }) => name === working && takesTraffic) ?? false;
  const isKnownIn = stays && gateway.current !== null && isRunning(gateway.current) && seen?.answers === true;
  if (isKnownIn ? !seen.notIn.includes(working) : !stays && startsIn) return [];
  return [
    list.add(`enter:${service.name}:${working}`, service.name, after, {
      kind: 'admit_member',
      member: working,
      by: 'gateway',
      waitMs: options.waitTimeoutMs ?? waitBoundMs(service),
    }),
  ];
}
