import { linkAliases } from '../compose/container.ts';
import type { Project } from '../compose/project.ts';
import { awaitedToComplete } from './order.ts';

/** A key of another service that puts it into a service's container: its network, its processes, its volumes. */
export interface Join {
  readonly by: string;
  readonly key: string;
}

/** What the services of a project say about each other. Found once, since every service of a plan asks for it. */
export interface Relations {
  /** by the name of the service, or of the container, that is joined: "service:db", "container:my-db" */
  readonly joins: ReadonlyMap<string, readonly Join[]>;
  /** services by the container_name they ask for */
  readonly containerNames: ReadonlyMap<string, readonly string[]>;
  /** names that links of others give a service */
  readonly linkAliases: ReadonlyMap<string, readonly string[]>;
  /** services that others wait for to complete */
  readonly awaited: ReadonlySet<string>;
  /** active or not */
  readonly serviceNames: ReadonlySet<string>;
}

export function relationsOf(project: Project): Relations {
  const services = Object.entries(project.services);
  const named = services.flatMap(([name, { container_name: given }]) => (given === undefined ? [] : [{ given, name }]));
  return {
    joins: joinsOf(project),
    containerNames: grouped(named.map(({ given, name }) => [given, name])),
    linkAliases: grouped(linkAliases(project)),
    awaited: awaitedToComplete(project),
    serviceNames: new Set([...Object.keys(project.services), ...project.inactiveServices]),
  };
}

function joinsOf({ services }: Project): Relations['joins'] {
  const joins = Object.entries(services).flatMap(([by, service]) => {
    const namespaces = ['network_mode', 'pid', 'ipc'].map((key) => ({ target: service[key], key }));
    const volumes = (service.volumes_from ?? []).map((from) => ({ target: volumeSource(from), key: 'volumes_from' }));
    return [...namespaces, ...volumes].flatMap(({ target, key }) =>
      typeof target === 'string' ? [[target, { by, key }] as const] : [],
    );
  });
  return grouped(joins);
}

/** "db:ro" or "container:my-db:ro", as a namespace would be written. */
function volumeSource(from: string): string {
  const [first = '', second = ''] = from.split(':');
  return first === 'container' ? `container:${second}` : `service:${first}`;
}

function grouped<Value>(pairs: readonly (readonly [string, Value])[]): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const [key, value] of pairs) {
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
