/**
 * What Compose decides once all files are merged: which services are active, what is implied by other keys,
 * what things are called in the engine, what env_file and the environment put into `environment`.
 */

import { readDotenv } from './dotenv.ts';
import { serviceKeys } from './keys/service.ts';
import {
  get,
  isNull,
  map,
  mapAt,
  scalar,
  textOf,
  toValue,
  withEntry,
  withoutEntry,
  type Entry,
  type MapNode,
  type Node,
} from './node.ts';
import { problemAt, showValue, type Problem } from './problems.ts';
import { readFileText } from './read-file.ts';

export interface SettleContext {
  readonly name: string;
  readonly profiles: readonly string[];
  readonly targets: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  readonly interpolated: boolean;
  readonly workingDir: string;
  readonly problems: Problem[];
}

export interface Settled {
  /** the whole project, active services only */
  readonly root: MapNode;
  readonly inactive: ReadonlySet<string>;
  /** names of the top-level sections, used or not */
  readonly declared: Readonly<Record<ResourceKind, readonly string[]>>;
  readonly profiles: readonly string[];
}

const RESOURCES = ['networks', 'volumes', 'configs', 'secrets'] as const;
export type ResourceKind = (typeof RESOURCES)[number];

export async function settle(merged: Node, context: SettleContext): Promise<Settled> {
  const root = merged.kind === 'map' ? merged : map(new Map(), merged.at);
  const all = entriesOf(root, 'services');
  const active = new Map<string, Entry>();
  const inactive = new Set<string>();
  for (const [name, entry] of all) {
    if (!isActive(name, entry.value, context)) inactive.add(name);
    else if (entry.value.kind === 'map')
      active.set(name, { keyAt: entry.keyAt, value: await settleService(entry.value, context, ['services', name]) });
  }
  const services = map(active, get(root, 'services')?.at ?? root.at);
  return {
    root: settleResources(withEntry(root, 'services', services), services, context),
    inactive,
    declared: {
      networks: [...entriesOf(root, 'networks').keys()],
      volumes: [...entriesOf(root, 'volumes').keys()],
      configs: [...entriesOf(root, 'configs').keys()],
      secrets: [...entriesOf(root, 'secrets').keys()],
    },
    profiles: context.profiles,
  };
}

export function entriesOf(node: Node | undefined, key: string): ReadonlyMap<string, Entry> {
  const child = get(node, key);
  return child?.kind === 'map' ? child.entries : new Map();
}

function isActive(name: string, service: Node, context: SettleContext): boolean {
  const profiles = get(service, 'profiles');
  if (
    profiles?.kind !== 'list' ||
    profiles.items.length === 0 ||
    context.targets.includes(name) ||
    context.profiles.includes('*')
  )
    return true;
  return profiles.items.some((item) => item.kind === 'scalar' && context.profiles.includes(String(item.value)));
}

async function settleService(written: MapNode, context: SettleContext, path: readonly string[]): Promise<MapNode> {
  let service = withImpliedDependencies(withDefaultNetwork(withoutNothing(written, context, path)));
  service = withBuildDefaults(service, context);
  if (!context.interpolated) return service;
  service = await withEnvironment(service, context, path);
  return withLabelFiles(service, context, path);
}

/** Sections that may be written without content mean what they mean when they are not there. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set(['command', 'entrypoint', 'deploy', 'develop', 'pid']);

/** Keys that are empty after all files have been merged: left out where that is allowed, mistakes elsewhere. */
function withoutNothing(service: MapNode, context: SettleContext, path: readonly string[]): MapNode {
  let result = service;
  for (const [key, { value }] of service.entries) {
    if (!isNull(value) || key.startsWith('x-')) continue;
    result = withoutEntry(result, key);
    const expected = Object.hasOwn(serviceKeys, key) ? (serviceKeys[key]?.shape.expected ?? '') : '';
    if (!MAY_BE_EMPTY.has(key)) context.problems.push(problemAt(value.at, [...path, key], '', 'is empty', expected));
  }
  return result;
}

function withDefaultNetwork(service: MapNode): MapNode {
  const named = get(service, 'networks');
  if (
    service.entries.has('network_mode') ||
    (named?.kind === 'map' && named.entries.size > 0) ||
    named?.kind === 'scalar'
  )
    return service;
  return withEntry(service, 'networks', mapAt({ default: null }, service.at));
}

