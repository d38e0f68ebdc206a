import type { Call, ListFilter, Network, NetworkAttachment, NetworkSpec } from '../../ports/engine.ts';
import { CHANGE_DEADLINE_MS, type EngineClient, hasStatus, READ_DEADLINE_MS, segment, within } from './client.ts';
import { endpointSettings } from './create-body.ts';
import { inspectContainer } from './containers.ts';
import { labelFilter } from './filters.ts';
import { entries, field, flag, list, text, textMap } from './reading.ts';

export async function listNetworks(client: EngineClient, filter: ListFilter, call: Call = {}): Promise<Network[]> {
  const answer = await client.request({
    method: 'GET',
    path: '/networks',
    query: labelFilter(filter),
    ...within(call, READ_DEADLINE_MS),
  });
  // The list leaves out who is attached.
  const found = await Promise.all(
    list(answer.document).map((item) => inspectNetwork(client, text(field(item, 'Id')), call)),
  );
  return found.filter((network) => network !== null);
}

export async function inspectNetwork(client: EngineClient, idOrName: string, call: Call = {}): Promise<Network | null> {
  const document = await client.find({
    method: 'GET',
    path: `/networks/${segment(idOrName)}`,
    ...within(call, READ_DEADLINE_MS),
  });
  return document === null ? null : readNetwork(document);
}

export async function createNetwork(client: EngineClient, spec: NetworkSpec, call: Call = {}): Promise<string> {
  const body = networkBody(spec);
  const answer = await client.request({
    method: 'POST',
    path: '/networks/create',
    body,
    ...within(call, CHANGE_DEADLINE_MS),
  });
  return text(field(answer.document, 'Id'));
}

export async function removeNetwork(client: EngineClient, idOrName: string, call: Call = {}): Promise<void> {
  await client.find({
    method: 'DELETE',
    path: `/networks/${segment(idOrName)}`,
    ...within(call, CHANGE_DEADLINE_MS),
  });
}

/** What is attached already, with the address asked for, is left as it is. */
export async function connectNetwork(
  client: EngineClient,
  attachment: NetworkAttachment,
  containerId: string,
  call: Call = {},
): Promise<void> {
  const path = `/networks/${segment(attachment.network)}/connect`;
  const body = { Container: containerId, EndpointConfig: endpointSettings(attachment) };
  try {
    await client.request({
      method: 'POST',
      path,
      body,
      ...within(call, CHANGE_DEADLINE_MS),
    });
  } catch (error) {
    if (!hasStatus(error, 403, 409)) throw error;
    const attached = (await inspectContainer(client, containerId, call))?.networks[attachment.network];
    const isWanted =
      attached !== undefined && (attachment.ipv4Address === undefined || attached.ipv4 === attachment.ipv4Address);
    if (!isWanted) throw error;
  }
}

/** What is not attached, or is gone, is no error. */
export async function disconnectNetwork(
  client: EngineClient,
  network: string,
  containerId: string,
  force: boolean,
  call: Call = {},
): Promise<void> {
  const path = `/networks/${segment(network)}/disconnect`;
  try {
    await client.request({
      method: 'POST',
      path,
      body: { Container: containerId, Force: force },
      ...within(call, CHANGE_DEADLINE_MS),
    });
  } catch (error) {
    if (hasStatus(error, 404)) return;
    const isAttached = (await inspectContainer(client, containerId, call))?.networks[network] !== undefined;
    if (isAttached) throw error;
  }
}

function networkBody(spec: NetworkSpec): unknown {
  return {
    Name: spec.name,
    CheckDuplicate: true,
    Driver: spec.driver ?? 'bridge',
    Options: spec.driverOptions ?? {},
    Internal: spec.internal ?? false,
    Attachable: spec.attachable ?? false,
    EnableIPv6: spec.enableIpv6 ?? false,
    Labels: spec.labels,
    ...(spec.ipam !== undefined && {
      IPAM: {
        Driver: spec.ipam.driver ?? 'default',
        Options: spec.ipam.options ?? {},
        Config: spec.ipam.config.map(poolBody),
      },
    }),
  };
}

type Pool = NonNullable<NetworkSpec['ipam']>['config'][number];

function poolBody(pool: Pool): unknown {
  return {
    ...(pool.subnet !== undefined && { Subnet: pool.subnet }),
    ...(pool.gateway !== undefined && { Gateway: pool.gateway }),
    ...(pool.ipRange !== undefined && { IPRange: pool.ipRange }),
    ...(pool.auxAddresses !== undefined && { AuxiliaryAddresses: pool.auxAddresses }),
  };
}

function readNetwork(document: unknown): Network {
  const ipam = field(document, 'IPAM');
  const pools = list(field(ipam, 'Config')).map(readPool);
  return {
    id: text(field(document, 'Id')),
    name: text(field(document, 'Name')),
    driver: text(field(document, 'Driver')),
    driverOptions: textMap(field(document, 'Options')),
    internal: flag(field(document, 'Internal')),
    attachable: flag(field(document, 'Attachable')),
    enableIpv6: flag(field(document, 'EnableIPv6')),
    labels: textMap(field(document, 'Labels')),
    ipam: { driver: text(field(ipam, 'Driver')), options: textMap(field(ipam, 'Options')), config: pools },
    subnets: pools.flatMap((pool) => (pool.subnet === undefined ? [] : [pool.subnet])),
    containers: entries(field(document, 'Containers')).map(([id]) => id),
  };
}

function readPool(document: unknown): Pool {
  const subnet = text(field(document, 'Subnet'));
  const gateway = text(field(document, 'Gateway'));
  const ipRange = text(field(document, 'IPRange'));
  const auxAddresses = textMap(field(document, 'AuxiliaryAddresses'));
  return {
    ...(subnet !== '' && { subnet }),
    ...(gateway !== '' && { gateway }),
    ...(ipRange !== '' && { ipRange }),
    ...(Object.keys(auxAddresses).length > 0 && { auxAddresses }),
  };
}
