import { isCode, messageOf, TwinhullError } from '../errors.ts';
import { refuseSecondWriter } from '../fencing/proof.ts';
import { LABEL } from '../labels.ts';
import type { Gateway, GatewayServer } from '../ports/gateway.ts';
import type { Fleet, ServicePlan } from '../redundancy/fleet.ts';
import { gatewayFolder } from '../state-folder.ts';
import { deadlines, within } from './deadlines.ts';
import { explained } from './explained.ts';
import { writeContentFile, writeGatewayFiles } from './files.ts';
import { gatewayImageUnavailable } from './images.ts';
import { recreateContainer } from './recreate.ts';
import { reloadGateway } from './reload.ts';
import { type Answer, conditionHolds, hasFinished, memberServes, type SeenService, ServiceWatch } from './serving.ts';
import type { Step, Work } from './steps.ts';
import { endByForce, startContainer } from './start.ts';
import type { World } from './world.ts';

type Say = (line: string) => void;
type OfKind<Kind extends Work['kind']> = Extract<Work, { readonly kind: Kind }>;

/** Does one step of a plan. Rejects with an error that a person can act on. */
export async function performStep(
  world: World,
  fleet: Fleet,
  step: Step,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  try {
    await perform(world, fleet, step, say, signal);
  } catch (error) {
    throw await explained(error, step, signal);
  }
}

async function perform(world: World, fleet: Fleet, step: Step, say: Say, signal: AbortSignal): Promise<void> {
  const { engine, builder } = world;
  switch (step.kind) {
    case 'create_network':
      await engine.createNetwork(step.spec, within(deadlines.create, signal));
      return;
    case 'create_volume':
      return engine.createVolume(step.spec, within(deadlines.create, signal));
    case 'pull_image':
      return pull(world, step, say, signal);
    case 'build_image':
      return builder.build(step.build, step.reference, say, within(deadlines.build, signal));
    case 'write_file':
      return writeContentFile(world.files, step.path, step.content, step.mode);
    case 'write_gateway_files':
      return writeGatewayFiles(world.files, step.folder, step.files, step.overwrite);
    case 'reload_gateway':
      return reloadGateway(world, step, signal);
    case 'create_container':
      await engine.createContainer(step.container.name, step.container.spec, within(deadlines.create, signal));
      return;
    case 'start_container':
      return start(world, fleet, step, signal);
    case 'recreate_container':
      return recreate(world, fleet, step, signal);
    case 'restart_container':
      return restart(world, fleet, step, signal);
    case 'stop_container':
      return stop(world, step, signal);
    case 'remove_container':
      return removeContainer(world, step.containerId, signal);
    case 'connect_network':
      return connect(world, step, signal);
    case 'move_traffic_away':
      return moveTrafficAway(world, serviceOf(fleet, step), step, say, signal);
    case 'drain_member':
      return drainAsCourtesy(world, step, say, signal);
    case 'admit_member':
      return admit(world, serviceOf(fleet, step), step, signal);
    case 'wait_for':
      return waitFor(world, serviceOf(fleet, step), step, say, signal);
  }
}

async function pull(
  { engine }: World,
  { reference, platform, forGateways }: OfKind<'pull_image'>,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  const options = { ...(platform === null ? {} : { platform }), onProgress: say };
  try {
    await engine.pullImage(reference, options, within(deadlines.pull, signal));
  } catch (error) {
    if (!forGateways || !isCode(error, 'TH_ENGINE_REFUSED')) throw error;
    throw await gatewayImageUnavailable(engine, reference, error, within(deadlines.read, signal));
  }
}

async function waitFor(
  world: World,
  service: ServicePlan,
  { condition, waitMs }: OfKind<'wait_for'>,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  const holds = (seen: SeenService): Answer => conditionHolds(service, seen, condition);
  const seen = await new ServiceWatch(world, service).until(holds, waitMs, signal);
  if (condition === 'serving') say(`${service.name} ${hasFinished(service, seen) ? 'has finished' : 'serves'}`);
}

