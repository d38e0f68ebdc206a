/** A person's order to a project that nobody supervises: it goes into the memory that the next supervisor starts with. */

import type { Action } from '../core/actions.ts';
import { heed } from '../core/freeze.ts';
import { emptyMemory } from '../core/memory.ts';
import type { Order } from '../core/model.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { modelOf } from './model.ts';
import { Recorder, savedMemory } from './record.ts';

/** The lease is held by the caller. @returns what came of it, a line each; none: it was so already */
export function orderUnsupervised(store: Store, clock: Clock, fleet: Fleet, order: Order): string[] {
  const saved = savedMemory(store);
  const { memory, notes } = heed(modelOf(fleet).services, saved?.memory ?? emptyMemory(), order, clock.now());
  const recorder = new Recorder({ store, clock, log: () => undefined, countersOf: () => null });
  recorder.saveMemory({ memory, lastEventAt: saved?.lastEventAt ?? 0 });
  for (const note of notes) recorder.note(note);
  return toldBy(notes);
}

/** The lines for a person among what a decision notes. */
export function toldBy(notes: readonly Action[]): string[] {
  return notes.flatMap((note) => (note.kind === 'tell' ? [note.message] : []));
}
