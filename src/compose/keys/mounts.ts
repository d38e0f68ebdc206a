import { mapAt, scalar, textOf, withEntry, type MapNode, type Node, type Scalar } from '../node.ts';
import type { Mount } from '../project.ts';
import type { KeyTable, Place, Shape } from './key.ts';
import { identityByTarget } from './merge.ts';
import { refuse } from './place.ts';
import { boolean, bytes, choice, text, textOrNumber } from './scalars.ts';
import { byKind, labels, listOf, object } from './shapes.ts';

const expectedShort = '[SOURCE:]TARGET[:MODE], such as "./data:/data:ro"';

const bindKeys: KeyTable = {
  propagation: { shape: text, doc: 'How mounts inside travel: shared, slave, private, rshared, rslave, rprivate.' },
  create_host_path: { shape: boolean, doc: 'Create the folder on the host when it is missing (the default).' },
  recursive: { shape: choice(['enabled', 'disabled', 'writable', 'readonly']), doc: 'What happens to mounts inside.' },
  selinux: { shape: choice(['z', 'Z']), doc: 'SELinux label: z shared, Z private.' },
};

const volumeKeys: KeyTable = {
  labels: { shape: labels, doc: 'Labels of the volume.' },
  nocopy: { shape: boolean, doc: 'Do not fill a new volume from the image.' },
  subpath: { shape: text, doc: 'A folder inside the volume.' },
};

const keys: KeyTable = {
  type: {
    shape: choice(['bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image']),
    doc: 'bind, volume, tmpfs, npipe, cluster or image.',
  },
  source: { shape: text, doc: 'Folder of the host, name of a volume, or image.' },
  target: { shape: text, doc: 'Path in the container.' },
  read_only: { shape: boolean, doc: 'The container may not write.' },
  consistency: { shape: text, doc: 'Consistency asked of the platform.' },
  bind: { shape: object(bindKeys, { of: 'bind' }), doc: 'Options of a bind mount.' },
  volume: { shape: object(volumeKeys, { of: 'volume' }), doc: 'Options of a volume.' },
  tmpfs: {
    shape: object(
      { size: { shape: bytes, doc: 'Size in bytes.' }, mode: { shape: textOrNumber, doc: 'Permissions, octal.' } },
      { of: 'tmpfs' },
    ),
    doc: 'Options of a tmpfs.',
  },
  image: {
    shape: object({ subpath: { shape: text, doc: 'A folder inside the image.' } }, { of: 'image' }),
    doc: 'Options of an image mount.',
  },
};

const long = object<Mount>(keys, { of: 'a volume', required: ['type'], finish: finishLong });
const short: Shape<Mount> = { ...long, expected: expectedShort, read: readShort };

export const mounts: Shape<readonly Mount[]> = listOf(byKind<Mount>(expectedShort, { scalar: short, map: long }), {
  identity: identityByTarget,
  distinct: true,
});

function finishLong(node: MapNode, place: Place): Node | null {
  const type = textOf(node, 'type');
  const source = textOf(node, 'source');
  const open = !place.reading.interpolated && source?.includes('$');
  if (textOf(node, 'target') === undefined)
    return refuse(node, place, 'has no "target"', 'the key "target": a path in the container');
  if ((type === 'bind' || type === 'npipe' || type === 'image') && source === undefined)
    return refuse(node, place, 'has no "source"', `the key "source" of a ${type} mount`);
  if (type === 'tmpfs' && source !== undefined)
    return refuse(node, place, 'is a tmpfs with a source', 'a tmpfs without "source"');
  if (type !== 'bind' || source === undefined) return node;
  return withBindDefaults(open ? node : withEntry(node, 'source', scalar(place.reading.resolvePath(source), node.at)));
}

/** Compose creates a missing folder for the short and the long form alike, unless told not to. */
function withBindDefaults(node: MapNode): MapNode {
  const bind = node.entries.get('bind')?.value;
  const options = bind?.kind === 'map' ? bind : mapAt({}, node.at);
  if (options.entries.has('create_host_path')) return node;
  return withEntry(node, 'bind', withEntry(options, 'create_host_path', scalar(true, node.at)));
}

function readShort(node: Node, place: Place): Node | null {
  const written = text.read(node, place);
  if (written?.kind !== 'scalar') return null;
  const parts = splitMount(String(written.value));
  if (parts.length > 3 || parts.includes('')) return refuse(node, place, 'is no volume', expectedShort);
  if (parts.length === 1) return mapAt({ type: 'volume', target: parts[0] ?? '', volume: mapAt({}, node.at) }, node.at);
  const [source = '', target = '', mode = ''] = parts;
  const options = modeOptions(mode);
  if (typeof options === 'string')
    return refuse(
      node,
      place,
      options,
      'the modes ro, rw, z, Z, nocopy, or a propagation such as rshared, separated by commas',
    );
  return isHostPath(source)
    ? bindOf(place.reading.resolvePath(source), target, options, node)
    : volumeOf(source, target, options, node);
}

/** Splits at colons, but not at the one of a Windows drive ("C:\data"). */
function splitMount(written: string): string[] {
  const parts = written.split(':');
  const joined: string[] = [];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] ?? '';
    const next = parts[index + 1];
    if (
      /^[a-zA-Z]$/.test(part) &&
      next !== undefined &&
      /^[\\/]/.test(next) &&
      /^[a-zA-Z]:\\/.test(`${part}:${next}`)
    ) {
      joined.push(`${part}:${next}`);
      index += 1;
    } else joined.push(part);
  }
  return joined;
}

function isHostPath(source: string): boolean {
  return /^[./~]/.test(source) || /^[a-zA-Z]:\\/.test(source);
}

interface MountMode {
  readonly readOnly: boolean;
  readonly bind: Record<string, Scalar>;
  readonly volume: Record<string, Scalar>;
}

function modeOptions(mode: string): MountMode | string {
  const options = { readOnly: false, bind: {} as Record<string, Scalar>, volume: {} as Record<string, Scalar> };
  for (const word of mode === '' ? [] : mode.split(',')) {
    if (word === 'ro') options.readOnly = true;
    else if (word === 'nocopy') options.volume['nocopy'] = true;
    else if (word === 'z' || word === 'Z') options.bind['selinux'] = word;
    else if (/^r?(shared|slave|private)$/.test(word)) options.bind['propagation'] = word;
    else if (!['rw', 'cached', 'delegated', 'consistent', 'copy', 'U'].includes(word))
      return `has the mode "${word}", which is none`;
  }
  return options;
}

function bindOf(source: string, target: string, mode: MountMode, node: Node): MapNode {
  const bind = mapAt({ ...mode.bind, create_host_path: true }, node.at);
  return mapAt({ type: 'bind', source, target, read_only: mode.readOnly || undefined, bind }, node.at);
}

/** A label for SELinux goes with a named volume too. */
function volumeOf(source: string, target: string, mode: MountMode, node: Node): MapNode {
  const volume = mapAt(mode.volume, node.at);
  const bind = Object.keys(mode.bind).length > 0 ? mapAt(mode.bind, node.at) : undefined;
  return mapAt({ type: 'volume', source, target, read_only: mode.readOnly || undefined, bind, volume }, node.at);
}
