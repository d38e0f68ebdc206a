/**
 * Shapes of settings: each knows what it expects, reads one value and complains with the place. Made for
 * small tables of keys that people write by hand: everything wrong is said in one go, nothing is guessed.
 */

import type { Path } from '../compose/node.ts';
import { nearest } from '../compose/problems.ts';
import { formatDuration, parseDuration } from '../duration.ts';

export interface Complaint {
  readonly path: Path;
  readonly value: unknown;
  readonly message: string;
  readonly expected: string;
}

type Complain = (complaint: Complaint) => void;

export interface Shape<T> {
  readonly expected: string;
  /** undefined: it complained */
  read(value: unknown, path: Path, complain: Complain): T | undefined;
}

/** One key of a table: its shape, one line for people, and its default as people write it with its source. */
export interface Field<T> {
  readonly shape: Shape<T>;
  readonly doc: string;
  readonly default?: { readonly text: string; readonly source: string };
}

export type Fields = Readonly<Record<string, Field<unknown>>>;
export type ValueOf<S> = S extends Shape<infer T> ? T : never;
type ValuesOf<F extends Fields> = { readonly [K in keyof F]?: F[K] extends Field<infer T> ? T : never };

export interface Group<F extends Fields> extends Shape<ValuesOf<F>> {
  readonly fields: F;
}

function simple<T>(
  expected: string,
  accept: (value: unknown) => T | undefined,
  why: (value: unknown) => string,
): Shape<T> {
  return {
    expected,
    read(value, path, complain) {
      const read = accept(value);
      if (read === undefined) complain({ path, value, message: why(value), expected });
      return read;
    },
  };
}

/** A duration with a unit; gives milliseconds. A bare number is refused: nobody can tell its unit. */
export function duration(limits: { readonly minMs: number; readonly maxMs: number }): Shape<number> {
  const range = `${formatDuration(limits.minMs)} to ${formatDuration(limits.maxMs)}`;
  const read = (value: unknown): number | undefined => {
    const ms = typeof value === 'string' ? parseDuration(value) : null;
    return ms !== null && ms >= limits.minMs && ms <= limits.maxMs ? ms : undefined;
  };
  return simple(`a duration with a unit, ${range}, such as "10s"`, read, (value) =>
    typeof value === 'number' ? 'has no unit' : isDuration(value) ? 'is out of range' : 'is not a duration',
  );
}

function isDuration(value: unknown): boolean {
  return typeof value === 'string' && parseDuration(value) !== null;
}

export function whole(min: number, max: number): Shape<number> {
  const accept = (value: unknown) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
  return simple(`a whole number from ${min} to ${max}`, accept, (value) =>
    typeof value === 'number' ? 'is out of range' : 'is not a number',
  );
}

/** A share as people write it, "90%"; gives 0.9. A bare number is refused: nobody can tell of what. */
export function percent(minPercent: number, maxPercent: number): Shape<number> {
  const read = (value: unknown): number | undefined => {
    const found = typeof value === 'string' ? parsePercent(value) : null;
    return found !== null && found >= minPercent / 100 && found <= maxPercent / 100 ? found : undefined;
  };
  return simple(`a share with a percent sign, ${minPercent}% to ${maxPercent}%, such as "90%"`, read, (value) =>
    typeof value === 'number'
      ? 'has no percent sign'
      : typeof value === 'string' && parsePercent(value) !== null
        ? 'is out of range'
        : 'is not a share',
  );
}

export function parsePercent(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?%$/.exec(text.trim());
  return match ? Number(match[1]) / 100 : null;
}

export const yesNo: Shape<boolean> = simple(
  'true or false',
  (value) => (typeof value === 'boolean' ? value : undefined),
  () => 'is neither true nor false',
);

/** One of some words. */
/** @param others words that people take for choices, and what there is to say to them */
export function oneOf<const W extends string>(
  words: readonly W[],
  others: Readonly<Record<string, string>> = {},
): Shape<W> {
  const accept = (value: unknown): W | undefined => words.find((word) => word === value);
  return simple(words.join(', '), accept, (value) => {
    const known = typeof value === 'string' && Object.hasOwn(others, value) ? others[value] : undefined;
    return known ?? `is not one of the choices${suggestion(value, words)}`;
  });
}

