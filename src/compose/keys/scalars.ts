/** Shapes of single values: text, numbers, truth values, sizes, durations, paths. */

import { parseBytes } from '../../bytes.ts';
import { parseDuration } from '../../duration.ts';
import { scalar } from '../node.ts';
import type { Shape } from './key.ts';
import { replace } from './merge.ts';
import { isOpen, refuse } from './place.ts';

/** A shape read from one scalar. `parse` gives the canonical value, or undefined when it is none. */
function fromScalar<T extends string | number | boolean>(
  expected: string,
  parse: (value: string | number | boolean) => T | undefined,
  complaint = 'is not allowed',
): Shape<T> {
  return {
    expected,
    merge: replace,
    read: (node, place) => {
      if (isOpen(node, place.reading)) return node;
      if (node.kind !== 'scalar') return refuse(node, place, 'is not allowed here', expected);
      const value = node.value === null ? undefined : parse(node.value);
      return value === undefined ? refuse(node, place, complaint, expected) : scalar(value, node.at);
    },
  };
}

export const text: Shape<string> = {
  ...fromScalar('a string', (value) => (typeof value === 'string' ? value : undefined)),
  read: (node, place) => {
    if (node.kind === 'scalar' && typeof node.value === 'string') return node;
    const quote =
      node.kind === 'scalar' && node.value !== null
        ? `a string; put it in quotes: "${String(node.value)}"`
        : 'a string';
    return refuse(node, place, 'is not a string', quote);
  },
};

export function textMatching(pattern: RegExp, expected: string): Shape<string> {
  return fromScalar(expected, (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined));
}

export function choice<const T extends string>(values: readonly T[]): Shape<T> {
  const expected = `one of ${values.join(', ')}`;
  return fromScalar(expected, (value) => values.find((known) => known === value));
}

/** A string, or a number that is meant as one. */
export const textOrNumber: Shape<string> = fromScalar('a string or a number', (value) =>
  typeof value === 'boolean' ? undefined : String(value),
);

/** Compose's truth: true, yes, y, on, and their opposites, in any case. */
export const boolean: Shape<boolean> = fromScalar('true or false', (value) => {
  if (typeof value === 'boolean') return value;
  const word = String(value).toLowerCase();
  if (['true', 'yes', 'y', 'on', '1'].includes(word) && typeof value === 'string') return true;
  if (['false', 'no', 'n', 'off', '0'].includes(word) && typeof value === 'string') return false;
  return undefined;
});

export function integer(range: { readonly min?: number; readonly max?: number } = {}): Shape<number> {
  const { min, max } = range;
  const limits =
    min !== undefined && max !== undefined ? ` from ${min} to ${max}` : min !== undefined ? ` of at least ${min}` : '';
  return fromScalar(
    `a whole number${limits}`,
    (value) => {
      const number = numberOf(value);
      if (number === undefined || !Number.isSafeInteger(number)) return undefined;
      return number < (min ?? -Infinity) || number > (max ?? Infinity) ? undefined : number;
    },
    'is not possible',
  );
}

/** Linux lets a bridge have 1,023 ports: no engine runs more containers of one service. */
export const containerCount: Shape<number> = integer({ min: 0, max: 1000 });

export function number(range: { readonly min?: number; readonly max?: number } = {}): Shape<number> {
  const { min = -Infinity, max = Infinity } = range;
  return fromScalar('a number', (value) => {
    const read = numberOf(value);
    return read === undefined || read < min || read > max ? undefined : read;
  });
}

function numberOf(value: string | number | boolean): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(value.trim())) return undefined;
  return Number(value);
}

/** A size; canonical: the number of bytes as a string, as `docker compose config` prints it. */
export const bytes: Shape<string> = fromScalar('a size such as 512m or 2GiB', bytesOf);

/** A size that may be -1: no limit. */
export const bytesOrUnlimited: Shape<string> = fromScalar('a size such as 512m or 2GiB, or -1 for no limit', (value) =>
  String(value).trim() === '-1' ? '-1' : bytesOf(value),
);

/** A size that must be written as text. */
export const textBytes: Shape<string> = fromScalar('a size such as "512m" or "2GiB"', (value) =>
  typeof value === 'string' ? bytesOf(value) : undefined,
);

function bytesOf(value: string | number | boolean): string | undefined {
  if (typeof value === 'boolean' || (typeof value === 'number' && !Number.isInteger(value))) return undefined;
  const read = parseBytes(String(value));
  return read === null ? undefined : String(read);
}

/** A span of time; canonical: Go's form ("1m30s", "1m0s", "500ms"), as `docker compose config` prints it. */
export const duration: Shape<string> = fromScalar('a duration with a unit, such as 10s or 1m30s', (value) => {
  const ms = typeof value === 'string' ? parseDuration(value) : null;
  return ms === null ? undefined : goDuration(ms);
});

/** Go's time.Duration.String(). */
function goDuration(ms: number): string {
  const ns = Math.round(ms * 1e6);
  if (ns === 0) return '0s';
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${ns / 1e3}µs`;
  if (ns < 1e9) return `${ns / 1e6}ms`;
  const hours = Math.floor(ns / 3.6e12);
  const minutes = Math.floor((ns % 3.6e12) / 6e10);
  const seconds = `${(ns % 6e10) / 1e9}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** A file or folder of the host, made absolute. */
export const path: Shape<string> = {
  ...text,
  expected: 'a path',
  read: (node, place) => {
    if (isOpen(node, place.reading)) return node;
    const read = text.read(node, place);
    return read?.kind === 'scalar' ? scalar(place.reading.resolvePath(String(read.value)), node.at) : read;
  },
};

/** A string, or true and false as they stand. */
export const textOrBoolean: Shape<string | boolean> = fromScalar<string | boolean>(
  'a string, true or false',
  (value) => (typeof value === 'number' ? undefined : value),
);

/** Values of `KEY=value` maps: what a person writes as a number or a truth value is text. */
export const pairValue: Shape<string> = fromScalar('a string, a number, true or false', String);
