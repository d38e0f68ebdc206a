import type { ProjectStatus } from '../supervisor/status.ts';
import type { Context } from './command.ts';
import { storedFleet } from './members.ts';
import type { Place } from './place.ts';

/** how long one look at everything may take, in milliseconds */
const LOOK_TIMEOUT_MS = 10_000;

/** From the supervisor when one runs, else from the engine, the gateways and the record. */
export async function currentStatus(context: Pick<Context, 'environment'>, place: Place): Promise<ProjectStatus> {
  const answer = await place.control.status();
  return answer?.status ?? recordedStatus(context, place);
}

/** What can be said with nobody supervising: one look at everything, beside what is on record. */
export async function recordedStatus(
  { environment }: Pick<Context, 'environment'>,
  place: Place,
): Promise<ProjectStatus> {
  const { lookOnce, openStore } = await import('../wire.ts');
  const store = openStore(place.folder, { readOnly: true });
  try {
    const fleet = storedFleet(store);
    if (fleet === null)
      return {
        project: place.project,
        supervised: false,
        frozen: '',
        freeze: null,
        emergency: null,
        unrecorded: null,
        services: [],
      };
    return await lookOnce(place, fleet, store, environment, AbortSignal.timeout(LOOK_TIMEOUT_MS));
  } finally {
    store.close();
  }
}
