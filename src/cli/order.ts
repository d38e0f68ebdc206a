/** What a person wants of repairs, given to the supervisor, or, where none runs, to the next one by the store. */

import type { Order } from '../supervisor/parts.ts';
import { orderUnsupervised } from '../supervisor/order.ts';
import { unknownName } from '../api/unknown-name.ts';
import { TwinhullError } from '../errors.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import type { Context } from './command.ts';
import { leaseHeld } from './host.ts';
import { storedFleet } from './members.ts';
import { controlOf, projectNameOf, readingPlace } from './place.ts';

export interface Obeyed {
  readonly project: string;
  /** false: nobody does, and it counts for the next one who does */
  readonly supervised: boolean;
  /** what came of it; none: it was so already */
  readonly told: readonly string[];
}

const ORDER_TIMEOUT_MS = 10_000;

/** Needs no engine: whoever freezes repairs may do so because the engine is what is ill. */
export async function giveOrder(context: Context, purpose: string, order: Order): Promise<Obeyed> {
  return readingPlace(
    context,
    ({ folder, project }) => orderAt(folder, project, purpose, order),
    async (folder) => orderAt(folder, await projectNameOf(context), purpose, order),
  );
}

async function orderAt(folder: string, project: string, purpose: string, order: Order): Promise<Obeyed> {
  const control = controlOf(folder);
  if ((await control.status()) !== null) {
    return { project, supervised: true, told: await control.order(order, AbortSignal.timeout(ORDER_TIMEOUT_MS)) };
  }
  const { clock, openStore } = await import('../wire.ts');
  const reading = openStore(folder, { readOnly: true });
  const fleet = storedFleet(reading);
  reading.close();
  check(project, fleet, order);
  const store = openStore(folder);
  try {
    const lease = store.acquireLease(purpose, clock.now());
    if (!lease.held) throw leaseHeld(project, lease.holder);
    return { project, supervised: false, told: orderUnsupervised(store, clock, fleet, order) };
  } finally {
    store.close();
  }
}

function check(project: string, fleet: Fleet | null, order: Order): asserts fleet is Fleet {
  if (fleet === null) throw new TwinhullError('TH_NOT_RUNNING', `nothing is running for the project ${project}`);
  const services = fleet.services.map(({ name }) => name);
  if (order.kind === 'maintenance_asked' && !services.includes(order.service)) {
    throw unknownName(order.service, services);
  }
}
