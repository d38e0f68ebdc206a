import { get, toValue, type Node } from './node.ts';
import type { Project } from './project.ts';
import type { Settled } from './settle.ts';

export interface ProjectFacts {
  readonly name: string;
  readonly workingDir: string;
  readonly files: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
  readonly interpolated: boolean;
  readonly locate: Project['locate'];
}

/**
 * The settled nodes as plain data. The table of keys has made their shapes, key by key, those of `Project`;
 * this is the one place where the compiler has to take that on trust.
 */
export function toProject(settled: Settled, facts: ProjectFacts): Project {
  const { root } = settled;
  const part = <T>(key: string): T => valueOf(get(root, key)) as T;
  const extensions = Object.fromEntries(
    Array.from(root.entries).flatMap(([key, { value }]) => (key.startsWith('x-') ? [[key, toValue(value)]] : [])),
  );
  return {
    name: facts.name,
    workingDir: facts.workingDir,
    files: facts.files,
    environment: Object.fromEntries(facts.variables),
    activeProfiles: settled.profiles,
    services: part('services'),
    inactiveServices: [...settled.inactive],
    networks: part('networks'),
    volumes: part('volumes'),
    configs: part('configs'),
    secrets: part('secrets'),
    extensions,
    warnings: facts.warnings,
    interpolated: facts.interpolated,
    locate: facts.locate,
  };
}

function valueOf(node: Node | undefined): unknown {
  return node ? toValue(node) : {};
}
