import type { Mode, Role } from '../core/model.ts';
import type { Project } from '../compose/project.ts';
import type { Relations } from './relations.ts';
import { LABEL } from '../labels.ts';

/** A member before it has a container: what it is called and which part it plays. */
export interface MemberName {
  readonly name: string;
  readonly role: Role;
  readonly composeService: string;
  readonly number: number;
}

/**
 * The members of a service. With a gateway the service's own name belongs to the gateway, so replicas are
 * services of their own (`web-1`); without one they are `web` numbers 1 to N, as Compose makes them.
 */
export function memberNames(service: string, mode: Mode, replicas: number, hasGateway: boolean): readonly MemberName[] {
  switch (mode) {
    case 'single':
      return asCompose(service, replicas);
    case 'pair':
      return pairOf(service);
    case 'cluster':
      return replicasOf(service, replicas, hasGateway);
    case 'pair+cluster':
      return [...pairOf(service), ...replicasOf(service, replicas, hasGateway)];
  }
}

function asCompose(service: string, replicas: number): readonly MemberName[] {
  if (replicas === 1) return [{ name: service, role: 'primary', composeService: service, number: 1 }];
  return replicasOf(service, replicas, false);
}

function pairOf(service: string): readonly MemberName[] {
  return (['primary', 'backup'] as const).map((role) => ({
    name: `${service}-${role}`,
    role,
    composeService: `${service}-${role}`,
    number: 1,
  }));
}

function replicasOf(service: string, replicas: number, hasGateway: boolean): readonly MemberName[] {
  return Array.from({ length: replicas }, (_, index) => {
    const name = `${service}-${index + 1}`;
    return hasGateway
      ? { name, role: 'replica' as const, composeService: name, number: 1 }
      : { name, role: 'replica' as const, composeService: service, number: index + 1 };
  });
}

/** Compose's own rule: project, service, number. */
export function containerName(project: string, composeService: string, number: number): string {
  return `${project}-${composeService}-${number}`;
}

/** The engine's name of the network between a gateway and its members. */
export function ownNetworkName(project: string, service: string): string {
  return `${project}_${ownNetworkKey(service)}`;
}

/** Its key in a Compose file. */
export function ownNetworkKey(service: string): string {
  return `twinhull-${service}`;
}

/** Labels as Compose sets them, and ours. The hash is added when the container is complete. */
export function ownLabels(
  project: Project,
  owner: {
    readonly service: string;
    readonly role: Role | 'gateway';
    readonly composeService: string;
    readonly number: number;
  },
): Readonly<Record<string, string>> {
  return {
    [LABEL.project]: project.name,
    [LABEL.service]: owner.composeService,
    [LABEL.number]: String(owner.number),
    [LABEL.oneOff]: 'False',
    // docker-compose 1.29 breaks off with a stack trace at a container without it
    [LABEL.version]: '2.0.0',
    [LABEL.workingDir]: project.workingDir,
    [LABEL.configFiles]: project.files.join(','),
    [LABEL.ours]: owner.service,
    [LABEL.role]: owner.role,
  };
}

/**
 * Names of members that something else in the project has: another service, or a `container_name`.
 * @returns one sentence each, for a person
 */
export function nameClashes(
  project: string,
  { containerNames, serviceNames }: Relations,
  service: string,
  members: readonly MemberName[],
): readonly string[] {
  return members.flatMap((member) => {
    const container = containerName(project, member.composeService, member.number);
    const holder = containerNames.get(container)?.find((name) => name !== service);
    if (member.composeService !== service && serviceNames.has(member.composeService))
      return [`the project has a service "${member.composeService}" already`];
    return holder === undefined ? [] : [`service "${holder}" has the container_name "${container}"`];
  });
}
