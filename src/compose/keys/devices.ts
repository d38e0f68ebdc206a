import { mapAt, scalar, withEntry, type MapNode, type Node } from '../node.ts';
import type { KeyTable, Place, Shape } from './key.ts';
import { identityByTarget } from './merge.ts';
import { refuse } from './place.ts';
import { bytes, integer, text } from './scalars.ts';
import { byKind, distinctTexts, listOf, object, pairs } from './shapes.ts';

export interface DeviceMapping {
  readonly source: string;
  readonly target?: string;
  readonly permissions?: string;
}

const mappingKeys: KeyTable = {
  source: { shape: text, doc: 'Path on the host.' },
  target: { shape: text, doc: 'Path in the container.' },
  permissions: { shape: text, doc: 'What the container may do: r, w, m.' },
};
const longMapping = object<DeviceMapping>(mappingKeys, { of: 'a device', required: ['source'] });
const expectedDevice = 'SOURCE[:TARGET[:PERMISSIONS]], such as "/dev/ttyUSB0:/dev/ttyUSB0:rw"';
const shortMapping: Shape<DeviceMapping> = { ...longMapping, expected: expectedDevice, read: readMapping };

/** Devices of the host, or of a CDI vendor ("vendor.com/class=name"). */
export const devices: Shape<readonly DeviceMapping[]> = listOf(
  byKind<DeviceMapping>(expectedDevice, { scalar: shortMapping, map: longMapping }),
  {
    identity: identityByTarget,
  },
);

function readMapping(node: Node, place: Place): Node | null {
  const read = text.read(node, place);
  if (read?.kind !== 'scalar') return null;
  const [source = '', target = source, permissions = 'rwm', ...rest] = String(read.value).split(':');
  if (source === '' || target === '' || rest.length > 0) return refuse(node, place, 'is no device', expectedDevice);
  if (/^[rwm]+$/.test(target) && permissions === 'rwm')
    return mapAt({ source, target: source, permissions: target }, node.at);
  return mapAt({ source, target, permissions }, node.at);
}

export interface DeviceRequest {
  readonly capabilities?: readonly string[];
  /** -1: all */
  readonly count?: number;
  readonly device_ids?: readonly string[];
  readonly driver?: string;
  readonly options?: Readonly<Record<string, string | null>>;
}

const count: Shape<number> = {
  ...integer({ min: -1 }),
  expected: 'a number, or all',
  read: (node, place) =>
    node.kind === 'scalar' && node.value === 'all' ? scalar(-1, node.at) : integer({ min: -1 }).read(node, place),
};

const requestKeys: KeyTable = {
  capabilities: { shape: distinctTexts, doc: 'What the device can do, such as gpu.' },
  count: { shape: count, doc: 'How many; all (-1) by default.' },
  device_ids: { shape: distinctTexts, doc: 'Which ones.' },
  driver: { shape: text, doc: 'The driver, such as nvidia.' },
  options: { shape: pairs, doc: 'Options of the driver.' },
};

export const deviceRequests: Shape<readonly DeviceRequest[]> = listOf(
  object<DeviceRequest>(requestKeys, { of: 'a device reservation', required: ['capabilities'], finish: withCount }),
);

/** `gpus: all` or a list; canonical: a list of device requests with the capability gpu. */
export const gpus: Shape<readonly DeviceRequest[]> = byKind<readonly DeviceRequest[]>('all, or a list', {
  scalar: {
    ...deviceRequests,
    read: (node, place) =>
      node.kind === 'scalar' && node.value === 'all'
        ? { kind: 'list', items: [mapAt({ count: -1 }, node.at)], at: node.at }
        : refuse(node, place, 'is not "all"', 'all, or a list'),
  },
  list: listOf(object<DeviceRequest>(requestKeys, { of: 'a GPU', finish: withCount })),
});

function withCount(node: MapNode, place: Place): Node | null {
  const both = node.entries.has('count') && node.entries.has('device_ids');
  if (both) return refuse(node, place, 'has count and device_ids', 'one of the two');
  return node.entries.has('count') || node.entries.has('device_ids')
    ? node
    : withEntry(node, 'count', scalar(-1, node.at));
}

export interface BlockIo {
  readonly weight?: number;
  readonly weight_device?: readonly { readonly path: string; readonly weight: number }[];
  readonly device_read_bps?: readonly { readonly path: string; readonly rate: string }[];
  readonly device_read_iops?: readonly { readonly path: string; readonly rate: string }[];
  readonly device_write_bps?: readonly { readonly path: string; readonly rate: string }[];
  readonly device_write_iops?: readonly { readonly path: string; readonly rate: string }[];
}

const weight = integer({ min: 0, max: 1000 });
const rates = listOf(
  object(
    { path: { shape: text, doc: 'Device.' }, rate: { shape: bytes, doc: 'Rate a second.' } },
    { of: 'a rate', extensible: false },
  ),
);
const blockIoKeys: KeyTable = {
  weight: { shape: weight, doc: 'Relative weight, 10 to 1000.' },
  weight_device: {
    shape: listOf(
      object(
        { path: { shape: text, doc: 'Device.' }, weight: { shape: weight, doc: 'Weight.' } },
        { of: 'a weight', extensible: false },
      ),
    ),
    doc: 'Weight of single devices.',
  },
  device_read_bps: { shape: rates, doc: 'Bytes read a second.' },
  device_read_iops: { shape: rates, doc: 'Reads a second.' },
  device_write_bps: { shape: rates, doc: 'Bytes written a second.' },
  device_write_iops: { shape: rates, doc: 'Writes a second.' },
};
export const blockIo = object<BlockIo>(blockIoKeys, { of: 'blkio_config', extensible: false });
