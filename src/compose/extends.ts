/** `extends`: a service that begins with another one, of the same file or of another. */

import { dirname, isAbsolute, resolve } from 'node:path';

import { service as serviceShape } from './keys/service.ts';
import { get, isNull, textOf, withEntry, withoutEntry, type MapNode, type Node, type Path } from './node.ts';
import { nearest, problemAt, showValue, type Problem } from './problems.ts';

const MAX_CHAIN = 50;

export interface ExtendsContext {
  /** the file the document came from; its folder is what `extends.file` is relative to */
  readonly file: string;
  /** the folder that `extends.file` is relative to */
  readonly folder: string;
  /** services of the files before this one: a service may begin with one of them */
  readonly earlier: Node | undefined;
  /** reads another file's document, canonical, with its paths relative to its own folder; null after reporting */
  readonly load: (file: string, from: Node, path: Path) => Promise<Node | null>;
  readonly problems: Problem[];
}

/** The document with every service's `extends` carried out. */
export async function carryOutExtends(document: Node, context: ExtendsContext): Promise<Node> {
  const services = get(document, 'services');
  if (document.kind !== 'map' || services?.kind !== 'map') return document;
  let result: MapNode = services;
  for (const [name, { value }] of services.entries) {
    if (get(value, 'extends')) result = withEntry(result, name, await extended(name, document, context, []));
  }
  return withEntry(document, 'services', result);
}

/** One service with what it extends; `chain` has the services on the way, to find circles. */
async function extended(
  name: string,
  document: Node,
  context: ExtendsContext,
  chain: readonly string[],
): Promise<Node> {
  const own = serviceOf(document, name) ?? serviceOf(context.earlier, name);
  const use = get(own, 'extends');
  if (own?.kind !== 'map' || !use) return own ?? missingService(document);
  const bare = withoutEntry(own, 'extends');
  const path = ['services', name, 'extends'];
  const key = `${context.file}#${name}`;
  const wanted = textOf(use, 'service');
  if (chain.includes(key))
    return refuse(
      bare,
      use,
      path,
      showValue(wanted),
      'goes round in a circle',
      [...chain.slice(chain.indexOf(key)), key].map((step) => step.split('#').at(-1)).join(' -> '),
      context,
    );
  if (wanted === undefined) return bare;
  if (chain.length >= MAX_CHAIN)
    return refuse(
      bare,
      use,
      path,
      showValue(wanted),
      'is one service too many',
      `more than ${MAX_CHAIN} extend each other`,
      context,
    );
  const base = await baseOf(wanted, use, path, document, context, [...chain, key]);
  // With its "extends" left in, a service that could not be completed is not blamed for what it lacks.
  return base ? serviceShape.merge(base, bare) : own;
}

async function baseOf(
  wanted: string,
  use: Node,
  path: Path,
  document: Node,
  context: ExtendsContext,
  chain: readonly string[],
): Promise<Node | null> {
  const written = textOf(use, 'file');
  if (written === undefined) return found(wanted, use, path, document, context, chain);
  const file = isAbsolute(written) ? written : resolve(context.folder, written);
  if (file === context.file) return found(wanted, use, path, document, context, chain);
  const other = await context.load(file, use, path);
  return (
    other && found(wanted, use, path, other, { ...context, file, folder: dirname(file), earlier: undefined }, chain)
  );
}

async function found(
  wanted: string,
  use: Node,
  path: Path,
  document: Node,
  context: ExtendsContext,
  chain: readonly string[],
): Promise<Node | null> {
  if (serviceOf(document, wanted) ?? serviceOf(context.earlier, wanted))
    return extended(wanted, document, context, chain);
  const services = get(document, 'services');
  const near = nearest(wanted, services?.kind === 'map' ? services.entries.keys() : []);
  context.problems.push(
    problemAt(
      use.at,
      path,
      showValue(wanted),
      `is no service of ${context.file}`,
      near ? showValue(near) : 'the name of a service there',
    ),
  );
  return null;
}

function serviceOf(document: Node | undefined, name: string): Node | undefined {
  const service = get(get(document, 'services'), name);
  return isNull(service) ? undefined : service;
}

function missingService(document: Node): Node {
  return { kind: 'map', entries: new Map(), at: document.at };
}

function refuse(
  result: Node,
  use: Node,
  path: Path,
  value: string,
  message: string,
  expected: string,
  context: ExtendsContext,
): Node {
  context.problems.push(problemAt(use.at, path, value, `${message}: ${expected}`, 'a chain that ends'));
  return result;
}
