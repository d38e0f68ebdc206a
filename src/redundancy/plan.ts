/**
 * From a project to its fleet: what would exist. Pure: the same project and facts give the same fleet, in the
 * same addresses, on every machine.
 */

import { join } from 'node:path';
import { type ContainerHost, networkSpec, volumeSpec } from '../compose/container.ts';
import type { Project } from '../compose/project.ts';
import type { Role } from '../core/model.ts';
import type { Image, Network } from '../ports/engine.ts';
import type { GatewayDriver } from '../ports/gateway.ts';
import { memberAddresses } from './addresses.ts';
import { analyse, type Analysis } from './analysis.ts';
import { imagePlan } from './build-plan.ts';
import { decide, type Decision, refuse } from './decision.ts';
import type { Fleet, ServicePlan } from './fleet.ts';
import { planGateway } from './gateway.ts';
import { planMembers, type PlannedMembers } from './members.ts';
import { containerName, ownNetworkName } from './names.ts';
import { projectNotes, serviceNotes } from './notes.ts';
import { dependenciesOf, inDependencyOrder } from './order.ts';
import { completes, projectPolicy, servicePolicy } from './policy.ts';
import { defaultedNetworks } from './service-networks.ts';
import { relationsOf } from './relations.ts';
import { readSettings, type Settings } from './settings.ts';
import { openPool, type Pool } from './pool.ts';
import { plannedSigns } from './signs.ts';

/** What a plan depends on beside the project. */
export interface PlanFacts {
  /** inspected images by reference; null or absent: not on the engine (yet), its ports and volumes are not known */
  readonly images: ReadonlyMap<string, Image | null>;
  /** all networks of the engine: their subnets are avoided, those of ours that exist already are kept */
  readonly networks: readonly Pick<Network, 'name' | 'subnets'>[];
  /** the project's state folder on the engine's host */
  readonly stateFolder: string;
  readonly driver: GatewayDriver;
  /** the environment twinhull runs in, for variables that the project takes from there; default: empty */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** of the engine, "1.41"; absent: the newest */
  readonly apiVersion?: string;
}

/** @throws ComposeProblems when x-twinhull has mistakes, all of them with their places */
export function planFleet(project: Project, facts: PlanFacts): Fleet {
  const settings = readSettings(project);
  const relations = relationsOf(project);
  const host = containerHost(project, facts);
  const pool = openPool(project, settings.project, facts.networks);
  const planned = inDependencyOrder(project).flatMap((name) => {
    const service = project.services[name];
    return service === undefined
      ? []
      : [
          planService(analyse(project, relations, name, service, settings, facts.images), {
            settings,
            pool,
            host,
            facts,
          }),
        ];
  });
  return {
    project: project.name,
    workingDir: project.workingDir,
    files: project.files,
    inactiveServices: project.inactiveServices,
    services: planned.map(({ plan }) => plan),
    networks: usedNetworks(project),
    volumes: usedVolumes(project),
    contentFiles: uniqueFiles(planned.flatMap(({ contentFiles }) => contentFiles)),
    notes: projectNotes(project, facts.images),
    policy: projectPolicy(settings.project),
  };
}

interface PlannedService {
  readonly plan: ServicePlan;
  readonly contentFiles: PlannedMembers['contentFiles'];
}

/** What all services of a plan share. */
interface Shared {
  readonly settings: Settings;
  readonly pool: Pool;
  readonly host: ContainerHost;
  readonly facts: PlanFacts;
}

function planService(analysis: Analysis, { settings, pool, host, facts }: Shared): PlannedService {
  const { project, name, relations, service } = analysis;
  const { decision, subnet } = withSubnet(decide(analysis), analysis, pool);
  const own =
    subnet === null
      ? null
      : { name: ownNetworkName(project.name, name), addresses: memberAddresses(subnet, rolesOf(decision)) };
  const { members, contentFiles, unsupported } = planMembers(analysis, decision, own, host);
  const done = completes(name, service, decision.mode, relations.awaited);
  const signs = plannedSigns(analysis.settings.signs ?? []);
  const plan: ServicePlan = {
    name,
    mode: decision.mode,
    reason: decision.reason,
    members,
    gateway:
      subnet === null
        ? null
        : planGateway(analysis, decision, { subnet, members, driver: facts.driver, stateFolder: facts.stateFolder }),
    refused: [...decision.refused, ...unsupported],
    notes: serviceNotes(analysis, decision),
    dependsOn: dependenciesOf(project, service),
    completes: done,
    policy: servicePolicy(service, analysis.settings, settings, {
      ...decision,
      completes: done,
      signs: signs.map(({ policy }) => policy),
    }),
    signs: signs.map(({ plan: sign }) => sign),
    image: imagePlan(service, analysis.imageReference),
  };
  return { plan, contentFiles };
}

function containerHost(project: Project, { stateFolder, environment, apiVersion }: PlanFacts): ContainerHost {
  return {
    contentFolder: join(stateFolder, 'files'),
    environment: environment ?? {},
    containerOf: (service) => project.services[service]?.container_name ?? containerName(project.name, service, 1),
    ...(apiVersion === undefined ? {} : { apiVersion }),
  };
}

/** A gateway needs a subnet; when the pool has none left, the service stays as it is. */
function withSubnet(
  decision: Decision,
  analysis: Analysis,
  pool: Pool,
): { readonly decision: Decision; readonly subnet: ReturnType<Pool['take']> } {
  if (!decision.hasGateway) return { decision, subnet: null };
  const subnet = pool.take(analysis.name, rolesOf(decision));
  if (subnet !== null) return { decision, subnet };
  const why = 'no subnet is free in it for the gateway; name another pool in x-twinhull: { address_pool: ... }';
  return { decision: refuse(analysis, [{ what: `address pool ${pool.text}`, why }]), subnet: null };
}

function rolesOf({ members }: Decision): readonly Role[] {
  return members.map(({ role }) => role);
}

function usedNetworks(project: Project): Fleet['networks'] {
  const used = new Set(Object.values(project.services).flatMap((service) => Object.keys(defaultedNetworks(service))));
  return Object.entries(project.networks)
    .filter(([key]) => used.has(key))
    .map(([key, { external }]) => ({ key, external: external === true, spec: networkSpec(key, project) }));
}

function usedVolumes(project: Project): Fleet['volumes'] {
  const mounts = Object.values(project.services).flatMap((service) => service.volumes ?? []);
  const used = new Set(mounts.filter(({ type }) => type === 'volume').map(({ source }) => source));
  return Object.entries(project.volumes)
    .filter(([key]) => used.has(key))
    .map(([key, { external }]) => ({ key, external: external === true, spec: volumeSpec(key, project) }));
}

function uniqueFiles(files: Fleet['contentFiles']): Fleet['contentFiles'] {
  return [...new Map(files.map((file) => [file.path, file])).values()];
}
