import type { Project, Service } from '../compose/project.ts';
import type { GatewayDriver } from '../ports/gateway.ts';
import { gatewayAddress, parseSubnet } from './addresses.ts';
import type { Fleet, GatewayPlan, MemberPlan, ServicePlan } from './fleet.ts';
import { gatewayContainer } from './generated-gateway.ts';
import { ownNetworkKey } from './names.ts';
import {
  listOf,
  mapOf,
  omit,
  otherConfigs,
  portableService,
  type Raw,
  shortPort,
  textOf,
  withoutEmpty,
} from './portable.ts';
import { defaultedNetworks, withoutIdentity } from './service-networks.ts';
import { isMapping } from './shape.ts';
import { steeringOf, withoutSteering } from './steering.ts';

/** Where everything goes: what each service of the generated file is made from. */
export interface Source {
  /** as written: not interpolated */
  readonly project: Project;
  readonly fleet: Fleet;
  readonly driver: GatewayDriver;
  /** the folder beside the file, as the file names it: "./docker-compose.redundancy" */
  readonly folder: string;
}

/** The profile of members that wait until a person or twinhull starts them. */
const STANDBY_PROFILE = 'twinhull-standby';

/** As the original system rolled out its clusters. */
const ROLL_OUT = { parallelism: 1, delay: '10s', failure_action: 'rollback', monitor: '60s' };

/** The services that one service of the project becomes, by name. */
export function generatedServices(plan: ServicePlan, source: Source): Readonly<Record<string, Raw>> {
  const service = source.project.services[plan.name];
  if (service === undefined) return {};
  if (plan.mode === 'single') return { [plan.name]: complete(service, service, source) };
  const gateway = plan.gateway === null ? {} : { [plan.name]: generatedGateway(plan, plan.gateway, service, source) };
  return { ...gateway, ...generatedMembers(plan, service, source) };
}

/** The portable form with networks and dependencies; `whole` is the service before anything was taken from it. */
function complete(service: Service, whole: Service, source: Source, networks: Raw = networksOf(service)): Raw {
  return withoutEmpty({
    ...portableService(service, source.project),
    configs: otherConfigs(service, source.project),
    networks,
    links: linksOf(service, source.fleet),
    depends_on: dependsOn(whole, source.fleet),
  });
}

function generatedMembers(plan: ServicePlan, service: Service, source: Source): Readonly<Record<string, Raw>> {
  const replicas = plan.members.filter(
    ({ role, composeService }) => role === 'replica' && composeService === plan.name,
  ).length;
  const distinct = [...new Map(plan.members.map((member) => [member.composeService, member])).values()];
  return Object.fromEntries(
    distinct.map((member) => [member.composeService, generatedMember(plan, member, replicas, service, source)]),
  );
}

function generatedMember(
  plan: ServicePlan,
  member: MemberPlan,
  replicas: number,
  service: Service,
  source: Source,
): Raw {
  const { project } = source;
  const behind = plan.gateway === null ? service : withoutSteering(service, steeringOf(project, service));
  const { container_name: _name, ports, mac_address: _mac, ...rest } = behind;
  const body = complete(
    { ...rest, ...(plan.gateway === null && ports !== undefined ? { ports } : {}) },
    service,
    source,
    memberNetworks(plan, member, service),
  );
  const told = { SERVICE_ROLE: member.role, SERVICE_NAME: plan.name, REDUNDANCY_ENABLED: 'true' };
  return withoutEmpty({
    ...(service.build !== undefined && service.image === undefined ? { image: plan.image.reference } : {}),
    ...body,
    environment: { ...told, ...mapOf(service.environment === undefined ? {} : body['environment']) },
    restart: restartOf(plan, member, service),
    deploy: deployOf(mapOf(body['deploy']), member, member.composeService === plan.name ? replicas : 0),
    profiles: waits(plan, member, service) ? [STANDBY_PROFILE] : listOf(service.profiles),
  });
}

/**
 * Nobody starts or wakes a standby when twinhull does not run, so by default both work; only where the project says
 * `standby: cold` or `warm` itself, two at once may do harm, and the second waits for a person. Two that write the same
 * data would do harm for certain.
 */
function waits(plan: ServicePlan, member: MemberPlan, service: Service): boolean {
  const { standby, oneWriter } = plan.policy;
  const isSaid = standby !== 'hot' && mapOf(service['x-twinhull'])['standby'] === standby;
  return member.role === 'backup' && (oneWriter || isSaid);
}

