/**
 * What speaks against more than one container of a service. Each reason says what is in the way, why, and what
 * to do about it; the service then stays as Compose makes it, which is never worse than before.
 */

import type { Project, Service } from '../compose/project.ts';
import type { GatewayPorts } from './check.ts';
import type { AskedMode } from './mode.ts';
import type { Note } from './fleet.ts';
import { type MemberName, nameClashes, ownNetworkKey } from './names.ts';
import { MAX_GATEWAY_PORTS, otherProtocolPorts, publishedPorts } from './ports.ts';
import type { Relations } from './relations.ts';
import type { ServiceSettings } from './settings.ts';
import type { State } from './writer.ts';

export interface Candidate {
  readonly project: Project;
  readonly relations: Relations;
  readonly name: string;
  readonly service: Service;
  readonly settings: ServiceSettings;
  readonly asked: AskedMode;
  readonly hasGateway: boolean;
  readonly ports: GatewayPorts;
  readonly members: readonly MemberName[];
  readonly state: State;
  readonly oneWriter: boolean;
}

/** All reasons against; empty: it can be done. */
export function refusals(candidate: Candidate): readonly Note[] {
  return [
    ...stateRefusals(candidate),
    ...portRefusals(candidate),
    ...namespaceRefusals(candidate),
    ...joinedBy(candidate),
    ...hostResourceRefusals(candidate),
    ...nameRefusals(candidate),
    ...ownAddressRefusals(candidate),
  ];
}

/** Of a service with state one container runs at a time: a pair can do that, several replicas cannot. */
function stateRefusals({ state, settings, asked, oneWriter }: Candidate): readonly Note[] {
  if (!oneWriter) return [];
  if (asked.mode !== 'pair') {
    const why = `several members would write the same data at once, or each its own; \`mode: pair\` gives it a standby, of which one runs at a time. Mount it read-only, or ${SHARE_IT}`;
    return [{ what: `${asked.mode} with state: ${state.places.join(', ')}`, why }];
  }
  return [
    ...standbyRefusal(settings),
    ...state.unnamed.map((place) => ({
      what: `pair with state: ${place}`,
      why: `each member would have data of its own there, since nobody has given the volume a name; name it (\`volumes: ["NAME:${place.replace(/^[^/]*/, '').replace(/ .*/, '')}"]\`), or ${SHARE_IT}`,
    })),
  ];
}

const SHARE_IT = 'set `shared_volumes: true` if the program can share it';

function standbyRefusal({ standby }: ServiceSettings): readonly Note[] {
  if (standby === undefined || standby === 'cold') return [];
  const would = {
    hot: 'both members would write the same data at once',
    warm: 'a paused process counts as running: it goes on where it was, and writes what it held',
  }[standby];
  return [
    {
      what: `standby: ${standby} with state`,
      why: `${would}; leave it out (the standby is started once the other is proven stopped), or ${SHARE_IT}`,
    },
  ];
}

function manyPorts(): Note {
  return {
    what: `more than ${MAX_GATEWAY_PORTS} ports`,
    why: 'one gateway does not carry so many; put those that need none into a service of their own',
  };
}

function portRefusals({ service, hasGateway, ports }: Candidate): readonly Note[] {
  const others = otherProtocolPorts(service).map((port) => ({
    what: `port ${port}`,
    why: `a gateway carries TCP only; put ${port} into a service of its own to protect the rest`,
  }));
  const held = hasGateway ? [] : publishedPorts(service).filter(({ published }) => /^\d+$/.test(published));
  const unshared = held.map(({ published }) => ({
    what: `published port ${published}`,
    why: 'without a gateway only one member can hold a port of the host; allow a gateway, or do not publish it',
  }));
  const areFew = !hasGateway || ports.ports.length <= MAX_GATEWAY_PORTS;
  return [...others, ...unshared, ...(areFew ? [] : [manyPorts()])];
}