export function text(expected: string, holds: (value: string) => boolean): Shape<string> {
  return simple(
    expected,
    (value) => (typeof value === 'string' && holds(value) ? value : undefined),
    (value) => (typeof value === 'string' ? 'does not fit' : 'is not a string'),
  );
}

export function list<T>(of: Shape<T>): Shape<readonly T[]> {
  const expected = `a list, each: ${of.expected}`;
  return {
    expected,
    read(value, path, complain) {
      if (!Array.isArray(value)) {
        complain({ path, value, message: 'is not a list', expected });
        return undefined;
      }
      return value.flatMap((item: unknown, index) => of.read(item, [...path, index], complain) ?? []);
    },
  };
}

/** A list that says something: not empty, and nothing in it twice. */
export function listOfDifferent<T>(of: Shape<T>, whyNotEmpty: string): Shape<readonly T[]> {
  const any = list(of);
  return {
    expected: any.expected,
    read(value, path, complain) {
      const items = any.read(value, path, complain);
      if (Array.isArray(value) && value.length === 0) {
        complain({ path, value, message: `is empty; ${whyNotEmpty}`, expected: any.expected });
      }
      items?.forEach((item, index) => {
        if (items.indexOf(item) === index) return;
        complain({ path: [...path, index], value: item, message: 'is there twice', expected: any.expected });
      });
      return items;
    },
  };
}

/** A mapping with any keys and strings as values, as labels are. */
export const texts: Shape<Readonly<Record<string, string>>> = simple(
  'a mapping of strings',
  (value) =>
    isMapping(value) && Object.values(value).every((item) => typeof item === 'string')
      ? (value as Readonly<Record<string, string>>)
      : undefined,
  () => 'is not a mapping of strings',
);

export interface Either<A, S extends Shape<unknown>> extends Shape<A | ValueOf<S>> {
  readonly second: S;
}

/** Either of two shapes; `fits` tells by the value whether the first one is meant. */
export function either<A, S extends Shape<unknown>>(
  fits: (value: unknown) => boolean,
  first: Shape<A>,
  second: S,
): Either<A, S> {
  return {
    second,
    expected: `${first.expected}; or ${second.expected}`,
    read: (value, path, complain) =>
      fits(value) ? first.read(value, path, complain) : (second.read(value, path, complain) as ValueOf<S> | undefined),
  };
}

/** A mapping with known keys. Unknown keys are errors, with the nearest known one. */
export function group<const F extends Fields>(fields: F): Group<F> {
  const names = Object.keys(fields);
  const expected = `a mapping with ${names.join(', ')}`;
  return {
    fields,
    expected,
    read(value, path, complain) {
      if (!isMapping(value)) {
        complain({ path, value, message: 'is not a mapping', expected });
        return undefined;
      }
      const entries = Object.entries(value).flatMap(([key, item]) => {
        const at = [...path, key];
        if (!Object.hasOwn(fields, key)) {
          complain({
            path: at,
            value: key,
            message: `is no key here${suggestion(key, names)}`,
            expected: names.join(', '),
          });
          return [];
        }
        const read = fields[key]?.shape.read(item, at, complain);
        return read === undefined ? [] : [[key, read] as const];
      });
      return Object.fromEntries(entries) as ValuesOf<F>;
    },
  };
}

/**
 * The same group with a rule over which of its keys are there.
 * @param complaintOf what is wrong with these keys, as they were written; null: nothing
 */
export function ruled<F extends Fields>(
  shape: Group<F>,
  complaintOf: (keys: readonly string[]) => string | null,
): Group<F> {
  return {
    ...shape,
    read(value, path, complain) {
      const keys = isMapping(value) ? Object.keys(value) : null;
      // a key that is none is told by itself, and may be what is missed
      const isKnown = keys?.every((key) => Object.hasOwn(shape.fields, key)) === true;
      const message = keys && isKnown ? complaintOf(keys) : null;
      // of the values nothing is shown: a password may be among them
      if (message !== null) complain({ path, value: keys, message, expected: shape.expected });
      return shape.read(value, path, complain);
    },
  };
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function suggestion(value: unknown, words: readonly string[]): string {
  const near = typeof value === 'string' ? nearest(value.replaceAll('-', '_'), words) : null;
  return near === null ? '' : `; did you mean "${near}"?`;
}
