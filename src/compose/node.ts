import type { Position } from './project.ts';

/**
 * A YAML value that knows where it was written. Every stage of loading (interpolation, reading by the table of
 * keys, merging, extending) makes new nodes out of old ones, so that a problem found late, and `locate`, still
 * name the line a person typed. Nodes are never changed once made; maps keep the order of the file.
 */
export type Node = ScalarNode | ListNode | MapNode;

export type Scalar = string | number | boolean | null;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: Scalar;
  readonly at: Position;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly at: Position;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Position;
}

export interface Entry {
  /** where the key stands */
  readonly keyAt: Position;
  readonly value: Node;
}

export type Path = readonly (string | number)[];

export function scalar(value: Scalar, at: Position): ScalarNode {
  return { kind: 'scalar', value, at };
}

export function list(items: readonly Node[], at: Position): ListNode {
  return { kind: 'list', items, at };
}

export function map(entries: ReadonlyMap<string, Entry>, at: Position): MapNode {
  return { kind: 'map', entries, at };
}

/** A map all of whose keys and values stand at one place: the long form of a short one. Absent values are left out. */
export function mapAt(values: Readonly<Record<string, Node | Scalar | undefined>>, at: Position): MapNode {
  const entries = new Map<string, Entry>();
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    entries.set(key, { keyAt: at, value: isNode(value) ? value : scalar(value, at) });
  }
  return map(entries, at);
}

function isNode(value: Node | Scalar): value is Node {
  return typeof value === 'object' && value !== null;
}

/** The map with one entry set; a new key goes to the end and stands where its value stands. */
export function withEntry(node: MapNode, key: string, value: Node): MapNode {
  const entries = new Map(node.entries);
  entries.set(key, { keyAt: entries.get(key)?.keyAt ?? value.at, value });
  return map(entries, node.at);
}

export function withoutEntry(node: MapNode, key: string): MapNode {
  if (!node.entries.has(key)) return node;
  const entries = new Map(node.entries);
  entries.delete(key);
  return map(entries, node.at);
}

export function get(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

/** The text of a scalar child, or undefined where there is none. */
export function textOf(node: Node | undefined, key: string): string | undefined {
  const child = get(node, key);
  return child?.kind === 'scalar' && child.value !== null ? String(child.value) : undefined;
}

export function isNull(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && node.value === null;
}

/** Plain data: what the rest of the program works on. */
export function toValue(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(toValue);
    case 'map': {
      const value: Record<string, unknown> = {};
      for (const [key, entry] of node.entries) value[key] = toValue(entry.value);
      return value;
    }
  }
}

/** Where the value at `path` stands (its key, for an entry of a map); of the deepest part that exists; null for a path that starts nowhere. */
export function locate(root: Node, path: Path): Position | null {
  let node: Node = root;
  let at: Position | null = path.length === 0 ? root.at : null;
  for (const step of path) {
    if (node.kind === 'map') {
      const entry = node.entries.get(String(step));
      if (!entry) return at;
      at = entry.keyAt;
      node = entry.value;
    } else if (node.kind === 'list') {
      const item: Node | undefined = node.items[Number(step)];
      if (!item) return at;
      at = item.at;
      node = item;
    } else return at;
  }
  return at;
}

/** Equal for the same data, wherever it was written. */
export function fingerprint(node: Node): string {
  return JSON.stringify(toValue(node));
}