async function start(
  world: World,
  fleet: Fleet,
  step: Step & OfKind<'start_container'>,
  signal: AbortSignal,
): Promise<void> {
  const { engine } = world;
  const { name, paused, restartPolicy } = step;
  const container = await engine.inspectContainer(name, within(deadlines.read, signal));
  if (container && container.labels[LABEL.role] !== 'gateway') await mayStart(world, fleet, step, container.id, signal);
  if (restartPolicy !== null) await engine.setRestartPolicy(name, restartPolicy, within(deadlines.read, signal));
  if (paused) await engine.unpauseContainer(name, within(deadlines.start, signal));
  else await startContainer(world, name, signal);
}

async function recreate(
  world: World,
  fleet: Fleet,
  step: Step & OfKind<'recreate_container'>,
  signal: AbortSignal,
): Promise<void> {
  const { name, spec, stopTimeoutMs, member, role } = step.container;
  const check = role === 'member' ? { mayStart: (id: string) => mayStart(world, fleet, step, id, signal) } : {};
  try {
    await recreateContainer(world, step.oldId, { name, spec, stopTimeoutMs, start: step.start, ...check, signal });
  } catch (error) {
    // the old one is back: it takes its traffic again, if it can
    if (role === 'member') await putBackIn(world, serviceOf(fleet, step), member);
    throw error;
  }
}

async function restart(
  world: World,
  fleet: Fleet,
  step: Step & OfKind<'restart_container'>,
  signal: AbortSignal,
): Promise<void> {
  const { containerId, member, stopTimeoutMs } = step;
  const options = stopTimeoutMs === null ? {} : { timeoutSeconds: Math.ceil(stopTimeoutMs / 1000) };
  const deadlineMs = deadlines.stop + deadlines.start + (stopTimeoutMs ?? 10 * 60_000);
  await mayStart(world, fleet, step, containerId, signal);
  try {
    await world.engine.restartContainer(containerId, options, within(deadlineMs, signal));
  } catch (error) {
    await putBackIn(world, serviceOf(fleet, step), member);
    throw error;
  }
}

/** Where two would write the same data, the engine is asked once more before one is started. */
async function mayStart({ engine }: World, fleet: Fleet, step: Step, id: string, signal: AbortSignal): Promise<void> {
  const service = serviceOf(fleet, step);
  if (service.policy.oneWriter)
    await refuseSecondWriter(engine, { project: fleet.project, service }, id, within(deadlines.read, signal));
}

/** Ended, and proven to be. */
async function stop(
  world: World,
  { containerId, stopTimeoutMs, force }: OfKind<'stop_container'>,
  signal: AbortSignal,
): Promise<void> {
  const timeoutMs = stopTimeoutMs ?? 10 * 60_000;
  const options = stopTimeoutMs === null ? {} : { timeoutSeconds: Math.ceil(stopTimeoutMs / 1000) };
  const container = await world.engine.inspectContainer(containerId, within(deadlines.read, signal));
  if (!force && container?.state !== 'paused')
    await world.engine.stopContainer(containerId, options, within(deadlines.stop + timeoutMs, signal));
  await endByForce(world, containerId, signal);
}

async function putBackIn(world: World, service: ServicePlan, member: string): Promise<void> {
  await gatewayOf(world, service)
    ?.putIn(member, 10_000)
    .catch(() => undefined);
}

async function removeContainer({ engine }: World, id: string, signal: AbortSignal): Promise<void> {
  await engine.stopContainer(id, {}, within(deadlines.stop + 10 * 60_000, signal));
  await engine.removeContainer(id, { force: true, volumes: false }, within(deadlines.remove, signal));
}

async function connect(
  { engine }: World,
  { name, attachment }: OfKind<'connect_network'>,
  signal: AbortSignal,
): Promise<void> {
  const container = await engine.inspectContainer(name, within(deadlines.read, signal));
  if (container) await engine.connectNetwork(attachment, container.id, within(deadlines.start, signal));
}

/** Where nothing serves there is no traffic to move, and nothing to wait for. */
async function moveTrafficAway(
  world: World,
  service: ServicePlan,
  step: OfKind<'move_traffic_away'>,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  const gateway = gatewayOf(world, service);
  if (!gateway) return;
  const watch = new ServiceWatch(world, service);
  await untilGatewayAnswers(watch, signal);
  if (!(await gateway.read(within(deadlines.gateway, signal).signal)).serving) return;
  await watch.until((seen) => anotherServes(seen, step.member), step.waitMs, signal);
  const { leader, servers } = await gateway.read(within(deadlines.gateway, signal).signal);
  const [other] = othersThatServe(servers, step.member);
  if (leader === step.member && other !== undefined) {
    await gateway.lead(other, within(deadlines.gateway, signal).signal);
    say(`${other} leads now`);
  }
  const drainSignal = within(step.drainTimeoutMs + deadlines.gateway, signal).signal;
  const left = await gateway.drainAndWait(step.member, step.drainTimeoutMs, drainSignal);
  // out, not only drained: when it is made anew, no request reaches it before a check of its own has passed
  await gateway.takeOut(step.member, within(deadlines.gateway, signal).signal);
  if (left > 0) say(`${left} requests of ${step.member} were still in flight after its drain time`);
}

