import {
  type ContainerHost,
  type ContainerPlan,
  containerSpec,
  networkAttachments,
  portBindings,
} from '../compose/container.ts';
import { LABEL } from '../labels.ts';
import type { ContainerSpec, NetworkAttachment } from '../ports/engine.ts';
import type { Analysis } from './analysis.ts';
import type { Decision } from './decision.ts';
import type { Fleet, MemberPlan, Note } from './fleet.ts';
import { containerHash } from './hash.ts';
import { containerName, type MemberName, ownLabels } from './names.ts';
import { restartPolicy } from './policy.ts';
import { defaultedNetworks, withoutIdentity } from './service-networks.ts';
import { steeringOf, withoutSteering } from './steering.ts';

export interface PlannedMembers {
  readonly members: readonly MemberPlan[];
  readonly contentFiles: Fleet['contentFiles'];
  readonly unsupported: readonly Note[];
}

/** The network a gateway shares with its members, and the members' addresses in order. */
export interface OwnNetwork {
  readonly name: string;
  readonly addresses: readonly string[];
}

export function planMembers(
  analysis: Analysis,
  decision: Decision,
  own: OwnNetwork | null,
  host: ContainerHost,
): PlannedMembers {
  const made = decision.members.map((member, index) =>
    planMember(
      analysis,
      decision,
      member,
      own === null ? null : { network: own.name, address: own.addresses[index] ?? '' },
      host,
    ),
  );
  const [first] = made;
  return {
    members: made.map(({ plan }) => plan),
    contentFiles: first?.contentFiles ?? [],
    unsupported: (first?.unsupported ?? []).map(({ key, why }) => ({ what: key, why })),
  };
}

interface OwnAddress {
  readonly network: string;
  readonly address: string;
}

interface MadeMember extends Pick<ContainerPlan, 'contentFiles' | 'unsupported'> {
  readonly plan: MemberPlan;
}

function planMember(
  analysis: Analysis,
  decision: Decision,
  member: MemberName,
  own: OwnAddress | null,
  host: ContainerHost,
): MadeMember {
  const { project, name, relations, service } = analysis;
  const asMember = memberService(analysis, decision, member);
  const { spec: made, contentFiles, unsupported } = containerSpec(name, asMember, project, host);
  const networks = networkAttachments(name, asMember, project, relations.linkAliases.get(name) ?? []);
  const { ExposedPorts, PortBindings } = portBindings(decision.hasGateway ? [] : (service.ports ?? []));
  const labels = {
    ...made.Labels,
    ...ownLabels(project, { service: name, ...member }),
    ...(decision.oneWriter && decision.mode !== 'single' ? { [LABEL.oneWriter]: 'true' } : {}),
  };
  const spec: ContainerSpec = {
    ...made,
    Labels: labels,
    ...(decision.hasGateway ? {} : { ExposedPorts: { ...made.ExposedPorts, ...ExposedPorts } }),
    HostConfig: decision.hasGateway ? made.HostConfig : { ...made.HostConfig, PortBindings },
    Networks: attachments(networks, member, decision, own),
  };
  const hash = containerHash(spec, contentFiles);
  const plan: MemberPlan = {
    ...member,
    containerName: ownContainerName(analysis, decision, member),
    spec: { ...spec, Labels: { ...labels, [LABEL.hash]: hash } },
    address: own?.address ?? null,
    startsAtUp: !(member.role === 'backup' && decision.standby === 'cold'),
    hash,
  };
  return { plan, contentFiles, unsupported };
}

/** The name that the project gives counts for a lone container; members have Compose's names. */
function ownContainerName(
  { project, service }: Analysis,
  decision: Decision,
  { composeService, number }: MemberName,
): string {
  const given = decision.mode === 'single' && decision.members.length === 1 ? service.container_name : undefined;
  return given ?? containerName(project.name, composeService, number);
}

/** The service as this member runs it: what only one container may have is left to the gateway, and it is told its part. */
function memberService(analysis: Analysis, decision: Decision, member: MemberName): Analysis['service'] {
  const { service, project, name } = analysis;
  if (decision.mode === 'single') return service;
  const behind = decision.hasGateway ? withoutSteering(service, steeringOf(project, service)) : service;
  const { container_name: _name, ports, mac_address: _mac, ...rest } = behind;
  const told = { SERVICE_ROLE: member.role, SERVICE_NAME: name, REDUNDANCY_ENABLED: 'true' };
  return {
    ...rest,
    environment: { ...told, ...rest.environment },
    restart: restartPolicy(service, decision, member.role),
    ...(decision.hasGateway || ports === undefined ? {} : { ports }),
    ...(service.network_mode === undefined ? { networks: networksOf(service, decision) } : {}),
  };
}

function networksOf(service: Analysis['service'], decision: Decision) {
  const networks = defaultedNetworks(service);
  return decision.hasGateway ? withoutIdentity(networks) : networks;
}

/** On the project's networks a member has its own name; the names of the service only where no gateway holds them. */
function attachments(
  given: readonly NetworkAttachment[],
  member: MemberName,
  decision: Decision,
  own: OwnAddress | null,
): readonly NetworkAttachment[] {
  if (decision.mode === 'single') return given;
  const named = given.map((attachment) => {
    const aliases = decision.hasGateway ? [] : attachment.aliases;
    return { ...attachment, aliases: [...new Set([...aliases, member.composeService])] };
  });
  if (own === null) return named;
  return [...named, { network: own.network, aliases: [], ipv4Address: own.address }];
}
