import type { ProjectStatus } from '../supervisor/status.ts';
import type { Place } from './place.ts';

/** From the supervisor when one runs, else from the engine, the gateways and the record. */
export async function currentStatus(place: Place): Promise<ProjectStatus> {
  const answer = await place.control.status();
  return answer?.status ?? recordedStatus(place);
}

/** What can be said with nobody supervising: one look at everything, beside what is on record. */
export async function recordedStatus(place: Place): Promise<ProjectStatus> {
  const { openStore, lookOnce } = await import('../wire.ts');
  const store = openStore(place.folder, { readOnly: true });
  try {
    return await lookOnce(place, store);
  } finally {
    store.close();
  }
}
