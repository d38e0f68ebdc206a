import type { NetworkUse, Service } from '../compose/project.ts';

/** The networks a service is on: `default` where it names none, none with a network_mode. */
export function defaultedNetworks(service: Service): Readonly<Record<string, NetworkUse | null>> {
  if (service.network_mode !== undefined) return {};
  return service.networks === undefined || Object.keys(service.networks).length === 0
    ? { default: null }
    : service.networks;
}

/** The same without what only one container may have: aliases and addresses, which the gateway carries. */
export function withoutIdentity(
  networks: Readonly<Record<string, NetworkUse | null>>,
): Readonly<Record<string, NetworkUse | null>> {
  return Object.fromEntries(Object.entries(networks).map(([key, use]) => [key, use === null ? null : anonymous(use)]));
}

function anonymous(use: NetworkUse): NetworkUse | null {
  const {
    aliases: _aliases,
    ipv4_address: _v4,
    ipv6_address: _v6,
    link_local_ips: _local,
    mac_address: _mac,
    ...rest
  } = use;
  return Object.keys(rest).length === 0 ? null : rest;
}
