import type { Container } from '../ports/engine.ts';
import type { ServicePlan } from '../redundancy/fleet.ts';
import { LABEL } from '../labels.ts';
import {
  addAdmission,
  addCreation,
  addRecreation,
  addStartOf,
  hasGap,
  isLetIn,
  reconnect,
  type ServiceTask,
} from './container-steps.ts';
import { isOurs } from './existing.ts';
import { type Following, followingOf } from './joined.ts';
import { addGateway } from './plan-gateway.ts';
import {
  type GatewayPosition,
  gatewayPosition,
  isMemberNow,
  isRunning,
  isUp,
  type MemberPosition,
  memberPositions,
  type Position,
  surplusOf,
} from './positions.ts';
import { addEntry, addStops } from './plan-standby.ts';
import { waitBoundMs } from './serving.ts';
import type { Condition } from './steps.ts';

export function planService(task: ServiceTask): void {
  const following = followingOf(task.service, task.list);
  const members = memberPositions(task).map((position) => madeAfter(position, following));
  const gateway = gatewayPosition(task);
  const admission = admissionOf(task, gateway);
  const surplus = surplusOf(task, members, gateway);
  const intruders = removeIntruders(task, [...members, ...(gateway ? [gateway] : [])]);
  const waited = [...dependencyWaits(task), ...intruders];
  const ready = [
    ...waited,
    ...addStops(task, members, [...surplus, ...(gateway?.current ? [gateway.current] : [])], waited),
  ];

  const started = members.flatMap((member) => addStart(task, member, ready, admission));
  const turns = turnsOf(task, members, following?.why ?? restartReason(task));
  const going = { surplus, renewed: turns.map(({ plan }) => plan.name) };
  const gatewayDone = gateway ? addGateway(task, gateway, [...ready, ...started], going) : [];
  const back = gateway && turns.length > 0 ? addReturns(task, members, gateway, [...ready, ...gatewayDone]) : [];
  const rolled = addRoll(task, turns, [...ready, ...started, ...back, ...gatewayDone], gateway);
  const entered = gateway ? addEntry(task, members, gateway, [...started, ...gatewayDone, ...rolled]) : [];
  const done = [...ready, ...started, ...gatewayDone, ...rolled, ...entered];
  addRemovals(task, surplus, done);
  addWait(task, task.service, 'serving', done, false);
}

/** One that lives in a container which is made anew is made anew with it. */
function madeAfter(position: MemberPosition, following: Following | null): MemberPosition {
  const isToFollow = following?.how === 'recreate' && position.current !== null && position.difference === null;
  return isToFollow ? { ...position, difference: following.why } : position;
}

/**
 * Who says that a member which is started now serves. A gateway that stays: it lets it in. One that is about to
 * be made anew or reloaded: the engine, so that the old one goes on until there is something behind the new one.
 * None yet: nobody waits.
 */
function admissionOf({ existing, service }: ServiceTask, gateway: GatewayPosition | null): Admission {
  if (!gateway?.current || !isRunning(gateway.current)) return null;
  if (gateway.difference !== null || gateway.stale) return 'engine';
  return existing.gateways.get(service.name)?.answers ? 'gateway' : null;
}

type Admission = 'gateway' | 'engine' | null;

/** Members that are missing, and those that are there and do not run. @returns ids of what was added */
function addStart(
  task: ServiceTask,
  position: MemberPosition,
  ready: readonly string[],
  admission: Admission,
): string[] {
  const { wanted, plan } = position;
  if (position.difference !== null) return [];
  const before = position.current ? reconnect(task, position, position.current) : [addCreation(task, wanted)];
  const mustStart = position.start && !(position.current && isRunning(position.current));
  if (!mustStart) return before;
  const started = addStartOf(task, position, [...before, ...ready]);
  return admission && isLetIn(task, position)
    ? [started, addAdmission(task, plan.name, admission, [started])]
    : [started];
}

/** Before members are changed in turn: those an interrupted deployment left out of traffic come back into it. */
function addReturns(
  task: ServiceTask,
  members: readonly MemberPosition[],
  gateway: GatewayPosition,
  after: readonly string[],
): string[] {
  const seen = task.existing.gateways.get(task.service.name);
  const stays = gateway.current !== null && isRunning(gateway.current) && gateway.difference === null;
  if (!stays || !seen?.answers) return [];
  return members
    .filter(
      ({ current, difference, plan }) =>
        difference === null && current && isRunning(current) && seen.notIn.includes(plan.name),
    )
    .filter((position) => isLetIn(task, position))
    .map(({ plan }) => addAdmission(task, plan.name, 'gateway', after));
}

/** A member whose container is made anew, or only started anew. */
interface Turn extends MemberPosition {
  readonly current: Container;
  readonly how: 'recreate' | 'restart';
  readonly why: string;
}

/** @param restart why members that need not be made anew are started anew; null: they are not */
function turnsOf({ service }: ServiceTask, members: readonly MemberPosition[], restart: string | null): Turn[] {
  return members.flatMap((position): Turn[] => {
    const { current, difference, start } = position;
    if (!current) return [];
    if (difference !== null) return [{ ...position, current, how: 'recreate', why: difference }];
    const works = isUp(current) && (start || service.policy.standby === 'warm');
    return restart !== null && works ? [{ ...position, current, how: 'restart', why: restart }] : [];
  });
}

