import { mapAt, scalar, textOf, withEntry, type MapNode } from '../node.ts';
import type { FileUse } from '../project.ts';
import type { KeyTable, Shape } from './key.ts';
import { identityByTargetIn } from './merge.ts';
import { text, textOrNumber } from './scalars.ts';
import { byKind, listOf, object, type ListOptions } from './shapes.ts';

const keys: KeyTable = {
  source: { shape: text, doc: 'The name in the top-level section.' },
  target: { shape: text, doc: 'Path in the container.' },
  uid: { shape: text, doc: 'Owner of the file in the container.' },
  gid: { shape: text, doc: 'Group of the file in the container.' },
  mode: { shape: octalMode(), doc: 'Permissions of the file in the container, octal.' },
};

/** `configs:` and `secrets:` of a service; a secret without a target stands in /run/secrets. */
export function fileUses(kind: 'config' | 'secret'): Shape<readonly FileUse[]> {
  const folder = kind === 'secret' ? '/run/secrets' : '';
  const finish = (node: MapNode): MapNode => {
    const source = textOf(node, 'source');
    return kind === 'secret' && source !== undefined && !node.entries.has('target')
      ? withEntry(node, 'target', scalar(`${folder}/${source}`, node.at))
      : node;
  };
  const long = object<FileUse>(keys, { of: `a ${kind} of a service`, required: ['source'], finish });
  const short: Shape<FileUse> = {
    ...long,
    read: (node, place) => {
      const name = text.read(node, place);
      return name && finish(mapAt({ source: name }, node.at));
    },
  };
  const options: ListOptions = { identity: identityByTargetIn(folder) };
  return listOf(byKind<FileUse>(`the name of a ${kind}, or a map`, { scalar: short, map: long }), options);
}

/** Permissions: canonical a string of octal digits with a leading zero, as `docker compose config` prints it. */
function octalMode(): Shape<string> {
  return {
    ...textOrNumber,
    expected: 'octal permissions such as 0440',
    read: (node, place) => {
      if (node.kind !== 'scalar') return textOrNumber.read(node, place);
      if (typeof node.value === 'number' && Number.isInteger(node.value) && node.value >= 0)
        return scalar(`0${node.value.toString(8)}`, node.at);
      if (typeof node.value === 'string' && /^(0o?)?[0-7]{1,4}$/.test(node.value))
        return scalar(`0${node.value.replace(/^0o?/, '')}`, node.at);
      return textOrNumber.read(node, place);
    },
  };
}