/** Links, shared namespaces and volumes need the other service to run before. */
function withImpliedDependencies(service: MapNode): MapNode {
  let known = get(service, 'depends_on');
  if (known?.kind === 'scalar') return service;
  for (const { name, restart, node } of impliedDependencies(service)) {
    const dependencies = known?.kind === 'map' ? known : map(new Map(), node.at);
    if (!dependencies.entries.has(name))
      known = withEntry(dependencies, name, mapAt({ condition: 'service_started', restart, required: true }, node.at));
  }
  return known ? withEntry(service, 'depends_on', known) : service;
}

function* impliedDependencies(
  service: MapNode,
): Generator<{ readonly name: string; readonly restart: boolean; readonly node: Node }> {
  for (const node of itemsOf(service, 'links')) yield { name: partBefore(node), restart: true, node };
  for (const key of ['network_mode', 'ipc', 'pid', 'uts', 'cgroup']) {
    const node = get(service, key);
    const value = textOf(service, key) ?? '';
    if (node && value.startsWith('service:')) yield { name: value.slice('service:'.length), restart: true, node };
  }
  for (const node of itemsOf(service, 'volumes_from')) {
    if (!String(toValue(node)).startsWith('container:')) yield { name: partBefore(node), restart: false, node };
  }
}

function itemsOf(node: Node | undefined, key: string): readonly Node[] {
  const child = get(node, key);
  return child?.kind === 'list' ? child.items : [];
}

function partBefore(node: Node): string {
  return String(toValue(node)).split(':')[0] ?? '';
}

function withBuildDefaults(service: MapNode, context: SettleContext): MapNode {
  let build = get(service, 'build');
  if (build?.kind !== 'map') return service;
  if (!build.entries.has('context'))
    build = withEntry(build, 'context', scalar(context.interpolated ? context.workingDir : '.', build.at));
  if (!build.entries.has('dockerfile') && !build.entries.has('dockerfile_inline'))
    build = withEntry(build, 'dockerfile', scalar('Dockerfile', build.at));
  const args = get(build, 'args');
  if (args?.kind === 'map' && context.interpolated)
    build = withEntry(build, 'args', fromVariables(args, context.variables));
  return withEntry(service, 'build', build);
}

/** A name without a value takes it from the variables, where it has one there. */
function fromVariables(node: MapNode, variables: ReadonlyMap<string, string>): MapNode {
  let result = node;
  for (const [name, { value }] of node.entries) {
    const found = isNull(value) ? variables.get(name) : undefined;
    if (found !== undefined) result = withEntry(result, name, scalar(found, value.at));
  }
  return result;
}

/** env_file, the last one winning, then `environment` over it. */
async function withEnvironment(service: MapNode, context: SettleContext, path: readonly string[]): Promise<MapNode> {
  const written = get(service, 'environment');
  const own = written?.kind === 'map' ? fromVariables(written, context.variables) : map(new Map(), service.at);
  const entries = new Map<string, Entry>();
  for (const [index, node] of itemsOf(service, 'env_file').entries()) {
    const get = (name: string): string | undefined => ownText(own, name) ?? context.variables.get(name);
    for (const [name, entry] of await variablesOf(node, get, context, [...path, 'env_file', index]))
      entries.set(name, entry);
  }
  for (const [name, entry] of own.entries) entries.set(name, entry);
  const rest = withoutEntry(service, 'env_file');
  return entries.size > 0 || written ? withEntry(rest, 'environment', map(entries, own.at)) : rest;
}

function ownText(own: MapNode, name: string): string | undefined {
  return textOf(own, name);
}

async function variablesOf(
  node: Node,
  lookUp: (name: string) => string | undefined,
  context: SettleContext,
  path: readonly (string | number)[],
): Promise<Map<string, Entry>> {
  const file = textOf(node, 'path') ?? '';
  const text = await namedFile(
    file,
    node,
    toValue(get(node, 'required') ?? scalar(true, node.at)) !== false,
    context,
    path,
  );
  const variables =
    text === null
      ? []
      : readDotenv(text, { file, get: lookUp, raw: textOf(node, 'format') === 'raw' }, context.problems);
  return new Map(Array.from(variables, ([name, { value, at }]) => [name, { keyAt: at, value: scalar(value, at) }]));
}

