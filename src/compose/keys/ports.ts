import { isIP } from 'node:net';

import { list, mapAt, scalar, withEntry, type MapNode, type Node } from '../node.ts';
import type { PortMapping } from '../project.ts';
import { MAX_GROWTH, type KeyTable, type Place, type Shape } from './key.ts';
import { identityOfPort } from './merge.ts';
import { isOpen, refuse } from './place.ts';
import { integer, text, textMatching, textOrNumber } from './scalars.ts';
import { byKind, listOf, object } from './shapes.ts';

const portNumber = integer({ min: 1, max: 65535 });
const protocol = textMatching(/^(tcp|udp|sctp)$/i, 'tcp, udp or sctp');
const expectedShort = '[HOST_IP:][PUBLISHED:]TARGET[/PROTOCOL], such as "8080:80"';

const keys: KeyTable = {
  name: { shape: text, doc: 'A name for people.' },
  mode: { shape: text, doc: 'host or ingress.' },
  host_ip: { shape: { ...text, read: readAddress }, doc: 'The address of the host to listen on.' },
  target: { shape: portNumber, doc: 'The port in the container.' },
  published: {
    shape: { ...textOrNumber, read: readPublished },
    doc: 'The port of the host, or a range to choose from.',
  },
  protocol: { shape: protocol, doc: 'tcp, udp or sctp.' },
  app_protocol: { shape: text, doc: 'What is spoken, such as http.' },
};

const long = object<PortMapping>(keys, { of: 'a port', required: ['target'], finish: withDefaults });
const short: Shape<PortMapping> = { ...long, expected: expectedShort, read: readShort };

/** Ports, long; a range in the short form becomes one mapping for each port. */
export const ports: Shape<readonly PortMapping[]> = listOf(
  byKind<PortMapping>(expectedShort, { scalar: short, map: long }),
  {
    identity: identityOfPort,
    distinct: true,
    spread: true,
  },
);

/** A port or a range without publishing it: "80", "8000-8010", with "/udp" where it is not tcp. */
export const expose: Shape<readonly string[]> = listOf(
  { ...textOrNumber, expected: 'a port such as "80" or "8000-8010/udp"', read: readExpose },
  { distinct: true },
);

function withDefaults(node: MapNode): MapNode {
  let result = node;
  if (!node.entries.has('mode')) result = withEntry(result, 'mode', scalar('ingress', node.at));
  if (!node.entries.has('protocol')) result = withEntry(result, 'protocol', scalar('tcp', node.at));
  return result;
}

function readAddress(node: Node, place: Place): Node | null {
  const read = text.read(node, place);
  if (read?.kind !== 'scalar' || isOpen(read, place.reading) || read.value === '') return read;
  return isIP(String(read.value)) ? read : refuse(node, place, 'is no address', 'an IPv4 or IPv6 address of the host');
}

function readPublished(node: Node, place: Place): Node | null {
  const read = textOrNumber.read(node, place);
  if (read?.kind !== 'scalar' || isOpen(read, place.reading) || read.value === '') return read;
  return rangeOf(String(read.value))
    ? read
    : refuse(node, place, 'is no port', 'a port from 1 to 65535 (0: the engine chooses), or a range such as 8000-8010');
}

function readExpose(node: Node, place: Place): Node | null {
  const read = textOrNumber.read(node, place);
  if (read?.kind !== 'scalar' || isOpen(read, place.reading)) return read;
  const match = /^([\d-]+)(\/(tcp|udp|sctp))?$/i.exec(String(read.value));
  return match && rangeOf(match[1] ?? '')
    ? read
    : refuse(node, place, 'is no port', 'a port such as "80" or "8000-8010/udp"');
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function rangeOf(written: string): Range | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(written);
  if (!match) return null;
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  return first <= last && last <= 65535 ? { first, last } : null;
}

interface ShortPort {
  readonly hostIp: string | undefined;
  readonly published: Range | null;
  readonly target: Range;
  readonly protocol: string;
}

/** What the mapping of one port weighs beside text; a range in a few letters may come to 65,535 of them. */
const MAPPING_TEXT = 500;
const EXPECTED_IN_ALL = `at most ${Math.floor(MAX_GROWTH / MAPPING_TEXT)} ports in all files together`;

function readShort(node: Node, place: Place): Node | null {
  if (node.kind !== 'scalar' || typeof node.value === 'boolean' || node.value === null)
    return refuse(node, place, 'is no port', expectedShort);
  const parsed = parsePort(String(node.value));
  if (typeof parsed === 'string') return refuse(node, place, parsed, expectedShort);
  const { growth } = place.reading;
  growth.left -= (parsed.target.last - parsed.target.first) * MAPPING_TEXT;
  if (growth.left < 0) return refuse(node, place, 'is one range too many', EXPECTED_IN_ALL);
  return list(
    Array.from(mappingsOf(parsed), (values) => mapAt(values, node.at)),
    node.at,
  );
}

/** The parts of a short form, or what is wrong with it. */
function parsePort(written: string): ShortPort | string {
  const match = /^(?:(.*):)?([^:/]+)(?:\/([a-z]+))?$/i.exec(written);
  const target = match ? rangeOf(match[2] ?? '') : null;
  if (!match || !target || target.first === 0) return 'is no port';
  const spoken = (match[3] ?? 'tcp').toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(spoken)) return `has the protocol "${spoken}", which is none`;
  const host = hostPart(match[1]);
  if (typeof host === 'string') return host;
  const size = target.last - target.first;
  if (host.published && size > 0 && host.published.last - host.published.first !== size)
    return 'has ranges of different length';
  return { ...host, target, protocol: spoken };
}

function hostPart(written: string | undefined): Pick<ShortPort, 'hostIp' | 'published'> | string {
  if (written === undefined) return { hostIp: undefined, published: null };
  const cut = written.lastIndexOf(':');
  const address = cut < 0 ? undefined : written.slice(0, cut).replace(/^\[(.*)\]$/, '$1');
  if (address !== undefined && isIP(address) === 0) return `has "${address}" where an address of the host should be`;
  const port = written.slice(cut + 1);
  if (port === '' && address === undefined) return { hostIp: undefined, published: null };
  const published = port === '' ? null : rangeOf(port);
  return port !== '' && !published
    ? `has "${port}" where a port of the host should be`
    : { hostIp: address, published };
}

function* mappingsOf({
  hostIp,
  published,
  target,
  protocol: spoken,
}: ShortPort): Generator<Record<string, string | number | undefined>> {
  const size = target.last - target.first;
  for (let offset = 0; offset <= size; offset++) {
    const first = published && published.first + offset;
    const range =
      published && size === 0 && published.last > published.first ? `${published.first}-${published.last}` : undefined;
    yield {
      mode: 'ingress',
      host_ip: hostIp,
      target: target.first + offset,
      published: range ?? (first === null ? undefined : String(first)),
      protocol: spoken,
    };
  }
}
