/** Shapes made of others: lists, maps, tables of keys, several forms of one thing. */

import {
  list,
  map,
  scalar,
  fingerprint,
  isNull,
  type Entry,
  type ListNode,
  type MapNode,
  type Node,
  type ScalarNode,
} from '../node.ts';
import { nearest, problemAt, showValue } from '../problems.ts';
import type { Position } from '../project.ts';
import { shellWords } from '../shell-words.ts';
import type { Key, KeyTable, Merge, Place, Shape } from './key.ts';
import { append, appendBy, byKey, deep, replace, unique } from './merge.ts';
import { child, isOpen, refuse } from './place.ts';
import { pairValue, text, textOrNumber } from './scalars.ts';

/** Anything: kept as it is. */
export const anything: Shape<unknown> = { expected: 'anything', merge: deep, read: (node) => node };

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  const merge: Merge = (base, over) => (isNull(base) || isNull(over) ? over : shape.merge(base, over));
  return {
    ...shape,
    canonical: null,
    merge,
    read: (node, place) => (isNull(node) ? node : shape.read(node, place)),
  };
}

/** The same canonical form from several written ones, told apart by their kind. */
export function byKind<T>(
  expected: string,
  forms: { readonly scalar?: Shape<T>; readonly list?: Shape<T>; readonly map?: Shape<T> },
): Shape<T> {
  const keys = forms.map?.keys ?? forms.list?.keys;
  return {
    expected,
    merge: (forms.map ?? forms.list ?? forms.scalar ?? anything).merge,
    ...(keys && { keys }),
    read: (node, place) => {
      if (isOpen(node, place.reading)) return node;
      const form = isNull(node) ? undefined : forms[node.kind];
      return form ? form.read(node, place) : refuse(node, place, 'is not allowed here', expected);
    },
  };
}

export interface ListOptions {
  readonly merge?: Merge;
  /** items with the same identity are one thing: the last one stands, in one file and over several */
  readonly identity?: (item: Node) => string;
  /** equal items are a mistake, as in the specification's schema */
  readonly distinct?: boolean;
  /** one written item may stand for several (a range of ports) */
  readonly spread?: boolean;
}

export function listOf<T>(item: Shape<T>, options: ListOptions = {}): Shape<readonly T[]> {
  const expected = `a list of ${item.expected.replace(/^an? /, '')} items`;
  return {
    expected,
    merge: options.merge ?? (options.identity ? appendBy(options.identity) : append),
    ...(item.keys && { keys: item.keys }),
    read: (node, place) => {
      if (isOpen(node, place.reading)) return node;
      if (node.kind !== 'list') return refuse(node, place, 'is not a list', expected);
      if (options.distinct) refuseRepeated(node, place);
      const items: Node[] = [];
      for (const [index, written] of node.items.entries()) {
        const read = item.read(written, child(place, index));
        if (read?.kind === 'list' && options.spread) items.push(...read.items);
        else items.push(read ?? written);
      }
      return options.identity ? unique(list(items, node.at), options.identity) : list(items, node.at);
    },
  };
}

function refuseRepeated(node: ListNode, place: Place): void {
  const seen = new Map<string, Position>();
  for (const [index, item] of node.items.entries()) {
    const id = fingerprint(item);
    const first = seen.get(id);
    if (first) refuse(item, child(place, index), `stands here twice (first at line ${first.line})`, 'each item once');
    else seen.set(id, item.at);
  }
}

export const texts: Shape<readonly string[]> = { ...listOf(text), expected: 'a list of strings' };
export const distinctTexts: Shape<readonly string[]> = {
  ...listOf(text, { distinct: true }),
  expected: 'a list of strings',
};

/** A list, or one string for a list of one. */
export const textOrList: Shape<readonly string[]> = byKind('a string or a list of strings', {
  scalar: { ...texts, read: (node, place) => asList(text.read(node, place)) },
  list: distinctTexts,
});

export function asList(node: Node | null): Node | null {
  return node && list([node], node.at);
}

/** A command: a string is split as a shell would split it. */
export const command: Shape<readonly string[] | null> = {
  ...nullable(
    byKind<readonly string[]>('a string or a list of strings', {
      list: texts,
      scalar: {
        ...texts,
        read: (node, place) => {
          const read = text.read(node, place);
          if (read?.kind !== 'scalar') return read;
          return commandWords(String(read.value), node, place);
        },
      },
    }),
  ),
  merge: replace,
};

function commandWords(written: string, node: Node, place: Place): Node | null {
  const split = shellWords(written);
  if (!split) return refuse(node, place, 'has a quote that is not closed', 'a command as for a shell');
  if (split.rest !== '') {
    const message = `ends before ${showValue(split.rest)}, as in Compose: there is no shell to carry it out`;
    place.reading.warnings.push(problemAt(node.at, place.path, '', message, '["sh", "-c", "..."]'));
  }
  const words = split.words.map((word) => scalar(word, node.at));
  return list(words, node.at);
}

export interface MapOptions {
  readonly names?: RegExp;
  /** for messages: what a name may be */
  readonly namesExpected?: string;
  readonly merge?: Merge;
}