async function namedFile(
  file: string,
  node: Node,
  required: boolean,
  context: SettleContext,
  path: readonly (string | number)[],
): Promise<string | null> {
  const read = await readFileText(file);
  if ('text' in read) return read.text;
  if ('missing' in read && !required) return null;
  context.problems.push(
    problemAt(
      node.at,
      path,
      showValue(file),
      'missing' in read ? 'does not exist' : read.refused,
      'a file that can be read',
    ),
  );
  return null;
}

async function withLabelFiles(service: MapNode, context: SettleContext, path: readonly string[]): Promise<MapNode> {
  const files = itemsOf(service, 'label_file');
  if (files.length === 0) return service;
  const entries = new Map<string, Entry>();
  for (const [index, node] of files.entries()) {
    const file = String(toValue(node));
    const text = await namedFile(file, node, true, context, [...path, 'label_file', index]);
    const variables =
      text === null
        ? []
        : readDotenv(text, { file, get: (name) => context.variables.get(name), raw: false }, context.problems);
    for (const [name, { value, at }] of variables) entries.set(name, { keyAt: at, value: scalar(value, at) });
  }
  for (const [name, entry] of entriesOf(service, 'labels')) entries.set(name, entry);
  return withEntry(withoutEntry(service, 'label_file'), 'labels', map(entries, service.at));
}

/** Networks, volumes, configs and secrets: only those that are used (with variables not filled in that cannot be known), each with its name in the engine. */
function settleResources(root: MapNode, services: MapNode, context: SettleContext): MapNode {
  let result = root;
  for (const key of RESOURCES) {
    const used = usedNames(services, key);
    const declared = new Map(entriesOf(root, key));
    if (key === 'networks' && used.has('default') && !declared.has('default'))
      declared.set('default', { keyAt: root.at, value: scalar(null, root.at) });
    const entries = new Map<string, Entry>();
    for (const [name, entry] of declared)
      if (used.has(name) || !context.interpolated)
        entries.set(name, { keyAt: entry.keyAt, value: named(name, entry.value, context.name) });
    result = withEntry(result, key, map(entries, get(root, key)?.at ?? root.at));
  }
  return result;
}

/** The names of top-level resources that services use, with the place of the first use. */
export function usedNames(
  services: MapNode,
  kind: ResourceKind,
): Map<string, { readonly node: Node; readonly path: readonly (string | number)[] }> {
  const used = new Map<string, { readonly node: Node; readonly path: readonly (string | number)[] }>();
  for (const [service, { value }] of services.entries) {
    for (const use of usesOf(value, kind))
      if (!used.has(use.name)) used.set(use.name, { node: use.node, path: ['services', service, ...use.path] });
  }
  return used;
}

function* usesOf(
  service: Node,
  kind: ResourceKind,
): Generator<{ readonly name: string; readonly node: Node; readonly path: readonly (string | number)[] }> {
  if (kind === 'networks') {
    for (const [name, { keyAt, value }] of entriesOf(service, 'networks'))
      yield { name, node: { ...value, at: keyAt }, path: ['networks', name] };
    return;
  }
  for (const [index, node] of itemsOf(service, kind).entries()) {
    const name = textOf(node, 'source');
    if (name !== undefined && (kind !== 'volumes' || textOf(node, 'type') === 'volume'))
      yield { name, node, path: [kind, index] };
  }
  if (kind !== 'secrets') return;
  for (const [index, node] of itemsOf(get(service, 'build'), 'secrets').entries()) {
    const name = textOf(node, 'source');
    if (name !== undefined) yield { name, node, path: ['build', 'secrets', index] };
  }
}

/** The name in the engine: its own, that of the old `external: {name}`, or made of the project's name. */
function named(key: string, definition: Node, project: string): MapNode {
  let result = definition.kind === 'map' ? definition : map(new Map(), definition.at);
  const external = get(result, 'external');
  const oldName = textOf(external, 'name');
  const isExternal = external?.kind === 'map' || (external !== undefined && toValue(external) === true);
  if (external?.kind === 'map') result = withEntry(result, 'external', scalar(true, external.at));
  if (external !== undefined && !isExternal) result = withoutEntry(result, 'external');
  if (result.entries.has('name')) return result;
  return withEntry(result, 'name', scalar(oldName ?? (isExternal ? key : `${project}_${key}`), definition.at));
}
