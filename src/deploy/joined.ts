/**
 * Services that live in the containers of others (`network_mode: service:x`, `pid`, `ipc`, `volumes_from`). What they
 * live in is fixed when they are started, and volumes when they are made: after a change of x they follow it, or they
 * would go on in what x was before.
 */

import type { ServicePlan } from '../redundancy/fleet.ts';
import type { StepList } from './step-list.ts';
import type { Step } from './steps.ts';

export interface Following {
  readonly how: 'recreate' | 'restart';
  readonly why: string;
}

/** What a service has to do after the steps of those it lives in; null: nothing. */
export function followingOf({ dependsOn }: ServicePlan, list: StepList): Following | null {
  const steps = list.all();
  const found = dependsOn.flatMap((dependency) => followed(dependency, steps) ?? []);
  return found.find(({ how }) => how === 'recreate') ?? found[0] ?? null;
}

function followed({ service, joins = [] }: ServicePlan['dependsOn'][number], steps: readonly Step[]): Following | null {
  if (joins.length === 0) return null;
  const kinds = new Set(steps.filter((step) => step.service === service).map(({ kind }) => kind));
  if (kinds.has('recreate_container') || kinds.has('create_container'))
    return { how: 'recreate', why: `${service}, in which it lives, is made anew` };
  const isStarted = kinds.has('restart_container') || kinds.has('start_container');
  const isBound = joins.some((key) => key !== 'volumes_from');
  return isStarted && isBound ? { how: 'restart', why: `${service}, in which it lives, is started anew` } : null;
}

/** Whoever lives in another container is made after it: the engine asks for it by name. */
export function createdBefore({ dependsOn }: ServicePlan, list: StepList): string[] {
  const hosts = new Set(dependsOn.flatMap(({ service, joins = [] }) => (joins.length === 0 ? [] : [service])));
  return list
    .all()
    .flatMap(({ id, kind, service }) =>
      kind === 'create_container' && service !== null && hosts.has(service) ? [id] : [],
    );
}
