import { TwinhullError } from '../errors.ts';
import type { SupervisorInfo } from '../api/control.ts';
import type { ServicePlan } from '../redundancy/fleet.ts';
import type { ProjectStatus, ServiceStatus } from '../supervisor/status.ts';
import { faultDescriptions, type Fault } from '../drill/fault.ts';
import type { Subject } from '../drill/prepare.ts';
import { unknownName } from '../api/unknown-name.ts';
import { storedFleet } from './members.ts';
import type { Place } from './place.ts';

/** What a drill breaks, and the service that it puts under load meanwhile. */
export interface DrillTarget {
  readonly plan: ServicePlan;
  /** for a person: a member, a gateway's container, "supervisor" or "daemon" */
  readonly name: string;
  /** the container that is broken; null: it is none */
  readonly subject: Subject | null;
  /** as it was before the fault */
  readonly supervisor: SupervisorInfo;
}

/**
 * The member that leads (in a cluster the first), or what else the fault breaks.
 * @param insists what would be an outage, or could not be told from one that goes on, is done all the same
 * @throws TH_DRILL_REFUSED
 */
export async function targetOf(place: Place, service: string, fault: Fault, insists: boolean): Promise<DrillTarget> {
  const plan = await planOf(place, service);
  const answer = await place.control.status();
  const project = answer?.status ?? null;
  const status = project?.services.find(({ name }) => name === service) ?? null;
  if (answer === null || project === null || status === null)
    throw refused(
      `nobody supervises ${place.project}: nothing would be repaired`,
      'Start it with twinhull up -d, then try again.',
    );
  if (!insists) refuseUnrepaired(project, status);
  if (!insists) refuseIncident(project);
  if (fault === 'stop') refuseStop(plan);
  const { breaks } = faultDescriptions[fault];
  if (breaks === 'member' && !insists) refuseOutage(status);
  const about = { plan, supervisor: answer.supervisor };
  switch (breaks) {
    case 'member':
      return { ...about, ...memberOf(plan, status) };
    case 'gateway':
      return { ...about, ...gatewayOf(plan, status) };
    case 'supervisor':
    case 'daemon':
      return { ...about, name: breaks, subject: null };
  }
}

/** Where the gateway is reached from here: a published port, else its address on a network of the project; null: nothing speaks HTTP. */
export async function urlOf({ engine }: Place, { plan }: DrillTarget): Promise<string | null> {
  const { gateway } = plan;
  const port = gateway?.config.ports.find(({ protocol }) => protocol === 'http');
  if (!gateway || !port) return null;
  const container = await engine.inspectContainer(gateway.containerName);
  const published = container?.ports[`${port.port}/tcp`]?.[0];
  if (published) return `http://${hostOf(published.hostIp)}:${published.hostPort}`;
  const addresses = Object.entries(container?.networks ?? {}).filter(
    ([name, { ipv4 }]) => ipv4 !== '' && name !== gateway.network.name,
  );
  const address =
    addresses[0]?.[1].ipv4 ?? Object.values(container?.networks ?? {}).find(({ ipv4 }) => ipv4 !== '')?.ipv4;
  return address === undefined ? null : `http://${address}:${port.port}`;
}

function hostOf(hostIp: string): string {
  if (hostIp === '' || hostIp === '0.0.0.0') return '127.0.0.1';
  if (hostIp === '::') return '[::1]';
  return hostIp.includes(':') ? `[${hostIp}]` : hostIp;
}

function memberOf(plan: ServicePlan, status: ServiceStatus): Pick<DrillTarget, 'name' | 'subject'> {
  const running = status.members.filter(({ containerId, verdict }) => containerId !== null && verdict === 'healthy');
  const chosen = running.find(({ role }) => role === 'primary') ?? running[0];
  const member = plan.members.find(({ name }) => name === chosen?.name);
  if (!chosen?.containerId || !member) throw refused(`no member of ${plan.name} is healthy`);
  const { HostConfig, Networks } = member.spec;
  const { Memory, NanoCpus, CpuQuota, CpuPeriod } = HostConfig;
  const quota = positive(CpuQuota);
  return {
    name: chosen.name,
    subject: {
      containerId: chosen.containerId,
      containerName: member.containerName,
      name: chosen.name,
      memoryLimitBytes: positive(Memory),
      cpus: positive(NanoCpus, 1e9) ?? (quota === null ? null : quota / (positive(CpuPeriod) ?? CPU_PERIOD_US)),
      attachment: Networks.find(({ network }) => network === plan.gateway?.network.name) ?? Networks[0] ?? null,
    },
  };
}

const CPU_PERIOD_US = 100_000;

function positive(value: unknown, unit = 1): number | null {
  return typeof value === 'number' && value > 0 ? value / unit : null;
}

function gatewayOf({ name, gateway }: ServicePlan, status: ServiceStatus): Pick<DrillTarget, 'name' | 'subject'> {
  const containerId = status.gateway?.containerId ?? null;
  if (!gateway || containerId === null) throw refused(`${name} has no gateway that runs`);
  const { containerName } = gateway;
  const nothing = { memoryLimitBytes: null, cpus: null, attachment: null };
  return { name: containerName, subject: { containerId, containerName, name, ...nothing } };
}

/** What is broken stays broken. */
function refuseUnrepaired({ freeze }: ProjectStatus, { name, maintenance }: ServiceStatus): void {
  if (maintenance !== null)
    throw refused(`${name} is in maintenance: nothing of it would be repaired`, `twinhull maintenance off ${name}`);
  if (freeze !== null) throw refused('repairs are frozen: nothing would be repaired', 'twinhull thaw ends that.');
}

/** Two failures at once are told apart by nobody. */
function refuseIncident({ services }: ProjectStatus): void {
  const open = services.find(({ lastIncident }) => lastIncident !== null && lastIncident.endedAt === null);
  if (open?.lastIncident)
    throw refused(`an incident is open: ${open.lastIncident.kind} of ${open.lastIncident.member}`, INSIST);
}

const INSIST = 'Wait until it is over (twinhull status), or insist with --force.';

function refuseStop({ name, policy, members }: ServicePlan): void {
  if (policy.oneWriter && members.length > 1)
    throw refused(
      `what is stopped on purpose stays stopped where both members of ${name} write the same data`,
      'Break it with kill or hang.',
    );
}

function refuseOutage({ name, members }: ServiceStatus): void {
  if (members.length < 2)
    throw refused(
      `${name} has one member only: breaking it would be an outage`,
      'Give it a twin (x-twinhull: { mode: pair }), or insist with --force.',
    );
  const ill = members.filter(({ verdict }) => verdict !== 'healthy' && verdict !== 'standby');
  if (ill.length > 0)
    throw refused(
      `not every member of ${name} is well: ${ill.map((member) => `${member.name} is ${member.verdict}`).join(', ')}`,
    );
}

async function planOf(place: Place, service: string): Promise<ServicePlan> {
  const { openStore } = await import('../wire.ts');
  const store = openStore(place.folder, { readOnly: true });
  const fleet = storedFleet(store);
  store.close();
  const plan = fleet?.services.find(({ name }) => name === service);
  if (plan) return plan;
  throw unknownName(service, fleet?.services.map(({ name }) => name) ?? []);
}

function refused(why: string, next?: string): TwinhullError {
  return new TwinhullError('TH_DRILL_REFUSED', why, next === undefined ? {} : { next });
}
