import type { Container } from '../ports/engine.ts';
import type { Fleet, ServicePlan } from '../redundancy/fleet.ts';
import { plannedRestartPolicy } from '../redundancy/restart-policy.ts';
import { LABEL } from '../labels.ts';
import type { GatewayBlueprint } from './blueprint.ts';
import { isOurs } from './existing.ts';
import type { StepList } from './step-list.ts';
import type { Condition, GatewayFiles, PlanOptions, WantedContainer } from './steps.ts';
import {
  gatewayPosition,
  isMemberNow,
  isRunning,
  isUp,
  type MemberPosition,
  memberPositions,
  missingNetworks,
  type Position,
  type ServiceScene,
  surplusOf,
} from './positions.ts';
import { waitBoundMs } from './serving.ts';

export interface ServiceTask extends ServiceScene {
  readonly list: StepList;
  readonly fleet: Fleet;
  readonly options: PlanOptions;
  /** steps that must be done before any container is created: networks, volumes, images, files */
  readonly ground: readonly string[];
}

export function planService(task: ServiceTask): void {
  const members = memberPositions(task);
  const gateway = gatewayPosition(task);
  const admission = admissionOf(task, gateway);
  const ready = [...dependencyWaits(task), ...removeIntruders(task, [...members, ...(gateway ? [gateway] : [])])];

  const started = members.flatMap((member) => addStart(task, member, ready, admission));
  const turns = turnsOf(members, restartReason(task));
  const back = turns.length > 0 ? addReturns(task, members, admission, ready) : [];
  const surplus = surplusOf(task, members, gateway);
  const gatewayDone = gateway ? addGateway(task, gateway, [...ready, ...started], surplus) : [];
  const rolled = addRoll(task, turns, [...ready, ...started, ...back, ...gatewayDone], gateway);
  const done = [...ready, ...started, ...gatewayDone, ...rolled];
  addRemovals(task, surplus, done);
  addWait(task, task.service, 'serving', done, false);
}

/**
 * Who says that a member which is started now serves. A gateway that stays: it lets it in. One that is about to
 * be made anew: the engine, so that the old one goes on until there is something behind the new one. None yet:
 * nobody waits.
 */
function admissionOf({ existing, service }: ServiceTask, gateway: Position | null): Admission {
  if (!gateway?.current || !isRunning(gateway.current)) return null;
  if (gateway.difference !== null) return 'engine';
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
  return admission && takesTraffic(task, plan.name)
    ? [started, addAdmission(task, plan.name, admission, [started])]
    : [started];
}

