import type { Node } from '../node.ts';
import { problemAt, showValue } from '../problems.ts';
import type { Place, Reading } from './key.ts';

export function child(place: Place, step: string | number): Place {
  return { path: [...place.path, step], reading: place.reading };
}

/** Reports what is wrong with a node; gives null, so that a reader can end with it. */
export function refuse(node: Node, place: Place, message: string, expected = ''): null {
  const isEmpty = node.kind === 'scalar' && node.value === null;
  const value = isEmpty ? '' : node.kind === 'scalar' ? showValue(node.value) : `this ${node.kind}`;
  place.reading.problems.push(problemAt(node.at, place.path, value, isEmpty ? 'is empty' : message, expected));
  return null;
}

/** `${VAR}` not filled in: nothing can be said about the value. */
export function isOpen(node: Node, reading: Reading): boolean {
  return !reading.interpolated && node.kind === 'scalar' && typeof node.value === 'string' && node.value.includes('$');
}
