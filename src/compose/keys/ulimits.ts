import type { Shape } from './key.ts';
import { byKey, replace } from './merge.ts';
import { integer } from './scalars.ts';
import { byKind, mapOf, object } from './shapes.ts';

export type Ulimit = number | { readonly soft: number; readonly hard: number };

const limit = integer({ min: -1 });
const softAndHard = object<Ulimit>(
  {
    soft: { shape: limit, doc: 'What is enforced.' },
    hard: { shape: limit, doc: 'How far the process may raise it.' },
  },
  { of: 'a limit', required: ['soft', 'hard'] },
);

export const ulimits: Shape<Readonly<Record<string, Ulimit>>> = mapOf(
  byKind<Ulimit>('a number, or soft and hard', { scalar: limit, map: softAndHard }),
  {
    names: /^[a-z]+$/,
    namesExpected: 'the name of a limit in small letters, such as nofile',
    merge: byKey(() => replace),
  },
);
