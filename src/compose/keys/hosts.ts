import { isIP } from 'node:net';

import { list, scalar, type Node } from '../node.ts';
import type { Place, Shape } from './key.ts';
import { append } from './merge.ts';
import { child, refuse } from './place.ts';
import { text } from './scalars.ts';
import { byKind } from './shapes.ts';

const expected = 'a list such as "db=10.0.0.5" or a map of names to addresses';

/** `host=ip` and `host:ip` in a list, or a map; canonical: a list of `host=ip`. */
export const extraHosts: Shape<readonly string[]> = byKind<readonly string[]>(expected, {
  list: {
    expected,
    merge: append,
    read: (node, place) => (node.kind === 'list' ? readList(node.items, node, place) : null),
  },
  map: { expected, merge: append, read: readMap },
});

function readList(items: readonly Node[], node: Node, place: Place): Node {
  const hosts: Node[] = [];
  for (const [index, item] of items.entries()) {
    const read = text.read(item, child(place, index));
    if (read?.kind !== 'scalar') continue;
    const host = hostOf(String(read.value), place);
    if (host) hosts.push(scalar(host, read.at));
    else refuse(item, child(place, index), 'is no host with an address', 'name=address');
  }
  return list(hosts, node.at);
}

function hostOf(written: string, place: Place): string | null {
  const match = /^([^=:\s]+)\s*[=:]\s*(.+)$/.exec(written);
  if (!match) return !place.reading.interpolated && written.includes('$') ? written : null;
  const address = (match[2] ?? '').trim();
  return isAddress(address, place) ? `${match[1]}=${address}` : null;
}

function isAddress(address: string, place: Place): boolean {
  if (address === 'host-gateway' || (!place.reading.interpolated && address.includes('$'))) return true;
  return isIP(address.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

function readMap(node: Node, place: Place): Node | null {
  if (node.kind !== 'map') return refuse(node, place, 'is not a map', expected);
  const hosts: Node[] = [];
  for (const [name, entry] of node.entries) {
    const addresses = entry.value.kind === 'list' ? entry.value.items : [entry.value];
    for (const item of addresses) {
      const address = text.read(item, child(place, name));
      if (address?.kind !== 'scalar') continue;
      if (isAddress(String(address.value), place)) hosts.push(scalar(`${name}=${String(address.value)}`, address.at));
      else refuse(item, child(place, name), 'is no address', 'an IPv4 or IPv6 address, or host-gateway');
    }
  }
  return list(hosts, node.at);
}
