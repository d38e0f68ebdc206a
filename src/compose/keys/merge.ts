import { fingerprint, isNull, list, map, textOf, type Entry, type ListNode, type Node } from '../node.ts';
import type { Merge } from './key.ts';

/** The later file's value stands alone. */
export const replace: Merge = (_base, over) => over;

/** Lists one after the other; a value that is there already is not repeated. */
export const append: Merge = (base, over) => {
  if (base.kind !== 'list' || over.kind !== 'list') return isNull(over) ? base : over;
  const known = new Set(base.items.map(fingerprint));
  const added = over.items.filter((item) => !known.has(fingerprint(item)));
  return list([...base.items, ...added], over.at);
};

/** Lists whose items have an identity: an item of the later file merges into the one with the same identity, in its place. */
export function appendBy(identity: (item: Node) => string, mergeItem: Merge = replace): Merge {
  return (base, over) => {
    if (base.kind !== 'list' || over.kind !== 'list') return isNull(over) ? base : over;
    const items = new Map<string, Node>();
    for (const item of [...base.items, ...over.items]) {
      const id = identity(item);
      const known = items.get(id);
      items.set(id, known ? mergeItem(known, item) : item);
    }
    return list([...items.values()], over.at);
  };
}

/** Maps key by key; `mergeOf` gives the rule of each key. A null in the later file changes nothing. */
export function byKey(mergeOf: (key: string) => Merge): Merge {
  return (base, over) => {
    if (isNull(over)) return base;
    if (base.kind !== 'map' || over.kind !== 'map') return over;
    const entries = new Map<string, Entry>(base.entries);
    for (const [key, entry] of over.entries) {
      const known = entries.get(key);
      entries.set(key, known ? { keyAt: entry.keyAt, value: mergeOf(key)(known.value, entry.value) } : entry);
    }
    return map(entries, over.at);
  };
}

/** For values twinhull does not know the meaning of (x- fields): maps merge, lists are appended, the rest is replaced. */
export const deep: Merge = (base, over) => {
  if (base.kind === 'map' && over.kind === 'map') return byKey(() => deep)(base, over);
  if (base.kind === 'list' && over.kind === 'list') return list([...base.items, ...over.items], over.at);
  return over;
};

/** Options belong to a driver: those of another driver do not survive (logging). */
export function sameDriver(mergeParts: Merge): Merge {
  return (base, over) => {
    const before = textOf(base, 'driver');
    const after = textOf(over, 'driver');
    return before === undefined || after === undefined || before === after ? mergeParts(base, over) : over;
  };
}

/** A mount is what stands at its target. */
export const identityByTarget = (item: Node): string =>
  item.kind === 'scalar'
    ? String(item.value)
    : (textOf(item, 'target') ?? textOf(item, 'source') ?? JSON.stringify(item));

/** Configs and secrets without a target stand at the place their name gives. */
export function identityByTargetIn(folder: string): (item: Node) => string {
  return (item) => {
    const target =
      textOf(item, 'target') ?? textOf(item, 'source') ?? (item.kind === 'scalar' ? String(item.value) : '');
    return target.startsWith('/') ? target : `${folder}/${target}`;
  };
}

/** The same address, published port, target and protocol are one mapping. */
export const identityOfPort = (item: Node): string =>
  item.kind === 'scalar'
    ? String(item.value)
    : `${textOf(item, 'host_ip') ?? '0.0.0.0'}:${textOf(item, 'published') ?? ''}:${textOf(item, 'target') ?? ''}/${textOf(item, 'protocol') ?? 'tcp'}`;

export function identityByKey(name: string): (item: Node) => string {
  return (item) => textOf(item, name) ?? (item.kind === 'scalar' ? String(item.value) : '');
}

/** Networks and the like, where `name:` alone (null) means "with nothing special". */
export function byNameWith(mergeOne: Merge): Merge {
  return byKey(() => (base, over) => (isNull(base) ? over : isNull(over) ? base : mergeOne(base, over)));
}

/** The list without repetition by identity: the last one stands, in the place of the first. */
export function unique(node: ListNode, identity: (item: Node) => string): Node {
  return appendBy(identity)(list([], node.at), node);
}
