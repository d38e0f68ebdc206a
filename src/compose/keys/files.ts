/** Keys that name files to be read: env_file, label_file. */

import { mapAt, scalar, withEntry, type MapNode, type Node } from '../node.ts';
import type { KeyTable, Shape } from './key.ts';
import { append, identityByKey } from './merge.ts';
import { boolean, choice, path } from './scalars.ts';
import { asList, byKind, listOf, object } from './shapes.ts';

export interface EnvFile {
  readonly path: string;
  readonly required: boolean;
  readonly format?: string;
}

const keys: KeyTable = {
  path: { shape: path, doc: 'The file.' },
  format: { shape: choice(['raw']), doc: 'raw: values are taken as they stand, without quotes and variables.' },
  required: { shape: boolean, doc: 'false: the file may be missing.' },
};

const long = object<EnvFile>(keys, { of: 'env_file', required: ['path'], extensible: false, finish: withRequired });
const one = byKind<EnvFile>('a path, or a map', {
  map: long,
  scalar: { ...long, read: (node, place) => envFile(path.read(node, place)) },
});
const many = listOf(one, { identity: identityByKey('path') });

export const envFiles: Shape<readonly EnvFile[]> = byKind<readonly EnvFile[]>('a path or a list of paths', {
  scalar: { ...many, read: (node, place) => asList(one.read(node, place)) },
  list: many,
});

export const paths: Shape<readonly string[]> = byKind<readonly string[]>('a path or a list of paths', {
  scalar: { ...listOf(path), read: (node, place) => asList(path.read(node, place)) },
  list: listOf(path, { merge: append }),
});

function envFile(node: Node | null): MapNode | null {
  return node && mapAt({ path: node, required: true }, node.at);
}

function withRequired(node: MapNode): MapNode {
  return node.entries.has('required') ? node : withEntry(node, 'required', scalar(true, node.at));
}
