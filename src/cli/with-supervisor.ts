import type { Report } from '../api/supervised-project.ts';
import type { Context } from './command.ts';
import { hostForAMoment } from './host.ts';
import type { Place } from './place.ts';

/** The commands that act on a running project, whoever carries them out. */
export interface Operations {
  failover(
    request: { readonly service: string; readonly to: string | null },
    report: Report,
    signal: AbortSignal,
  ): Promise<{ readonly from: string | null; readonly to: string }>;
  restart(request: { readonly target: string }, report: Report, signal: AbortSignal): Promise<void>;
}

/** Lets the project's supervisor do it, or, where none runs, takes the lease for a moment and does it here. */
export async function withSupervisor<Result>(
  context: Context,
  place: Place,
  purpose: string,
  work: (operations: Operations) => Promise<Result>,
): Promise<Result> {
  if ((await place.control.status()) !== null) return work(place.control);
  return hostForAMoment(context, place, purpose, async (project) => {
    await project.resume();
    return work(project);
  });
}
