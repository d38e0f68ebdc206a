import { isIP } from 'node:net';

import { map, scalar, type Entry, type Node } from '../node.ts';
import type { NetworkUse } from '../project.ts';
import type { KeyTable, Place, Shape } from './key.ts';
import { byNameWith } from './merge.ts';
import { isOpen, refuse } from './place.ts';
import { number, text } from './scalars.ts';
import { byKind, distinctTexts, mapOf, nullable, object, options } from './shapes.ts';

/** An address; `version` 0: of either kind. */
export function address(version: 0 | 4 | 6): Shape<string> {
  const expected = version === 0 ? 'an IP address' : `an IPv${version} address`;
  return {
    ...text,
    expected,
    read: (node, place) => {
      const read = text.read(node, place);
      if (read?.kind !== 'scalar' || isOpen(read, place.reading)) return read;
      const found = isIP(String(read.value));
      return found !== 0 && (version === 0 || found === version)
        ? read
        : refuse(node, place, 'is no address', expected);
    },
  };
}

/** A MAC address, as the engine reads it. */
export const macAddress: Shape<string> = {
  ...text,
  expected: 'a MAC address such as 02:42:ac:11:00:02',
  read: (node: Node, place: Place) => {
    const read = text.read(node, place);
    if (read?.kind !== 'scalar' || isOpen(read, place.reading)) return read;
    return /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(String(read.value))
      ? read
      : refuse(node, place, 'is no MAC address', 'a MAC address such as 02:42:ac:11:00:02');
  },
};

const keys: KeyTable = {
  aliases: { shape: distinctTexts, doc: 'Further names on the network.' },
  interface_name: { shape: text, doc: 'Name of the interface in the container.' },
  ipv4_address: { shape: address(4), doc: 'Fixed IPv4 address.' },
  ipv6_address: { shape: address(6), doc: 'Fixed IPv6 address.' },
  link_local_ips: { shape: distinctTexts, doc: 'Link-local addresses.' },
  mac_address: { shape: macAddress, doc: 'MAC address.' },
  driver_opts: { shape: options, doc: 'Options of the driver.' },
  priority: { shape: number(), doc: 'Networks with a higher number are connected first.' },
  gw_priority: { shape: number(), doc: 'The network with the highest number is the default route.' },
};

const one = nullable(object<NetworkUse>(keys, { of: 'a network of a service' }));
const long = mapOf(one, { merge: byNameWith(one.merge) });

/** A list of networks, or a map; canonical: the map, null for "nothing special". */
export const networkUses: Shape<Readonly<Record<string, NetworkUse | null>>> = byKind<
  Readonly<Record<string, NetworkUse | null>>
>('a list of networks, or a map', {
  map: long,
  list: {
    ...long,
    read: (node, place) => {
      const names = distinctTexts.read(node, place);
      return names?.kind === 'list' ? map(new Map(names.items.map(plain)), node.at) : null;
    },
  },
});

function plain(item: Node): [string, Entry] {
  return [item.kind === 'scalar' ? String(item.value) : '', { keyAt: item.at, value: scalar(null, item.at) }];
}