/**
 * `depends_on` with `restart: true`: Compose starts a service anew when `up` makes anew what it depends on so (it stops
 * it before and starts it after; here its members take turns after). One that was started anew for this reason counts
 * too, as with `restart`.
 */
function restartReason({ list, service }: ServiceTask): string | null {
  if (!service.dependsOn.some(({ restart }) => restart)) return null;
  const anew = new Set(
    list
      .all()
      .flatMap((step) => (step.kind === 'recreate_container' || step.kind === 'restart_container' ? step.service : [])),
  );
  const cause = service.dependsOn.find((dependency) => dependency.restart && anew.has(dependency.service));
  return cause ? `${cause.service}, which it depends on, is changed` : null;
}

/** One member after the other; those without traffic first, of a cold pair the one that works last. @returns the last step's id */
function addRoll(
  task: ServiceTask,
  turns: readonly Turn[],
  after: readonly string[],
  gateway: Position | null,
): string[] {
  const leader = task.existing.gateways.get(task.service.name)?.leader ?? null;
  const isCold = task.service.policy.standby === 'cold';
  const rank = ({ current, plan, start }: Turn): number => {
    if (isCold) return start ? 2 : 0;
    return isUp(current) ? (plan.name === leader ? 2 : 1) : 0;
  };
  let last = [...after];
  for (const turn of turns.toSorted((one, other) => rank(one) - rank(other))) last = addTurn(task, turn, last, gateway);
  return turns.length === 0 ? [] : last;
}

function addTurn(task: ServiceTask, turn: Turn, after: readonly string[], gateway: Position | null): string[] {
  const { current, how, plan, start, why } = turn;
  const throughGateway = gateway !== null && gateway.current !== null && isLetIn(task, turn) && !hasGap(task.service);
  const away = throughGateway && isUp(current) && isMemberNow(current) ? [addLeadAway(task, plan.name, after)] : after;
  const made =
    how === 'recreate'
      ? addRecreation(task, { ...turn, difference: why }, [...task.ground, ...away])
      : addRestart(task, turn, away);
  const several = task.service.members.length > 1 && start;
  const by = gateway !== null && isLetIn(task, turn) ? 'gateway' : 'engine';
  return several ? [addAdmission(task, plan.name, by, [made])] : [made];
}

function addRestart(
  { list, service }: ServiceTask,
  { wanted, current, plan, why }: Turn,
  after: readonly string[],
): string {
  const { name, stopTimeoutMs } = wanted;
  return list.add(`restart:${name}`, service.name, after, {
    kind: 'restart_container',
    containerId: current.id,
    name,
    member: plan.name,
    stopTimeoutMs,
    why,
    gap: hasGap(service),
  });
}

function addLeadAway({ list, service, options }: ServiceTask, member: string, after: readonly string[]): string {
  const { drainTimeoutMs } = service.policy;
  return list.add(`away:${service.name}:${member}`, service.name, after, {
    kind: 'move_traffic_away',
    member,
    drainTimeoutMs,
    waitMs: options.waitTimeoutMs ?? waitBoundMs(service),
  });
}

/** Waits for what the service depends on. An optional one never stands in the way. */
function dependencyWaits(task: ServiceTask): string[] {
  return task.service.dependsOn.flatMap(({ service: name, condition, required }) => {
    const dependency = task.fleet.services.find((service) => service.name === name);
    if (!dependency) return []; // not in the file or its profile is off, and then it was optional
    return [addWait(task, dependency, conditions[condition], stepsOf(task, name), !required)];
  });
}

const conditions = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
} as const;

/** Services are planned in dependency order: the dependency's steps are in the list. */
function stepsOf({ list }: ServiceTask, service: string): string[] {
  return list
    .all()
    .filter((step) => step.service === service && step.kind !== 'wait_for' && step.kind !== 'remove_container')
    .map(({ id }) => id);
}

function addWait(
  { list, options }: ServiceTask,
  service: ServicePlan,
  condition: Condition,
  after: readonly string[],
  optional: boolean,
): string {
  const waitMs = options.waitTimeoutMs ?? (condition === 'completed' ? null : waitBoundMs(service));
  return list.add(`wait:${service.name}:${condition}${optional ? ':optional' : ''}`, service.name, after, {
    kind: 'wait_for',
    condition,
    waitMs,
    optional,
  });
}

/** Containers that another tool made for this service and that are not replaced in place: `up` takes it back. */
function removeIntruders({ list, service, existing }: ServiceTask, positions: readonly Position[]): string[] {
  const replaced = new Set(positions.map(({ current }) => current?.id));
  return existing.containers
    .filter(
      (container) =>
        !isOurs(container) && container.labels[LABEL.service] === service.name && !replaced.has(container.id),
    )
    .map(({ id, name }) =>
      list.add(`remove:${name}`, service.name, [], {
        kind: 'remove_container',
        containerId: id,
        name,
        why: 'another tool made it',
      }),
    );
}

function addRemovals({ list, service }: ServiceTask, surplus: readonly Container[], after: readonly string[]): void {
  for (const { id, name } of surplus)
    list.add(`remove:${name}`, service.name, after, {
      kind: 'remove_container',
      containerId: id,
      name,
      why: 'no longer wanted',
    });
}
