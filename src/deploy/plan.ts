/**
 * From what should be and what is to the steps between them. Pure: the same input gives the same steps.
 *
 * Nothing that is as it should be is touched. All containers that are new are created before any is started,
 * so that what the engine refuses is known while nothing has changed. What is changed of a service with a
 * gateway is changed one member at a time, those without traffic first: traffic away, new container, its check
 * passes, next. A changed gateway comes before its members, because the old one's checks may not fit the new
 * members. Where its container stays, it is reloaded and nobody notices; a new container of a gateway (other ports,
 * networks, image) is the one change that has a short gap, and its step says so.
 */

import type { Container } from '../ports/engine.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { LABEL } from '../labels.ts';
import type { GatewayBlueprint } from './blueprint.ts';
import { type Existing, isOurs } from './existing.ts';
import { planImages } from './images.ts';
import { planService } from './plan-service.ts';
import { StepList } from './step-list.ts';
import type { PlanOptions, Step, StepKind } from './steps.ts';

export interface Deployment {
  readonly steps: readonly Step[];
  /** containers of services that are no longer in the file, and stay */
  readonly orphans: readonly string[];
}

/** @throws TH_IMAGE_UNAVAILABLE; everything else that speaks against it is in refusals.ts */
export function planDeployment(
  fleet: Fleet,
  blueprints: ReadonlyMap<string, GatewayBlueprint>,
  existing: Existing,
  options: PlanOptions,
): Deployment {
  const list = new StepList();
  for (const { id, service, after, ...work } of planImages(fleet, blueprints, existing.images))
    list.add(id, service, after, work);
  addNetworks(list, fleet, existing);
  addVolumes(list, fleet, existing);
  for (const { path, content, mode } of fleet.contentFiles)
    list.add(`file:${path}`, null, [], { kind: 'write_file', path, content, mode });
  const ground = list.ids('');
  for (const service of fleet.services)
    planService({ list, fleet, service, blueprint: blueprints.get(service.name) ?? null, existing, options, ground });
  const orphans = orphansOf(fleet, existing.containers);
  const removals = options.removeOrphans ? orphans.map((orphan) => addRemoval(list, orphan)) : [];
  const steps = startAfter(list.all(), removals);
  return { steps, orphans: options.removeOrphans ? [] : orphans.map(({ name }) => name) };
}

function addNetworks(list: StepList, fleet: Fleet, existing: Existing): void {
  const own = fleet.networks.filter(({ external }) => !external).map(({ spec }) => spec);
  const services = fleet.services.flatMap(({ gateway }) => gateway?.network ?? []);
  for (const spec of [...own, ...services]) {
    if (!existing.networks.get(spec.name)) list.add(`network:${spec.name}`, null, [], { kind: 'create_network', spec });
  }
}

function addVolumes(list: StepList, fleet: Fleet, existing: Existing): void {
  for (const { external, spec } of fleet.volumes) {
    if (!external && !existing.volumes.get(spec.name))
      list.add(`volume:${spec.name}`, null, [], { kind: 'create_volume', spec });
  }
}

/** Containers of the project that belong to no service of the file. */
export function orphansOf(fleet: Fleet, containers: readonly Container[]): Container[] {
  const services = new Set([
    ...(fleet.inactiveServices ?? []),
    ...fleet.services.flatMap(({ name, members }) => [name, ...members.map(({ composeService }) => composeService)]),
  ]);
  return containers.filter((container) => {
    const service = container.labels[isOurs(container) ? LABEL.ours : LABEL.service];
    return service === undefined || !services.has(service);
  });
}

function addRemoval(list: StepList, { id, name }: Container): string {
  return list.add(`remove:${name}`, null, [], {
    kind: 'remove_container',
    containerId: id,
    name,
    why: 'its service is no longer in the file',
  });
}

const startsSomething: ReadonlySet<StepKind> = new Set([
  'start_container',
  'recreate_container',
  'restart_container',
  'stop_container',
  'reload_gateway',
]);

/** Nothing is started before everything new is created and orphans have left their ports. */
function startAfter(steps: readonly Step[], removals: readonly string[]): Step[] {
  const first = [...removals, ...steps.flatMap(({ kind, id }) => (kind === 'create_container' ? [id] : []))];
  return steps.map((step) =>
    startsSomething.has(step.kind) ? { ...step, after: [...new Set([...step.after, ...first])] } : step,
  );
}
