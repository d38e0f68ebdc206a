import type { ContainerSpec, NetworkAttachment } from '../../ports/engine.ts';
import { type ApiVersion, isAtLeast } from './client.ts';

export interface CreateBody {
  /** the body of POST /containers/create */
  readonly document: unknown;
  /** networks that this engine does not take at create */
  readonly connectAfter: readonly NetworkAttachment[];
}

/** The create call for an engine of this version. */
export function createBody(spec: ContainerSpec, version: ApiVersion): CreateBody {
  const { Networks, Platform: _inQuery, MacAddress, ...config } = spec;
  const [first, ...others] = Networks;
  if (first === undefined)
    return { document: { ...config, ...(MacAddress !== undefined && { MacAddress }) }, connectAfter: [] };
  const takesAll = isAtLeast(version, 1, 44);
  // From 1.44 the address belongs to the endpoint; before, to the container.
  const address = first.macAddress ?? MacAddress;
  const atCreate = takesAll ? [address === undefined ? first : { ...first, macAddress: address }, ...others] : [first];
  return {
    document: {
      ...config,
      ...(!takesAll && address !== undefined && { MacAddress: address }),
      HostConfig: { ...config.HostConfig, NetworkMode: first.network },
      NetworkingConfig: {
        EndpointsConfig: Object.fromEntries(atCreate.map((item) => [item.network, endpointSettings(item, takesAll)])),
      },
    },
    connectAfter: takesAll ? [] : others,
  };
}

/** The API's EndpointSettings. */
export function endpointSettings(attachment: NetworkAttachment, withMacAddress = true): Record<string, unknown> {
  const { aliases, ipv4Address, ipv6Address, linkLocalIps, macAddress, driverOptions, gatewayPriority } = attachment;
  const ipam = {
    ...(ipv4Address !== undefined && { IPv4Address: ipv4Address }),
    ...(ipv6Address !== undefined && { IPv6Address: ipv6Address }),
    ...(linkLocalIps !== undefined && { LinkLocalIPs: linkLocalIps }),
  };
  return {
    Aliases: aliases,
    ...(Object.keys(ipam).length > 0 && { IPAMConfig: ipam }),
    ...(driverOptions !== undefined && { DriverOpts: driverOptions }),
    ...(gatewayPriority !== undefined && { GwPriority: gatewayPriority }),
    ...(withMacAddress && macAddress !== undefined && { MacAddress: macAddress }),
  };
}
