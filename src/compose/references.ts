/** What can only be judged on the whole project: does everything that is named exist, do dependencies end, do keys agree. */

import { get, textOf, toValue, type Entry, type Node, type Path } from './node.ts';
import { nearest, problemAt, showValue, type Problem } from './problems.ts';
import { entriesOf, usedNames, type ResourceKind, type Settled } from './settle.ts';

interface CheckContext {
  readonly problems: Problem[];
  readonly interpolated: boolean;
  readonly variables: ReadonlyMap<string, string>;
}

export function checkReferences(settled: Settled, context: CheckContext): void {
  const services = entriesOf(settled.root, 'services');
  const { problems } = context;
  if (services.size === 0 && settled.inactive.size === 0 && problems.length === 0) {
    problems.push(
      problemAt(settled.root.at, [], '', 'the project has no services', '"services:" with at least one service'),
    );
  }
  for (const [name, entry] of services) {
    checkService(name, entry, problems);
    checkDependencies(name, entry, services, settled.inactive, problems);
  }
  for (const kind of ['networks', 'volumes', 'configs', 'secrets'] as const) checkUses(settled, kind, context);
  checkFileDefinitions(settled, context);
  checkContainerNames(services, problems);
  const circle = findCircle(services);
  if (circle)
    problems.push(
      problemAt(
        circle.at,
        ['services', circle.names[0] ?? '', 'depends_on'],
        '',
        `dependencies go round in a circle: ${circle.names.join(' -> ')}`,
        'dependencies that end',
      ),
    );
}

type Report = (node: Node | Entry, path: Path, value: string, message: string, expected: string) => void;

function reporter(problems: Problem[], service: string): Report {
  return (node, path, value, message, expected) =>
    problems.push(
      problemAt('at' in node ? node.at : node.keyAt, ['services', service, ...path], value, message, expected),
    );
}

/** Keys of one service that must agree with each other. */
function checkService(name: string, entry: Entry, problems: Problem[]): void {
  const service = entry.value;
  const report = reporter(problems, name);
  const has = (key: string): boolean => get(service, key) !== undefined;
  if (!has('image') && !has('build') && !has('provider') && !has('extends'))
    report(entry, [], '', 'has neither an image nor a build', 'the key "image" or "build"');
  const mode = get(service, 'network_mode');
  if (mode && has('networks'))
    report(mode, ['network_mode'], showValue(toValue(mode)), 'stands beside "networks"', 'one of the two');
  checkScale(service, report);
}

function checkScale(service: Node, report: Report): void {
  const scale = get(service, 'scale');
  const replicas = get(get(service, 'deploy'), 'replicas');
  if (scale && replicas && toValue(scale) !== toValue(replicas))
    report(
      scale,
      ['scale'],
      showValue(toValue(scale)),
      `is not the ${showValue(toValue(replicas))} of deploy.replicas`,
      'one of the two, or the same number',
    );
  const count = Number(toValue(scale ?? replicas ?? { kind: 'scalar', value: 1, at: service.at }));
  const name = get(service, 'container_name');
  if (name && count > 1)
    report(
      name,
      ['container_name'],
      showValue(toValue(name)),
      `cannot name ${count} containers`,
      'no "container_name", or one container',
    );
}

function checkDependencies(
  name: string,
  entry: Entry,
  services: ReadonlyMap<string, Entry>,
  inactive: ReadonlySet<string>,
  problems: Problem[],
): void {
  for (const [wanted, dependency] of entriesOf(entry.value, 'depends_on')) {
    const report = (message: string, expected: string): void =>
      reporter(problems, name)(dependency, ['depends_on', wanted], showValue(wanted), message, expected);
    const optional = toValue(get(dependency.value, 'required') ?? dependency.value) === false;
    if (wanted === name) report('is the service itself', 'another service');
    else if (services.has(wanted) || optional) continue;
    else if (!inactive.has(wanted))
      report('is no service of this project', suggestion(wanted, othersThan(name, services)));
    else report('is left out because none of its profiles is active', LEFT_OUT);
  }
}

function othersThan(name: string, services: ReadonlyMap<string, Entry>): string[] {
  return [...services.keys()].filter((other) => other !== name);
}

const LEFT_OUT = 'its profile (--profile), "required: false", or no profile there';

