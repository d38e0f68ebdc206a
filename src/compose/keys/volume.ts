import { get, scalar, textOf, withEntry, type MapNode, type Node } from '../node.ts';
import type { VolumeDefinition } from '../project.ts';
import { external } from './external.ts';
import type { KeyTable, Place } from './key.ts';
import { text } from './scalars.ts';
import { labels, nullable, object, options } from './shapes.ts';

export const volumeKeys: KeyTable = {
  name: { shape: text, doc: 'The name in the engine.' },
  driver: { shape: text, doc: 'The driver; local by default.' },
  driver_opts: { shape: options, doc: 'Options of the driver.' },
  external: { shape: external, doc: 'The volume exists already.' },
  labels: { shape: labels, doc: 'Labels of the volume.' },
};

export const volume = nullable(object<VolumeDefinition>(volumeKeys, { of: 'a volume', finish: withAbsoluteDevice }));

/** The folder behind a volume of the local driver's kind "bind" is a path like any other. */
function withAbsoluteDevice(node: MapNode, place: Place): Node {
  const given = get(node, 'driver_opts');
  const device = textOf(given, 'device');
  const isBind = (textOf(given, 'o') ?? '').split(',').some((word) => word === 'bind' || word === 'rbind');
  if (given?.kind !== 'map' || device === undefined || !isBind || (!place.reading.interpolated && device.includes('$')))
    return node;
  return withEntry(
    node,
    'driver_opts',
    withEntry(given, 'device', scalar(place.reading.resolvePath(device), given.at)),
  );
}