async function drainAsCourtesy(
  { driver, stateFolder }: World,
  { gateway, member, drainTimeoutMs }: OfKind<'drain_member'>,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  try {
    await driver
      .open(gateway, gatewayFolder(stateFolder, gateway.service))
      .drainAndWait(member, drainTimeoutMs, within(drainTimeoutMs + deadlines.gateway, signal).signal);
  } catch (error) {
    signal.throwIfAborted();
    say(`${member} could not be drained and is stopped as it is: ${messageOf(error)}`);
  }
}

/** One that has only just been started takes a moment. */
async function untilGatewayAnswers(watch: ServiceWatch, signal: AbortSignal): Promise<void> {
  const answers = ({ gateway }: SeenService): Answer =>
    gateway === 'silent' ? { is: 'not_yet', why: 'the gateway does not answer' } : { is: 'yes' };
  await watch.until(answers, 30_000, signal);
}

function anotherServes({ gateway }: SeenService, member: string): Answer {
  if (gateway === null || gateway === 'silent') return { is: 'not_yet', why: 'the gateway does not answer' };
  if (othersThatServe(gateway.servers, member).length > 0) return { is: 'yes' };
  return { is: 'not_yet', why: `no other member could take over from ${member}` };
}

/** Members that could take over at once, on every port. */
function othersThatServe(servers: readonly GatewayServer[], member: string): string[] {
  const byMember = Map.groupBy(servers, (server) => server.member);
  return [...byMember.entries()]
    .filter(
      ([name, all]) => name !== member && all.every(({ check, traffic }) => check === 'passing' && traffic === 'in'),
    )
    .map(([name]) => name);
}

async function admit(
  world: World,
  service: ServicePlan,
  { member, by, waitMs }: OfKind<'admit_member'>,
  signal: AbortSignal,
): Promise<void> {
  const watch = new ServiceWatch(world, service);
  const gateway = by === 'gateway' ? gatewayOf(world, service) : null;
  if (!gateway) {
    await watch.until((seen) => memberAnswer(seen, member, service.policy.completes), waitMs, signal);
    return;
  }
  await untilGatewayAnswers(watch, signal);
  const over = new AbortController();
  const bothSignals = AbortSignal.any([signal, over.signal]);
  // a member that ends will not pass any check: then there is no use in waiting
  const ended = watch.until((seen) => onlyNever(memberAnswer(seen, member, false)), null, bothSignals);
  try {
    await Promise.race([gateway.putIn(member, waitMs, bothSignals), ended]);
  } catch (error) {
    if (!isCode(error, 'TH_GATEWAY_CHECK_FAILED')) throw error;
    throw new TwinhullError('TH_GATEWAY_CHECK_FAILED', `${error.message}${await watch.lastLines(member, signal)}`, {
      cause: error,
    });
  } finally {
    over.abort();
    await ended.catch(() => undefined);
  }
}

function memberAnswer({ members }: SeenService, member: string, mayComplete: boolean): Answer {
  const seen = members.find(({ plan }) => plan.name === member);
  return seen ? memberServes(seen, mayComplete) : { is: 'never', why: `${member} is not in the plan` };
}

function onlyNever(answer: Answer): Answer {
  return answer.is === 'never' ? answer : { is: 'not_yet', why: '' };
}

function gatewayOf({ driver, stateFolder }: World, { gateway, name }: ServicePlan): Gateway | null {
  return gateway && driver.open(gateway.config, gatewayFolder(stateFolder, name));
}

function serviceOf(fleet: Fleet, { service, id }: Step): ServicePlan {
  const found = fleet.services.find(({ name }) => name === service);
  if (!found) throw new TwinhullError('TH_INTERNAL', `step ${id} belongs to no service of the fleet`);
  return found;
}
