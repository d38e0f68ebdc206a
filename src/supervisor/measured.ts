/** What is measured of the members and the host, beside what the engine and the gateways say. */

import type { HostSeen, OomSeen, ResourcesSeen, SignSeen } from '../core/model.ts';
import type { Container } from '../ports/engine.ts';
import type { ServicePlan } from '../redundancy/fleet.ts';

export interface Measured {
  /** of the container's present run */
  resources(container: Container): ResourcesSeen | null;
  oomKills(container: Container): Pick<OomSeen, 'kills' | 'killsInWindow'>;
  memberSigns(service: ServicePlan, container: Container): readonly SignSeen[];
  serviceSigns(service: ServicePlan): readonly SignSeen[];
  host(): HostSeen | null;
}

/** Where nobody measures: one look at everything. */
export const nothingMeasured: Measured = {
  resources: () => null,
  oomKills: () => ({ kills: null, killsInWindow: null }),
  memberSigns: () => [],
  serviceSigns: () => [],
  host: () => null,
};

/** A run of a container: what was measured of another one says nothing about it. */
export function runOf({ id, startedAt }: Container): string {
  return `${id} ${startedAt}`;
}
