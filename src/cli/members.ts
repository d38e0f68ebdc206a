import { unknownName } from '../api/unknown-name.ts';
import type { Container, Engine } from '../ports/engine.ts';
import type { Store } from '../ports/store.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { LABEL } from '../labels.ts';

/** A container of ours under the names a person uses for it. */
export interface NamedContainer {
  readonly service: string;
  /** the member's name; null for a gateway */
  readonly member: string | null;
  readonly container: Container;
}

/** The plan that is carried out at this moment; null when twinhull never started the project. */
export function storedFleet(store: Store): Fleet | null {
  return (store.document('fleet') ?? null) as Fleet | null;
}

/** Every container of ours of the project, services in the order of the plan. */
export async function namedContainers(engine: Engine, project: string, fleet: Fleet | null): Promise<NamedContainer[]> {
  const labels = { [LABEL.project]: project, [LABEL.ours]: '' };
  const containers = await engine.listContainers({ labels });
  const order = new Map(fleet?.services.map(({ name }, index) => [name, index]) ?? []);
  const place = ({ service }: NamedContainer): number => order.get(service) ?? order.size;
  return containers
    .map((container) => named(container, fleet))
    .toSorted((a, b) => place(a) - place(b) || a.container.name.localeCompare(b.container.name));
}

/** Those of a service (its members), one member, or one container by its name; throws TH_UNKNOWN_NAME. */
export function select(all: readonly NamedContainer[], target: string): NamedContainer[] {
  const ofService = all.filter(({ service, member }) => service === target && member !== null);
  const exact = all.filter(({ member, container }) => member === target || container.name === target);
  const found = ofService.length > 0 ? ofService : exact;
  if (found.length > 0) return found;
  const known = [...new Set(all.flatMap(({ service, member }) => [service, member ?? service]))];
  throw unknownName(target, known);
}

function named(container: Container, fleet: Fleet | null): NamedContainer {
  const service = container.labels[LABEL.ours] ?? '';
  if (container.labels[LABEL.role] === 'gateway') return { service, member: null, container };
  const planned = fleet?.services
    .flatMap(({ members }) => members)
    .find(({ containerName }) => containerName === container.name);
  return { service, member: planned?.name ?? nameFromLabels(container, service), container };
}

/** As redundancy names members: a cluster without a gateway counts containers of one Compose service. */
function nameFromLabels(container: Container, service: string): string {
  const composeService = container.labels[LABEL.service] ?? service;
  const number = container.labels[LABEL.number] ?? '1';
  return composeService === service && container.labels[LABEL.role] === 'replica'
    ? `${service}-${number}`
    : composeService;
}