function namespaceRefusals({ service }: Candidate): readonly Note[] {
  const found: Note[] = [];
  const network = service.network_mode;
  if (network !== undefined && network !== 'none') {
    found.push({
      what: `network_mode: ${network}`,
      why: `${networkReason(network)}; put the service on a network of the project`,
    });
  }
  for (const key of ['pid', 'ipc'] as const) {
    const value = service[key];
    if (value === 'host' || value?.includes(':') === true) {
      found.push({
        what: `${key}: ${value}`,
        why: 'every member would work in the same namespace outside of its container; remove it to protect the service',
      });
    }
  }
  return found;
}

function networkReason(mode: string): string {
  if (mode === 'host') return 'members would fight for the same ports of the host';
  if (mode === 'bridge' || mode === 'default')
    return 'the default bridge has no service names, so nothing can stand in front of the members';
  return 'it lives in the network of another container, where no second member has room';
}

/** Others that live inside this service's container: with several members nobody knows in which. */
function joinedBy({ relations: { joins }, name, service }: Candidate): readonly Note[] {
  const own = service.container_name;
  const found = [
    ...(joins.get(`service:${name}`) ?? []),
    ...(own === undefined ? [] : (joins.get(`container:${own}`) ?? [])),
  ];
  return found.map(({ by, key }) => ({
    what: `services.${by}.${key} joins ${name}`,
    why: `${by} lives in the one container of ${name}; with several members it would be left behind in the wrong one`,
  }));
}

/** Devices that several processes use side by side every day. */
const SHAREABLE_DEVICE = /^\/dev\/(?:dri|null|zero|full|random|urandom|fuse|kvm|net\/tun|shm|nvidia[^/]*|kfd)(?:\/|$)/;

function hostResourceRefusals({ service }: Candidate): readonly Note[] {
  const devices: readonly unknown[] = Array.isArray(service['devices']) ? service['devices'] : [];
  const sources = devices.map((device) =>
    typeof device === 'string' ? (device.split(':')[0] ?? '') : sourceOf(device),
  );
  return sources
    .filter((source) => source !== '' && !SHAREABLE_DEVICE.test(source) && source.startsWith('/dev/'))
    .map((source) => ({
      what: `device ${source}`,
      why: 'the host has one of it, and two members would use it at once',
    }));
}

function sourceOf(device: unknown): string {
  const source: unknown = typeof device === 'object' && device !== null && 'source' in device ? device.source : '';
  return typeof source === 'string' ? source : '';
}

function nameRefusals({ project, relations, name, service, members, hasGateway }: Candidate): readonly Note[] {
  const clashes = nameClashes(project.name, relations, name, members).map((why) => ({
    what: 'names of the members',
    why: `${why}; rename one of the two`,
  }));
  const given = service.container_name;
  const fixed =
    given === undefined || hasGateway
      ? []
      : [
          {
            what: `container_name: ${given}`,
            why: 'two containers cannot have one name, and there is no gateway that could carry it; remove container_name',
          },
        ];
  // Such a name would lead out of the folder where gateways keep their files.
  const dots =
    /^\.+$/.test(name) && hasGateway
      ? [
          {
            what: `service name ${name}`,
            why: 'a gateway keeps its files in a folder of that name; rename the service',
          },
        ]
      : [];
  const network = project.networks[ownNetworkKey(name)];
  const taken =
    network === undefined || !hasGateway
      ? []
      : [
          {
            what: `network ${ownNetworkKey(name)}`,
            why: 'twinhull would use this name for its own network; rename yours',
          },
        ];
  return [...clashes, ...fixed, ...dots, ...taken];
}

/** Addresses that one container alone can have; a gateway carries them. */
function ownAddressRefusals({ service, hasGateway }: Candidate): readonly Note[] {
  if (hasGateway) return [];
  const fixed = Object.entries(service.networks ?? {}).flatMap(([network, use]) => {
    const address = use?.ipv4_address ?? use?.ipv6_address ?? use?.mac_address;
    return address === undefined
      ? []
      : [
          {
            what: `address ${address} on ${network}`,
            why: 'two members cannot have one address, and there is no gateway that could carry it',
          },
        ];
  });
  const mac = service['mac_address'];
  return typeof mac === 'string'
    ? [...fixed, { what: `mac_address: ${mac}`, why: 'two members cannot have one address' }]
    : fixed;
}