function suggestion(name: string, all: readonly string[]): string {
  const near = nearest(name, all);
  if (near) return showValue(near);
  return all.length > 0 && all.length <= 8 ? `one of ${all.join(', ')}` : 'a name that is there';
}

const SINGULAR: Readonly<Record<ResourceKind, string>> = {
  networks: 'network',
  volumes: 'volume',
  configs: 'config',
  secrets: 'secret',
};

function checkUses(settled: Settled, kind: ResourceKind, context: CheckContext): void {
  const services = get(settled.root, 'services');
  if (services?.kind !== 'map') return;
  const declared = entriesOf(settled.root, kind);
  for (const [name, { node, path }] of usedNames(services, kind)) {
    if (declared.has(name) || (!context.interpolated && name.includes('$'))) continue;
    const near = nearest(name, settled.declared[kind]);
    const expected = near ? showValue(near) : `"${name}:" under the top-level "${kind}"`;
    context.problems.push(
      problemAt(node.at, path, showValue(name), `is no ${SINGULAR[kind]} of this project`, expected),
    );
  }
}

/** A config or secret needs a place its content comes from. */
function checkFileDefinitions(settled: Settled, context: CheckContext): void {
  for (const kind of ['configs', 'secrets'] as const) {
    for (const [name, entry] of entriesOf(settled.root, kind)) {
      checkSource(kind, name, entry, context.problems);
      if (context.interpolated) checkSourceVariable(kind, name, entry, context);
    }
  }
}

const SOURCES = {
  configs: '"file", "content", "environment" or "external: true"',
  secrets: '"file", "environment" or "external: true"',
};

function checkSource(kind: 'configs' | 'secrets', name: string, { keyAt, value }: Entry, problems: Problem[]): void {
  const isExternal = toValue(get(value, 'external') ?? value) === true;
  if (isExternal || ['file', 'environment', 'content'].some((key) => get(value, key))) return;
  problems.push(problemAt(keyAt, [kind, name], '', 'has no content', SOURCES[kind]));
}

function checkSourceVariable(kind: 'configs' | 'secrets', name: string, { value }: Entry, context: CheckContext): void {
  const node = get(value, 'environment');
  const variable = textOf(value, 'environment');
  if (!node || variable === undefined || context.variables.has(variable)) return;
  const expected = 'a variable of the environment or of .env';
  context.problems.push(problemAt(node.at, [kind, name, 'environment'], showValue(variable), 'is not set', expected));
}

function checkContainerNames(services: ReadonlyMap<string, Entry>, problems: Problem[]): void {
  const owners = new Map<string, string>();
  for (const [service, { value }] of services) {
    const name = textOf(value, 'container_name');
    const node = get(value, 'container_name');
    if (name === undefined || !node) continue;
    const owner = owners.get(name);
    if (owner !== undefined)
      reporter(problems, service)(
        node,
        ['container_name'],
        showValue(name),
        `is the name of ${owner} already`,
        'a name of its own',
      );
    owners.set(name, service);
  }
}

interface Circle {
  readonly names: readonly string[];
  readonly at: Entry['keyAt'];
}

/** Depth first, without recursion: a project may have many services in one chain. */
function findCircle(services: ReadonlyMap<string, Entry>): Circle | null {
  const done = new Set<string>();
  for (const start of services.keys()) {
    const path: string[] = [];
    const waiting: { readonly name: string; readonly leave: boolean }[] = [{ name: start, leave: false }];
    for (let step = waiting.pop(); step; step = waiting.pop()) {
      if (step.leave) {
        done.add(step.name);
        path.pop();
        continue;
      }
      if (path.includes(step.name)) return circleOf([...path.slice(path.indexOf(step.name)), step.name], services);
      if (done.has(step.name)) continue;
      path.push(step.name);
      waiting.push({ name: step.name, leave: true });
      for (const next of entriesOf(services.get(step.name)?.value, 'depends_on').keys())
        if (next !== step.name) waiting.push({ name: next, leave: false });
    }
  }
  return null;
}

function circleOf(names: readonly string[], services: ReadonlyMap<string, Entry>): Circle | null {
  const [first = '', second = ''] = names;
  const at = entriesOf(services.get(first)?.value, 'depends_on').get(second)?.keyAt;
  return at ? { names, at } : null;
}
