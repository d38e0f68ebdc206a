import { networkAttachments, portBindings } from '../compose/container.ts';
import type { GatewayConfig, GatewayDriver } from '../ports/gateway.ts';
import type { NetworkSpec } from '../ports/engine.ts';
import { gatewayFolder } from '../state-folder.ts';
import { LABEL } from '../labels.ts';
import { formatSubnet, gatewayAddress } from './addresses.ts';
import type { Subnet } from './addresses.ts';
import type { Analysis } from './analysis.ts';
import type { Decision } from './decision.ts';
import type { GatewayPlan, MemberPlan } from './fleet.ts';
import { containerHash } from './hash.ts';
import { containerName, ownLabels, ownNetworkKey, ownNetworkName } from './names.ts';
import { publishedPorts } from './ports.ts';
import { steeringOf } from './steering.ts';

/** What is known when a gateway is planned. */
interface Place {
  readonly subnet: Subnet;
  readonly members: readonly MemberPlan[];
  readonly driver: GatewayDriver;
  readonly stateFolder: string;
}

/** The gateway holds what only one container may have: the service's name, aliases, addresses, ports, proxy labels. */
export function planGateway(analysis: Analysis, decision: Decision, place: Place): GatewayPlan {
  const { project, name, service } = analysis;
  const config = gatewayConfig(analysis, decision, place.members);
  const network = ownNetwork(analysis, place.subnet);
  const published = publishedPorts(service);
  const spec = gatewaySpec(analysis, config, { network: network.name, address: gatewayAddress(place.subnet) });
  const folder = gatewayFolder(place.stateFolder, name);
  const programs = Object.entries(place.driver.files(config)).filter(([, { kind }]) => kind === 'program');
  const hash = containerHash(spec, [place.driver.container(config, folder), programs]);
  return {
    containerName: service.container_name ?? containerName(project.name, name, 1),
    config,
    spec: { ...spec, Labels: { ...spec.Labels, [LABEL.hash]: hash } },
    network,
    published,
    hash,
  };
}

function gatewayConfig(
  { project, name, ports, gateway }: Analysis,
  decision: Decision,
  members: readonly MemberPlan[],
): GatewayConfig {
  const leads = decision.mode === 'pair';
  return {
    project: project.name,
    service: name,
    members: members.map((member) => ({
      name: member.name,
      address: member.address ?? '',
      takesTraffic: member.role !== 'backup' || decision.standby === 'hot',
    })),
    balance: leads ? 'leader' : 'spread',
    leader: leads ? (members.find(({ role }) => role === 'primary')?.name ?? null) : null,
    ports: ports.ports,
    maxConnectionsPerMember: gateway.maxConnections,
  };
}

function ownNetwork({ project, name }: Analysis, subnet: Subnet): NetworkSpec {
  return {
    name: ownNetworkName(project.name, name),
    internal: true,
    labels: {
      [LABEL.project]: project.name,
      [LABEL.network]: ownNetworkKey(name),
      [LABEL.ours]: name,
    },
    ipam: { config: [{ subnet: formatSubnet(subnet) }] },
  };
}

function gatewaySpec(
  analysis: Analysis,
  config: GatewayConfig,
  own: { readonly network: string; readonly address: string },
): GatewayPlan['spec'] {
  const { project, name, relations, service } = analysis;
  const steering = steeringOf(project, service);
  const environment = Object.entries(steering.environment).flatMap(([key, value]) =>
    value === null ? [] : [`${key}=${value}`],
  );
  const mac = service['mac_address'];
  return {
    ...(environment.length === 0 ? {} : { Env: environment }),
    ...(typeof mac === 'string' ? { MacAddress: mac } : {}),
    Labels: {
      ...steering.labels,
      ...ownLabels(project, { service: name, role: 'gateway', composeService: name, number: 1 }),
    },
    ExposedPorts: Object.fromEntries(config.ports.map(({ port }) => [`${port}/tcp`, {}])),
    HostConfig: { PortBindings: portBindings(service.ports ?? []).PortBindings },
    Networks: [
      ...networkAttachments(name, service, project, relations.linkAliases.get(name) ?? []),
      { network: own.network, aliases: [], ipv4Address: own.address },
    ],
  };
}
