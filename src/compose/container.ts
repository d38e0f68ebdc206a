/**
 * From a service of the project to the engine's create call, by the table of keys. Ports, networks and labels
 * of ours are added by who plans members and gateways.
 */

import type { ContainerSpec, NetworkAttachment, NetworkSpec, VolumeSpec } from '../ports/engine.ts';
import { LABEL } from '../labels.ts';
import type { ContainerContext, ContainerDraft, ContainerHost, ContentFile } from './keys/key.ts';
import { serviceKeys } from './keys/service.ts';
import type { NetworkUse, PortMapping, Project, Service } from './project.ts';

export type { ContainerHost } from './keys/key.ts';

const INTERFACE_NAME = 'com.docker.network.endpoint.ifname';

export interface ContainerPlan {
  /** with the service's own labels, without networks and published ports */
  readonly spec: ContainerSpec;
  /** keys, or parts of keys, that are not carried out, with the reason */
  readonly unsupported: readonly { readonly key: string; readonly why: string }[];
  /** to be written before the container starts */
  readonly contentFiles: readonly ContentFile[];
}

/** @param service as the container runs it, which may differ from the project's */
export function containerSpec(name: string, service: Service, project: Project, host: ContainerHost): ContainerPlan {
  const unsupported: { key: string; why: string }[] = [];
  const contentFiles: ContentFile[] = [];
  const context: ContainerContext = {
    project,
    name,
    service,
    host,
    refuse: (key, why) => unsupported.push({ key, why }),
    addFile: (file) => contentFiles.push(file),
  };
  const draft: ContainerDraft = {
    Image: imageReference(name, service, project),
    Labels: {},
    HostConfig: {},
    Networks: [],
  };
  for (const [key, { engine }] of Object.entries(serviceKeys)) {
    const value = service[key];
    if (value === undefined || value === null) continue;
    if ('put' in engine) engine.put(draft, value, context);
    else if ('unsupported' in engine) unsupported.push({ key, why: engine.unsupported });
  }
  return { spec: draft, unsupported, contentFiles };
}

/** The image's name: the one given, else the one Compose gives to what it builds. */
export function imageReference(name: string, service: Service, project: Project): string {
  return service.image ?? `${project.name}-${name}`;
}

/**
 * The project's networks a service is on, by the engine's names, those of higher priority first. Each has the
 * service's name as an alias, the aliases of the file, and those that links of other services ask for.
 * @param linked see {@link linkAliases}
 */
export function networkAttachments(
  name: string,
  service: Service,
  project: Project,
  linked: readonly string[],
): NetworkAttachment[] {
  if (service.network_mode !== undefined) return [];
  const uses = Object.entries(service.networks ?? { default: null });
  const priority = (use: (typeof uses)[number]): number => use[1]?.priority ?? 0;
  return uses
    .sort((a, b) => priority(b) - priority(a) || (a[0] < b[0] ? -1 : 1))
    .map(([key, use]) => ({
      network: project.networks[key]?.name ?? `${project.name}_${key}`,
      aliases: [...new Set([name, ...(use?.aliases ?? []), ...linked])],
      ...(use?.ipv4_address !== undefined && { ipv4Address: use.ipv4_address }),
      ...(use?.ipv6_address !== undefined && { ipv6Address: use.ipv6_address }),
      ...(use?.link_local_ips !== undefined && { linkLocalIps: use.link_local_ips }),
      ...(use?.mac_address !== undefined && { macAddress: use.mac_address }),
      ...driverOptions(use ?? {}),
      ...gatewayPriority(use ?? {}),
    }));
}

/** What `ports` publishes, in the engine's words; a range of host ports is left to the engine to choose from. */
export function portBindings(ports: readonly PortMapping[]): Pick<ContainerSpec, 'ExposedPorts'> & {
  readonly PortBindings: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>>;
} {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { target, protocol, host_ip, published } of ports) {
    const binding = { HostIp: host_ip ?? '', HostPort: published ?? '' };
    (bindings[`${target}/${protocol}`] ??= []).push(binding);
  }
  return { ExposedPorts: Object.fromEntries(Object.keys(bindings).map((port) => [port, {}])), PortBindings: bindings };
}

/** A network of the project as Compose makes it; `key` is its name in the file ("default" for the implied one). */
export function networkSpec(key: string, project: Project): NetworkSpec {
  const definition = project.networks[key] ?? { name: `${project.name}_${key}` };
  const { driver, driver_opts, internal, attachable, enable_ipv6, ipam } = definition;
  return {
    name: definition.name,
    ...(driver !== undefined && { driver }),
    ...(driver_opts !== undefined && { driverOptions: driver_opts }),
    ...(internal !== undefined && { internal }),
    ...(attachable !== undefined && { attachable }),
    ...(enable_ipv6 !== undefined && { enableIpv6: enable_ipv6 }),
    labels: { ...definition.labels, [LABEL.project]: project.name, [LABEL.network]: key },
    ...(ipam !== undefined && { ipam: ipamSpec(ipam) }),
  };
}

/** A volume of the project as Compose makes it. */
export function volumeSpec(key: string, project: Project): VolumeSpec {
  const definition = project.volumes[key] ?? { name: `${project.name}_${key}` };
  const { driver, driver_opts } = definition;
  return {
    name: definition.name,
    ...(driver !== undefined && { driver }),
    ...(driver_opts !== undefined && { driverOptions: driver_opts }),
    labels: { ...definition.labels, [LABEL.project]: project.name, [LABEL.volume]: key },
  };
}

type Ipam = NonNullable<Project['networks'][string]['ipam']>;

function ipamSpec({ driver, options, config }: Ipam): NonNullable<NetworkSpec['ipam']> {
  return {
    ...(driver !== undefined && { driver }),
    ...(options !== undefined && { options }),
    config: (config ?? []).map(({ subnet, gateway, ip_range, aux_addresses }) => ({
      ...(subnet !== undefined && { subnet }),
      ...(gateway !== undefined && { gateway }),
      ...(ip_range !== undefined && { ipRange: ip_range }),
      ...(aux_addresses !== undefined && { auxAddresses: aux_addresses }),
    })),
  };
}

/** `links: ["db:database"]` of any service gives db the further name. @returns pairs of a service and a name */
export function linkAliases({ services }: Project): (readonly [string, string])[] {
  const links = Object.values(services).flatMap(({ links: own }) => own ?? []);
  return links.map((link) => {
    const [target = '', alias = target] = link.split(':');
    return [target, alias];
  });
}

/** The interface's name is an option of the driver (Docker 28.1 and later). */
function driverOptions(use: NetworkUse): Pick<NetworkAttachment, 'driverOptions'> {
  const written = use['driver_opts'];
  const named = typeof use['interface_name'] === 'string' ? { [INTERFACE_NAME]: use['interface_name'] } : {};
  const options = { ...(typeof written === 'object' ? written : {}), ...named };
  if (Object.keys(options).length === 0) return {};
  return { driverOptions: Object.fromEntries(Object.entries(options).map(([name, option]) => [name, String(option)])) };
}

function gatewayPriority(use: NetworkUse): Pick<NetworkAttachment, 'gatewayPriority'> {
  const priority = use['gw_priority'];
  return typeof priority === 'number' ? { gatewayPriority: priority } : {};
}
