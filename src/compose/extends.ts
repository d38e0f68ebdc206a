/** `extends`: a service that begins with another one, of the same file or of another. */

import { dirname, resolve } from 'node:path';

import { service as serviceShape } from './keys/service.ts';
import { get, isNull, map, textOf, withEntry, withoutEntry, type Node, type Path } from './node.ts';
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
  /** services that are completed, by file and name */
  readonly done: Map<string, Node>;
}

/** The document with every service's `extends` carried out. */
export async function carryOutExtends(document: Node, context: ExtendsContext): Promise<Node> {
  const services = get(document, 'services');
  if (document.kind !== 'map' || services?.kind !== 'map') return document;
  const entries = new Map(services.entries);
  for (const [name, { keyAt, value }] of services.entries) {
    if (get(value, 'extends')) entries.set(name, { keyAt, value: await extended(name, document, context, []) });
  }
  return withEntry(document, 'services', map(entries, services.at));
}

/** One service with what it extends; `chain` has the services on the way, to find circles. */
async function extended(name: string, document: Node, context: ExtendsContext, chain: Chain): Promise<Node> {
  const id = JSON.stringify([context.file, name]);
  const known = context.done.get(id);
  if (known) return known;
  const own = serviceOf(document, name) ?? serviceOf(context.earlier, name) ?? document;
  const completed = await completedService(own, { file: context.file, name }, document, context, chain);
  context.done.set(id, completed);
  return completed;
}

async function completedService(
  own: Node,
  step: Chain[number],
  document: Node,
  context: ExtendsContext,
  chain: Chain,
): Promise<Node> {
  const node = get(own, 'extends');
  const wanted = textOf(node, 'service');
  if (own.kind !== 'map' || !node || wanted === undefined) return own;
  const use: Use = { node, path: ['services', step.name, 'extends'], wanted, file: textOf(node, 'file') };
  if (!endsSomewhere(use, step, chain, context)) return own;
  const base = await baseOf(use, document, context, [...chain, step]);
  // With its "extends" left in, a service that could not be completed is not blamed for what it lacks.
  return base ? serviceShape.merge(base, withoutEntry(own, 'extends')) : own;
}

type Chain = readonly { readonly file: string; readonly name: string }[];

interface Use {
  readonly node: Node;
  readonly path: Path;
  readonly wanted: string;
  /** as written; undefined: the same file */
  readonly file: string | undefined;
}

function endsSomewhere(use: Use, step: Chain[number], chain: Chain, context: ExtendsContext): boolean {
  const start = chain.findIndex(({ file, name }) => file === step.file && name === step.name);
  const circle = [...chain.slice(start), step].map(({ name }) => name).join(' -> ');
  if (start >= 0) refuse(use, `goes round in a circle: ${circle}`, 'a chain that ends', context);
  else if (chain.length >= MAX_CHAIN)
    refuse(use, 'is one service too many', `at most ${MAX_CHAIN} in a chain`, context);
  return start < 0 && chain.length < MAX_CHAIN;
}

/** The service that is extended, itself completed; null after reporting. */
async function baseOf(use: Use, document: Node, context: ExtendsContext, chain: Chain): Promise<Node | null> {
  const file = use.file === undefined ? context.file : resolve(context.folder, use.file);
  if (file === context.file) return found(use, document, context, chain);
  const other = await context.load(file, use.node, use.path);
  const there = { ...context, file, folder: dirname(file), earlier: undefined };
  return other && found(use, other, there, chain);
}

async function found(use: Use, document: Node, context: ExtendsContext, chain: Chain): Promise<Node | null> {
  const { wanted } = use;
  if (serviceOf(document, wanted) ?? serviceOf(context.earlier, wanted))
    return extended(wanted, document, context, chain);
  const services = get(document, 'services');
  const near = nearest(wanted, services?.kind === 'map' ? services.entries.keys() : []);
  refuse(use, `is no service of ${context.file}`, near ? showValue(near) : 'the name of a service there', context);
  return null;
}

function serviceOf(document: Node | undefined, name: string): Node | undefined {
  const service = get(get(document, 'services'), name);
  return isNull(service) ? undefined : service;
}

function refuse({ node, path, wanted }: Use, message: string, expected: string, { problems }: ExtendsContext): void {
  problems.push(problemAt(node.at, path, showValue(wanted), message, expected));
}
