/** What would make a deployment fail, found before anything is touched. */

import { type ErrorCode, TwinhullError } from '../errors.ts';
import type { Container, ContainerSpec, Network, NetworkSpec, Volume, VolumeSpec } from '../ports/engine.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { LABEL } from '../labels.ts';
import { type Existing, isOurs } from './existing.ts';
import { orphansOf } from './plan.ts';

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/** @throws one error that tells all of it; the first kind of problem gives its code */
export function refuse(refusals: readonly Refusal[]): void {
  const [first] = refusals;
  if (!first) return;
  throw new TwinhullError(first.code, refusals.map(({ message }) => message).join('; '), {
    state: 'nothing was changed',
  });
}

/** @param removesOrphans containers whose service left the file go first, and with them what they hold */
export function refusalsOf(fleet: Fleet, existing: Existing, removesOrphans: boolean): Refusal[] {
  return [
    ...runsUnderCompose(fleet, existing),
    ...missingExternals(fleet, existing),
    ...differentNetworks(fleet, existing),
    ...differentVolumes(fleet, existing),
    ...takenNames(fleet, existing),
    ...takenPorts(fleet, [...existing.others, ...(removesOrphans ? [] : orphansOf(fleet, existing.containers))]),
  ];
}

function runsUnderCompose(fleet: Fleet, { containers }: Existing): Refusal[] {
  const foreign = containers.filter((container) => !isOurs(container));
  if (foreign.length === 0 || foreign.length < containers.length) return [];
  const names = foreign.map(({ name }) => name).join(', ');
  return [
    problem(
      'TH_PROJECT_RUNS_UNDER_COMPOSE',
      `the project ${fleet.project} runs under Compose already, without twinhull (${names})`,
    ),
  ];
}

function missingExternals(fleet: Fleet, existing: Existing): Refusal[] {
  const networks = fleet.networks.filter(({ external, spec }) => external && !existing.networks.get(spec.name));
  const volumes = fleet.volumes.filter(({ external, spec }) => external && !existing.volumes.get(spec.name));
  return [
    ...networks.map(({ spec }) => problem('TH_EXTERNAL_MISSING', `the external network ${spec.name} does not exist`)),
    ...volumes.map(({ spec }) => problem('TH_EXTERNAL_MISSING', `the external volume ${spec.name} does not exist`)),
  ];
}

function differentNetworks(fleet: Fleet, existing: Existing): Refusal[] {
  const own = fleet.networks.filter(({ external }) => !external).map(({ spec }) => spec);
  const services = fleet.services.flatMap(({ gateway }) => gateway?.network ?? []);
  return [...own, ...services].flatMap((spec) => {
    const found = existing.networks.get(spec.name);
    const difference = found ? networkDifference(spec, found) : null;
    return difference === null
      ? []
      : [problem('TH_NETWORK_DIFFERS', `the network ${spec.name} exists with another ${difference}`)];
  });
}

/** @returns what differs, with both values, or null; what the file leaves open is not compared */
export function networkDifference(wanted: NetworkSpec, found: Network): string | null {
  const subnets = (wanted.ipam?.config ?? []).flatMap(({ subnet }) => subnet ?? []);
  const compared: readonly (readonly [string, unknown, unknown])[] = [
    ['driver', wanted.driver ?? found.driver, found.driver],
    ['"internal"', wanted.internal ?? false, found.internal ?? false],
    ['"enable_ipv6"', wanted.enableIpv6 ?? found.enableIpv6 ?? false, found.enableIpv6 ?? false],
    [
      'subnet',
      subnets.length === 0 ? '' : subnets.toSorted().join(', '),
      subnets.length === 0 ? '' : found.subnets.toSorted().join(', '),
    ],
    ...differentOptions(wanted.driverOptions, found.driverOptions),
  ];
  return firstDifference(compared);
}

function differentVolumes(fleet: Fleet, existing: Existing): Refusal[] {
  return fleet.volumes.flatMap(({ external, spec }) => {
    const found = external ? null : existing.volumes.get(spec.name);
    const difference = found ? volumeDifference(spec, found) : null;
    return difference === null
      ? []
      : [problem('TH_VOLUME_DIFFERS', `the volume ${spec.name} exists with another ${difference}`)];
  });
}

export function volumeDifference(wanted: VolumeSpec, found: Volume): string | null {
  return firstDifference([
    ['driver', wanted.driver ?? found.driver, found.driver],
    ...differentOptions(wanted.driverOptions, found.driverOptions),
  ]);
}

