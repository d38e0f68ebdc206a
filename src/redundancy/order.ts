import type { Project, Service } from '../compose/project.ts';
import type { ServicePlan } from './fleet.ts';

/** What a service waits for: `depends_on`, and what Compose takes as such (links, volumes_from, joined namespaces). */
export function dependenciesOf(project: Project, service: Service): ServicePlan['dependsOn'] {
  const named = Object.entries(service.depends_on ?? {}).map(([name, { condition, required, restart }]) => ({
    service: name,
    condition,
    required,
    restart: restart === true,
  }));
  const implied = impliedDependencies(service)
    .filter((name) => !named.some((entry) => entry.service === name))
    .map((name) => ({ service: name, condition: 'service_started' as const, required: true, restart: false }));
  return [...named, ...implied]
    .filter((entry) => Object.hasOwn(project.services, entry.service))
    .map((entry) => withJoins(entry, service));
}

type Dependency = ServicePlan['dependsOn'][number];

function withJoins(entry: Dependency, service: Service): Dependency {
  const keys = (['network_mode', 'pid', 'ipc'] as const).filter((key) => service[key] === `service:${entry.service}`);
  const hasVolumes = service.volumes_from?.some((from) => from.split(':')[0] === entry.service) === true;
  const joins = [...keys, ...(hasVolumes ? (['volumes_from'] as const) : [])];
  return joins.length === 0 ? entry : { ...entry, joins };
}

function impliedDependencies(service: Service): readonly string[] {
  const joined = [service.network_mode, service.pid, service.ipc].flatMap((value) =>
    value?.startsWith('service:') === true ? [value.slice('service:'.length)] : [],
  );
  const links = (service.links ?? []).map((link) => link.split(':')[0] ?? '');
  const volumes = (service.volumes_from ?? [])
    .filter((from) => !from.startsWith('container:'))
    .map((from) => from.split(':')[0] ?? '');
  return [...new Set([...joined, ...links, ...volumes])];
}

/** Dependencies first, otherwise the file's order. A cycle (refused at load) would keep the file's order too. */
export function inDependencyOrder(project: Project): readonly string[] {
  const placed = new Set<string>();
  const ordered: string[] = [];
  const place = (name: string): void => {
    const service = project.services[name];
    if (service === undefined || placed.has(name)) return;
    placed.add(name);
    for (const dependency of dependenciesOf(project, service)) place(dependency.service);
    ordered.push(name);
  };
  for (const name of Object.keys(project.services)) place(name);
  return ordered;
}

/** Services that another one waits for to complete: exit 0 is what they are for. */
export function awaitedToComplete(project: Project): ReadonlySet<string> {
  const dependencies = Object.values(project.services).flatMap((service) => Object.entries(service.depends_on ?? {}));
  return new Set(
    dependencies.filter(([, { condition }]) => condition === 'service_completed_successfully').map(([name]) => name),
  );
}
