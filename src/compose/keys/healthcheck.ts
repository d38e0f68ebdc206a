import { list, scalar, type Node } from '../node.ts';
import type { Healthcheck } from '../project.ts';
import type { KeyTable, Place, Shape } from './key.ts';
import { replace } from './merge.ts';
import { refuse } from './place.ts';
import { boolean, duration, integer, text } from './scalars.ts';
import { byKind, object, texts } from './shapes.ts';

const expectedTest = '["CMD", ...], ["CMD-SHELL", "..."], ["NONE"], or a string for the shell';

/** A string runs in the container's shell; a list says by its first word how. */
const test: Shape<readonly string[]> = {
  ...byKind<readonly string[]>(expectedTest, {
    scalar: { ...texts, read: (node, place) => shellTest(text.read(node, place)) },
    list: { ...texts, read: readTest },
  }),
  merge: replace,
};

function shellTest(node: Node | null): Node | null {
  return node && list([scalar('CMD-SHELL', node.at), node], node.at);
}

function readTest(node: Node, place: Place): Node | null {
  const read = texts.read(node, place);
  if (read?.kind !== 'list') return read;
  const [how] = read.items;
  const word = how?.kind === 'scalar' ? String(how.value) : '';
  if (word === 'NONE' || (word === '' && read.items.length === 0)) return read;
  if (word !== 'CMD' && word !== 'CMD-SHELL')
    return refuse(how ?? node, place, 'does not begin a health check', expectedTest);
  return read.items.length > 1 ? read : refuse(node, place, 'names no command', expectedTest);
}

export const healthcheckKeys: KeyTable = {
  disable: { shape: boolean, doc: "No health check, not even the image's." },
  interval: { shape: duration, doc: 'Time between two checks; 30s by default.' },
  retries: { shape: integer({ min: 0 }), doc: 'Failures in a row until unhealthy; 3 by default.' },
  test: { shape: test, doc: 'The command: a string for the shell, or a list.' },
  timeout: { shape: duration, doc: 'How long one check may take; 30s by default.' },
  start_period: { shape: duration, doc: 'Time at the start in which failures do not count.' },
  start_interval: { shape: duration, doc: 'Time between two checks in the start period.' },
};

export const healthcheck: Shape<Healthcheck> = object<Healthcheck>(healthcheckKeys, { of: 'healthcheck' });
