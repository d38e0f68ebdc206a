import { TwinhullError } from '../errors.ts';
import type { ServicePlan } from '../redundancy/fleet.ts';
import type { ProjectStatus, ServiceStatus } from '../supervisor/status.ts';
import type { Fault } from '../drill/fault.ts';
import { unknownName } from '../api/unknown-name.ts';
import { storedFleet } from './members.ts';
import type { Place } from './place.ts';

/** The member that a drill breaks. */
export interface DrillTarget {
  readonly plan: ServicePlan;
  readonly member: string;
  readonly containerId: string;
}

/** The member that leads (in a cluster the first). Throws TH_DRILL_REFUSED when breaking it would be an outage. */
export async function targetOf(place: Place, service: string, fault: Fault, force: boolean): Promise<DrillTarget> {
  const plan = await planOf(place, service);
  if (fault === 'stop' && plan.policy.oneWriter && plan.members.length > 1)
    throw refused(
      `what is stopped on purpose stays stopped where both members of ${service} write the same data`,
      'Break it with kill or hang.',
    );
  const project = (await place.control.status())?.status ?? null;
  const status = project?.services.find(({ name }) => name === service) ?? null;
  if (project === null || status === null)
    throw refused(
      `nobody supervises ${place.project}: nothing would be repaired`,
      'Start it with twinhull up -d, then try again.',
    );
  refuseUnrepaired(project, status);
  refuseOutage(status, force);
  const running = status.members.filter(({ containerId, verdict }) => containerId !== null && verdict === 'healthy');
  const chosen = running.find(({ role }) => role === 'primary') ?? running[0];
  if (chosen?.containerId) return { plan, member: chosen.name, containerId: chosen.containerId };
  throw refused(`no member of ${service} is healthy`);
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

/** What is broken stays broken. */
function refuseUnrepaired({ freeze }: ProjectStatus, { name, maintenance }: ServiceStatus): void {
  if (maintenance !== null)
    throw refused(`${name} is in maintenance: nothing of it would be repaired`, `twinhull maintenance off ${name}`);
  if (freeze !== null && freeze.cause !== 'brake')
    throw refused('repairs are frozen: nothing would be repaired', 'twinhull thaw ends that.');
}

function refuseOutage({ name, members }: ServiceStatus, force: boolean): void {
  if (members.length < 2)
    throw refused(
      `${name} has one member only: breaking it would be an outage`,
      'Give it a twin: x-twinhull: { mode: pair }.',
    );
  const ill = members.filter(({ verdict }) => verdict !== 'healthy' && verdict !== 'standby');
  const others = members.length - ill.length;
  if (ill.length > 0 && (!force || others < 2))
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