export function mapOf<T>(value: Shape<T>, options: MapOptions = {}): Shape<Readonly<Record<string, T>>> {
  const expected = 'a map';
  return {
    expected,
    merge: options.merge ?? byKey(() => value.merge),
    ...(value.keys && { keys: value.keys }),
    read: (node, place) => {
      if (isOpen(node, place.reading)) return node;
      if (node.kind !== 'map') return refuse(node, place, 'is not a map', expected);
      return readEntries(node, (name, entry) => {
        if (options.names && !options.names.test(name)) {
          place.reading.problems.push(
            problemAt(
              entry.keyAt,
              child(place, name).path,
              showValue(name),
              'is no name for this',
              options.namesExpected,
            ),
          );
          return null;
        }
        return value.read(entry.value, child(place, name));
      });
    },
  };
}

function readEntries(node: MapNode, read: (name: string, entry: Entry) => Node | null): MapNode {
  const entries = new Map<string, Entry>();
  for (const [name, entry] of node.entries) {
    // What could not be read stays as it is: the loading fails anyway, and what refers to it is not called missing.
    entries.set(name, { keyAt: entry.keyAt, value: read(name, entry) ?? entry.value });
  }
  return map(entries, node.at);
}

/** A map, or a list of `KEY=value`; `KEY` alone is null in both. */
export const pairs: Shape<Readonly<Record<string, string | null>>> = byKind('a map or a list of KEY=value', {
  map: mapOf(nullable(pairValue), { merge: byKey(() => replace) }),
  list: {
    ...mapOf(nullable(pairValue), { merge: byKey(() => replace) }),
    read: (node, place) => readPairs(node, place),
  },
});

/** As `pairs`, where a name without a value means the empty string (labels). */
export const labels: Shape<Readonly<Record<string, string>>> = {
  expected: pairs.expected,
  merge: pairs.merge,
  read: (node, place) => {
    const read = pairs.read(node, place);
    return read?.kind === 'map'
      ? readEntries(read, (_name, { value }) => (isNull(value) ? scalar('', value.at) : value))
      : read;
  },
};

function readPairs(node: Node, place: Place): Node | null {
  if (node.kind !== 'list') return refuse(node, place, 'is not a list');
  refuseRepeated(node, place);
  const entries = new Map<string, Entry>();
  for (const [index, item] of node.items.entries()) {
    const read = text.read(item, child(place, index));
    if (read?.kind !== 'scalar') continue;
    const pair = splitPair(read);
    if (pair.name === '') refuse(item, child(place, index), 'has no name', 'KEY=value');
    else entries.set(pair.name, { keyAt: item.at, value: pair.value });
  }
  return map(entries, node.at);
}

function splitPair(node: ScalarNode): { readonly name: string; readonly value: Node } {
  const written = String(node.value);
  const cut = written.indexOf('=');
  if (cut < 0) return { name: written, value: scalar(null, node.at) };
  return { name: written.slice(0, cut), value: scalar(written.slice(cut + 1), node.at) };
}

/** Free options of a driver: text or numbers. */
export const options: Shape<Readonly<Record<string, string>>> = mapOf(textOrNumber);

export interface ObjectOptions {
  readonly required?: readonly string[];
  /** a last step on the canonical map: defaults, rules between keys */
  readonly finish?: (node: MapNode, place: Place) => Node | null;
  /** keys without a value are kept: they are judged when all files are merged */
  readonly emptyLater?: boolean;
  /** x- fields are allowed (they are nearly everywhere) */
  readonly extensible?: boolean;
  /** what is described, for the message about an unknown key */
  readonly of?: string;
}

/** A map with the named keys of a table. Unknown ones are mistakes, answered with the name that was probably meant. */
export function object<T>(keys: KeyTable, objectOptions: ObjectOptions = {}): Shape<T> {
  const { required = [], finish, extensible = true } = objectOptions;
  const ruleOf = (name: string): Key | undefined => (Object.hasOwn(keys, name) ? keys[name] : undefined);
  return {
    expected: 'a map',
    keys,
    merge: byKey((name) => mergeOf(ruleOf(name))),
    read: (node, place) => {
      if (isOpen(node, place.reading)) return node;
      if (node.kind !== 'map') return refuse(node, place, 'is not a map', 'a map');
      const read = readEntries(node, (name, entry) => {
        const rule = ruleOf(name);
        if (rule && objectOptions.emptyLater && isNull(entry.value)) return entry.value;
        if (rule) return rule.shape.read(entry.value, child(place, name));
        return extensible && name.startsWith('x-')
          ? entry.value
          : refuseUnknown(name, entry, place, keys, objectOptions.of);
      });
      for (const name of required) {
        if (!node.entries.has(name)) refuse(node, place, `has no "${name}"`, `the key "${name}"`);
      }
      return finish ? finish(read, place) : read;
    },
  };
}

/** The merge rule of a key; of an x- field where there is no key. */
function mergeOf(rule: Key | undefined): Merge {
  return rule?.merge ?? rule?.shape.merge ?? deep;
}

function refuseUnknown(name: string, entry: Entry, place: Place, keys: KeyTable, of = 'this'): null {
  const meant = nearest(name, Object.keys(keys));
  const expected = meant ? `"${meant}"` : `a key of ${of}, or x-${name} for one of your own`;
  place.reading.problems.push(
    problemAt(entry.keyAt, child(place, name).path, showValue(name), `is no key of ${of}`, expected),
  );
  return null;
}