/**
 * As the project says, else unless-stopped: with no supervisor nobody else starts what has ended. Of two that write the
 * same data the engine must never start both, and `always` would start one that a person has stopped for the other;
 * whoever starts the backup by hand looks after it himself.
 */
function restartOf({ policy }: ServicePlan, { role }: MemberPlan, service: Service): string {
  const own = service.restart ?? 'unless-stopped';
  if (!policy.oneWriter) return own;
  if (role === 'backup') return 'no';
  return own === 'always' ? 'unless-stopped' : own;
}

function deployOf(deploy: Raw, member: MemberPlan, replicas: number): Raw {
  const rest = omit(deploy, ['replicas']);
  if (member.role !== 'replica') return omit(rest, ['update_config', 'rollback_config']);
  return {
    ...(replicas > 1 ? { replicas } : {}),
    ...rest,
    update_config: { ...ROLL_OUT, ...mapOf(deploy['update_config']) },
  };
}

/** Aliases of the service where no gateway holds them; the gateway's network with the fixed address where one does. */
function memberNetworks(plan: ServicePlan, member: MemberPlan, service: Service): Raw {
  if (service.network_mode !== undefined) return {};
  const networks = defaultedNetworks(service);
  if (plan.gateway !== null)
    return { ...withoutIdentity(networks), [ownNetworkKey(plan.name)]: { ipv4_address: member.address } };
  if (member.composeService === plan.name) return networks;
  return Object.fromEntries(
    Object.entries(networks).map(([key, use]) => [
      key,
      { ...use, aliases: [...new Set([plan.name, ...(use?.aliases ?? [])])] },
    ]),
  );
}

function networksOf(service: Service): Raw {
  if (service.network_mode !== undefined) return {};
  const networks = defaultedNetworks(service);
  return Object.keys(networks).length === 1 && networks['default'] === null ? {} : networks;
}

function generatedGateway(plan: ServicePlan, gateway: GatewayPlan, service: Service, source: Source): Raw {
  const steering = steeringOf(source.project, service);
  const started = plan.members.filter((member) => !waits(plan, member, service));
  return withoutEmpty({
    ...gatewayContainer(source.driver, gateway, `${source.folder}/${plan.name}`),
    container_name: service.container_name,
    mac_address: service['mac_address'],
    ports: listOf(service.ports).map(shortPort),
    labels: steering.labels,
    environment: steering.environment,
    networks: { ...defaultedNetworks(service), [ownNetworkKey(plan.name)]: { ipv4_address: addressOf(gateway) } },
    depends_on: Object.fromEntries(
      started.map(({ composeService }) => [composeService, { condition: 'service_started' }]),
    ),
    profiles: listOf(service.profiles),
  });
}

function addressOf(gateway: GatewayPlan): string {
  const subnet = parseSubnet(gateway.network.ipam?.config[0]?.subnet ?? '');
  return subnet === null ? '' : gatewayAddress(subnet);
}

/** Conditions are those of the members; a gateway has been started when its members have. */
function dependsOn(service: Service, fleet: Fleet): Raw {
  return Object.fromEntries(
    Object.entries(service.depends_on ?? {}).flatMap(([name, dependency]) => {
      const condition = isMapping(dependency) ? textOf(dependency.condition) || 'service_started' : 'service_started';
      const plan = fleet.services.find((candidate) => candidate.name === name);
      return plan === undefined ? [] : dependenciesOn(plan, condition);
    }),
  );
}

function dependenciesOn(plan: ServicePlan, condition: string): readonly (readonly [string, Raw])[] {
  const first = plan.members.find(({ startsAtUp }) => startsAtUp)?.composeService ?? plan.name;
  if (plan.gateway === null) return [[first, { condition }]];
  return condition === 'service_started'
    ? [[plan.name, { condition }]]
    : [
        [plan.name, { condition: 'service_started' }],
        [first, { condition }],
      ];
}

/** A link to a service that has no container of its name any more goes to its first member. */
function linksOf(service: Service, fleet: Fleet): readonly string[] {
  return (service.links ?? []).map((link) => {
    const [name = '', alias = name] = link.split(':');
    const plan = fleet.services.find((candidate) => candidate.name === name);
    const first = plan?.gateway === null ? plan.members[0]?.composeService : undefined;
    return first === undefined || first === name ? link : `${first}:${alias}`;
  });
}
