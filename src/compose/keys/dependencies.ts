import { map, mapAt, scalar, withEntry, type Entry, type MapNode, type Node } from '../node.ts';
import type { Dependency } from '../project.ts';
import type { KeyTable, Shape } from './key.ts';
import { boolean, choice } from './scalars.ts';
import { byKind, distinctTexts, mapOf, object } from './shapes.ts';

const keys: KeyTable = {
  restart: { shape: boolean, doc: 'Restart this service when the other one is restarted or made anew.' },
  required: { shape: boolean, doc: 'false: it may be missing.' },
  condition: {
    shape: choice(['service_started', 'service_healthy', 'service_completed_successfully']),
    doc: 'What to wait for.',
  },
};

const long = mapOf(object<Dependency>(keys, { of: 'a dependency', required: ['condition'], finish: withRequired }));

/** A list of services, or a map with conditions; canonical: the map. */
export const dependsOn: Shape<Readonly<Record<string, Dependency>>> = byKind<Readonly<Record<string, Dependency>>>(
  'a list of services, or a map with conditions',
  {
    map: long,
    list: {
      ...long,
      read: (node, place) => {
        const names = distinctTexts.read(node, place);
        return names?.kind === 'list' ? map(new Map(names.items.map(started)), node.at) : null;
      },
    },
  },
);

function started(item: Node): [string, Entry] {
  const name = item.kind === 'scalar' ? String(item.value) : '';
  return [name, { keyAt: item.at, value: mapAt({ condition: 'service_started', required: true }, item.at) }];
}

function withRequired(node: MapNode): MapNode {
  return node.entries.has('required') ? node : withEntry(node, 'required', scalar(true, node.at));
}
