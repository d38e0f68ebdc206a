import { get, mapAt, type Node } from '../node.ts';
import type { Place, Shape } from './key.ts';
import { boolean, text } from './scalars.ts';
import { byKind, object } from './shapes.ts';

const oldForm = object<boolean>(
  { name: { shape: text, doc: 'The name in the engine (old form; use name).' } },
  { of: 'external' },
);

/**
 * true, or the old form `external: { name: x }`, which is kept until the names are settled
 * (see `settleNames`): it says "true" and the name in one.
 */
export const external: Shape<boolean> = byKind<boolean>('true or false', {
  scalar: boolean,
  map: { ...oldForm, read: readOld },
});

function readOld(node: Node, place: Place): Node | null {
  const read = oldForm.read(node, place);
  return read && mapAt({ name: get(read, 'name') }, node.at);
}