type Options = Readonly<Record<string, string>> | undefined;

function differentOptions(wanted: Options, found: Options): (readonly [string, unknown, unknown])[] {
  return Object.entries(wanted ?? {}).map(([name, value]) => [`option "${name}"`, value, found?.[name] ?? ''] as const);
}

function firstDifference(compared: readonly (readonly [string, unknown, unknown])[]): string | null {
  const different = compared.find(([, wanted, found]) => wanted !== found);
  return different ? `${different[0]} ("${String(different[2])}", the file asks for "${String(different[1])}")` : null;
}

function takenNames(fleet: Fleet, { others }: Existing): Refusal[] {
  const holders = new Map(others.map((container) => [container.name, container]));
  const wanted = fleet.services.flatMap(({ members, gateway }) => [
    ...members.map(({ containerName }) => containerName),
    ...(gateway ? [gateway.containerName] : []),
  ]);
  return wanted.flatMap((name) => {
    const holder = holders.get(name);
    return holder ? [problem('TH_NAME_IN_USE', `the container name ${name} is taken by ${owner(fleet, holder)}`)] : [];
  });
}

interface HostPort {
  readonly service: string;
  readonly hostIp: string;
  readonly port: string;
  readonly protocol: string;
}

function takenPorts(fleet: Fleet, others: readonly Container[]): Refusal[] {
  const wanted = fleet.services.flatMap(({ name, members, gateway }) =>
    [gateway?.spec, ...members.map(({ spec }) => spec)].flatMap((spec) => (spec ? hostPorts(name, spec) : [])),
  );
  const twice = wanted.flatMap((port, index) => {
    const other = wanted.slice(0, index).find((earlier) => earlier.service !== port.service && clash(earlier, port));
    return other
      ? [
          problem(
            'TH_PORT_IN_USE',
            `port ${port.port}/${port.protocol} of the host is published twice, by ${other.service} and ${port.service}`,
          ),
        ]
      : [];
  });
  const held = others.flatMap((container) => heldPorts(container).map((port) => ({ container, port })));
  const taken = wanted.flatMap((port) => {
    const holder = held.find((candidate) => clash(candidate.port, port));
    return holder
      ? [
          problem(
            'TH_PORT_IN_USE',
            `port ${port.port}/${port.protocol} of the host, which ${port.service} publishes, is taken by ${owner(fleet, holder.container)}`,
          ),
        ]
      : [];
  });
  return [...twice, ...taken];
}

/** Single ports only: of a range the engine picks a free one. */
function hostPorts(service: string, { HostConfig }: Pick<ContainerSpec, 'HostConfig'>): HostPort[] {
  const bindings = (HostConfig['PortBindings'] ?? {}) as Readonly<
    Record<string, readonly { HostIp?: string; HostPort?: string }[] | null>
  >;
  return Object.entries(bindings).flatMap(([target, hosts]) =>
    (hosts ?? []).flatMap(({ HostIp, HostPort }) =>
      /^[1-9]\d*$/.test(HostPort ?? '')
        ? [{ service, hostIp: HostIp ?? '', port: HostPort ?? '', protocol: target.split('/')[1] ?? 'tcp' }]
        : [],
    ),
  );
}

function heldPorts({ name, ports, state }: Container): HostPort[] {
  if (state !== 'running' && state !== 'paused' && state !== 'restarting') return [];
  return Object.entries(ports).flatMap(([target, hosts]) =>
    hosts.map(({ hostIp, hostPort }) => ({
      service: name,
      hostIp,
      port: String(hostPort),
      protocol: target.split('/')[1] ?? 'tcp',
    })),
  );
}

function clash(one: HostPort, other: HostPort): boolean {
  if (one.port !== other.port || one.protocol !== other.protocol) return false;
  return isAny(one.hostIp) || isAny(other.hostIp) || one.hostIp === other.hostIp;
}

function isAny(address: string): boolean {
  return address === '' || address === '0.0.0.0' || address === '::';
}

function owner(fleet: Fleet, { name, labels }: Container): string {
  const project = labels[LABEL.project];
  if (project === fleet.project)
    return `the container ${name}, whose service is no longer in the file (--remove-orphans removes it)`;
  return project === undefined ? `the container ${name}` : `the container ${name} of the project ${project}`;
}

function problem(code: ErrorCode, message: string): Refusal {
  return { code, message };
}
