/** Shapes of service keys about logging, hooks and what other tools do. */

import { map, mapAt, scalar, type Node } from '../node.ts';
import type { KeyTable, Shape } from './key.ts';
import { byKey, deep, replace, sameDriver } from './merge.ts';
import { boolean, choice, path, text, textOrNumber } from './scalars.ts';
import {
  anything,
  byKind,
  command,
  distinctTexts,
  listOf,
  mapOf,
  nullable,
  object,
  pairs,
  textOrList,
} from './shapes.ts';

export interface Logging {
  readonly driver?: string;
  readonly options?: Readonly<Record<string, string | null>>;
}

const loggingShape = object<Logging>(
  {
    driver: { shape: text, doc: 'The log driver.' },
    options: { shape: mapOf(nullable(textOrNumber), { merge: byKey(() => replace) }), doc: 'Its options.' },
  },
  { of: 'logging' },
);
export const logging: Shape<Logging> = { ...loggingShape, merge: sameDriver(loggingShape.merge) };

export interface Hook {
  readonly command: readonly string[] | null;
  readonly user?: string;
  readonly privileged?: boolean;
  readonly working_dir?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
}

const hookKeys: KeyTable = {
  command: { shape: command, doc: 'The command.' },
  user: { shape: text, doc: 'As which user.' },
  privileged: { shape: boolean, doc: 'With extended privileges.' },
  working_dir: { shape: text, doc: 'In which folder.' },
  environment: { shape: pairs, doc: 'Environment variables.' },
};
const hook = object<Hook>(hookKeys, { of: 'a hook', required: ['command'] });
export const hooks: Shape<readonly Hook[]> = listOf(hook);

const watchKeys: KeyTable = {
  ignore: { shape: textOrList, doc: 'Patterns to leave out.' },
  include: { shape: textOrList, doc: 'Patterns to take in.' },
  path: { shape: path, doc: 'The folder to watch.' },
  action: { shape: choice(['rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec']), doc: 'What to do.' },
  target: { shape: text, doc: 'Path in the container.' },
  exec: { shape: hook, doc: 'Command to run.' },
  initial_sync: { shape: boolean, doc: 'Sync once at the start.' },
};
export const develop: Shape<unknown> = nullable(
  object(
    {
      watch: {
        shape: listOf(object(watchKeys, { of: 'watch', required: ['path', 'action'] })),
        doc: 'What is watched.',
      },
    },
    { of: 'develop' },
  ),
);

export interface Extends {
  readonly service: string;
  /** as written: where it is read from, its own folder counts */
  readonly file?: string;
}

const extendsLong = object<Extends>(
  { service: { shape: text, doc: 'The service to begin with.' }, file: { shape: text, doc: 'The file it is in.' } },
  { of: 'extends', required: ['service'], extensible: false },
);
export const extendsShape: Shape<Extends> = byKind<Extends>('the name of a service, or a map', {
  map: extendsLong,
  scalar: { ...extendsLong, read: (node, place) => named(text.read(node, place)) },
});

function named(node: Node | null): Node | null {
  return node && mapAt({ service: node }, node.at);
}

export const provider: Shape<unknown> = object(
  {
    type: { shape: text, doc: 'The program.' },
    options: { shape: { ...mapOf(anything), merge: deep }, doc: 'Its options.' },
  },
  { of: 'provider', required: ['type'] },
);

const modelUseMap = mapOf(
  nullable(
    object(
      {
        endpoint_var: { shape: text, doc: 'Variable for the address.' },
        model_var: { shape: text, doc: 'Variable for the name.' },
      },
      { of: 'a model' },
    ),
  ),
);
export const modelUses: Shape<unknown> = byKind<unknown>('a list of models, or a map', {
  map: modelUseMap,
  list: {
    ...modelUseMap,
    read: (node, place) => {
      const names = distinctTexts.read(node, place);
      if (names?.kind !== 'list') return null;
      return map(
        new Map(
          names.items.map((item) => [
            item.kind === 'scalar' ? String(item.value) : '',
            { keyAt: item.at, value: scalar(null, item.at) },
          ]),
        ),
        node.at,
      );
    },
  },
});