function addStartOf({ list, service }: ServiceTask, position: Position, after: readonly string[]): string {
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

/** Before members are changed in turn: those an interrupted deployment left out of traffic come back into it. */
function addReturns(
  task: ServiceTask,
  members: readonly MemberPosition[],
  admission: Admission,
  ready: readonly string[],
): string[] {
  const notIn = task.existing.gateways.get(task.service.name)?.notIn ?? [];
  if (admission !== 'gateway') return [];
  return members
    .filter(
      ({ current, difference, plan }) =>
        difference === null && current && isRunning(current) && notIn.includes(plan.name),
    )
    .filter(({ plan }) => takesTraffic(task, plan.name))
    .map(({ plan }) => addAdmission(task, plan.name, 'gateway', ready));
}

function addCreation({ list, service, ground }: ServiceTask, container: WantedContainer): string {
  return list.add(`create:${container.name}`, service.name, ground, { kind: 'create_container', container });
}

/** A network that somebody took from a container that is ours comes back. */
function reconnect({ list, service, ground }: ServiceTask, { wanted }: Position, current: Container): string[] {
  return missingNetworks(wanted.spec, current).map((attachment) =>
    list.add(`connect:${wanted.name}:${attachment.network}`, service.name, ground, {
      kind: 'connect_network',
      name: wanted.name,
      attachment,
    }),
  );
}

function addGateway(
  task: ServiceTask,
  position: Position,
  after: readonly string[],
  surplus: readonly Container[],
): string[] {
  const { list, service, blueprint } = task;
  const { wanted, current, difference } = position;
  if (!blueprint) return [];
  const overwrite = !current || difference !== null;
  if (!overwrite && current && isRunning(current)) return reconnect(task, position, current);
  const files = list.add(`files:${service.name}`, service.name, [], {
    kind: 'write_gateway_files',
    folder: blueprint.folder,
    files: filesAsItStands(task, blueprint),
    overwrite,
  });
  if (!current) {
    const created = addCreation(task, wanted);
    // members and gateway start side by side: it waits for their checks by itself
    const ready = after.filter((id) => id.startsWith('wait:') || id.startsWith('remove:'));
    return [addStartOf(task, position, [created, files, ...ready])];
  }
  if (difference === null)
    return [addStartOf(task, position, [files, ...reconnect(task, position, current), ...after])];
  const drained = addDrains(task, current, surplus, after);
  return [addRecreation(task, { ...position, current, difference }, [files, ...task.ground, ...after, ...drained])];
}

/** A new gateway begins with the leader of this moment, not with the plan's. */
function filesAsItStands({ existing, service }: ServiceTask, { config, files }: GatewayBlueprint): GatewayFiles {
  const leader = existing.gateways.get(service.name)?.leader ?? null;
  return files(
    leader !== null && config.leader !== null && config.members.some(({ name }) => name === leader) ? leader : null,
  );
}

/** Members that go with the change finish what they have while the old gateway still knows them. */
function addDrains(
  task: ServiceTask,
  gateway: Container,
  surplus: readonly Container[],
  after: readonly string[],
): string[] {
  if (!isRunning(gateway) || !task.existing.gateways.get(task.service.name)?.answers) return [];
  const { blueprint, existing, list, service } = task;
  if (!blueprint) return [];
  // the gateway that runs knows the members of its time, not those of the plan; each is a Compose service of its own
  const live = existing.containers.filter(
    (container) => isMemberNow(container) && container.labels[LABEL.ours] === service.name,
  );
  const members = live.map(({ labels }) => ({
    name: labels[LABEL.service] ?? '',
    address: '',
    takesTraffic: true,
  }));
  const config = { ...blueprint.config, members };
  const { drainTimeoutMs } = service.policy;
  return surplus.filter(isRunning).map(({ labels }) => {
    const member = labels[LABEL.service] ?? '';
    return list.add(`drain:${service.name}:${member}`, service.name, after, {
      kind: 'drain_member',
      member,
      gateway: config,
      drainTimeoutMs,
    });
  });
}

/** A member whose container is made anew, or only started anew. */
interface Turn extends MemberPosition {
  readonly current: Container;
  readonly how: 'recreate' | 'restart';
  readonly why: string;
}

/** @param restart why members that need not be made anew are started anew; null: they are not */
function turnsOf(members: readonly MemberPosition[], restart: string | null): Turn[] {
  return members.flatMap((position): Turn[] => {
    const { current, difference } = position;
    if (!current) return [];
    if (difference !== null) return [{ ...position, current, how: 'recreate', why: difference }];
    return restart !== null && isUp(current) ? [{ ...position, current, how: 'restart', why: restart }] : [];
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

/** One member after the other; those without traffic first. @returns the last step's id */
function addRoll(
  task: ServiceTask,
  turns: readonly Turn[],
  after: readonly string[],
  gateway: Position | null,
): string[] {
  const leader = task.existing.gateways.get(task.service.name)?.leader ?? null;
  const rank = ({ current, plan }: Turn): number => (isUp(current) ? (plan.name === leader ? 2 : 1) : 0);
  let last = [...after];
  for (const turn of turns.toSorted((one, other) => rank(one) - rank(other))) last = addTurn(task, turn, last, gateway);
  return turns.length === 0 ? [] : last;
}

function addTurn(task: ServiceTask, turn: Turn, after: readonly string[], gateway: Position | null): string[] {
  const { current, how, plan, start, why } = turn;
  const throughGateway = gateway !== null && gateway.current !== null && takesTraffic(task, plan.name);
  const away = throughGateway && isUp(current) && isMemberNow(current) ? [addLeadAway(task, plan.name, after)] : after;
  const made =
    how === 'recreate'
      ? addRecreation(task, { ...turn, difference: why }, [...task.ground, ...away])
      : addRestart(task, turn, away);
  const several = task.service.members.length > 1 && start;
  const by = gateway !== null && takesTraffic(task, plan.name) ? 'gateway' : 'engine';
  return several ? [addAdmission(task, plan.name, by, [made])] : [made];
}

function addRecreation(
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
  });
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

function addAdmission(
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

function takesTraffic({ blueprint }: ServiceTask, member: string): boolean {
  return blueprint?.config.members.some(({ name, takesTraffic: takes }) => name === member && takes) ?? false;
}
