/**
 * What is decided is on record before any of it is done. Where it turns out that it cannot be, it is decided anew in the
 * knowledge of that: what must be on record first is not wished for then.
 */

import { isEffect, type EffectAction } from '../core/actions.ts';
import type { Decision } from '../core/decide.ts';
import type { Signal } from '../core/model.ts';
import type { PatientStore } from './patient-store.ts';
import type { Recorder } from './record.ts';

export interface Recorded {
  readonly decision: Decision;
  /** its effects, each with its number in the journal */
  readonly begun: readonly { readonly effect: EffectAction; readonly id: number }[];
}

/**
 * @param decide what comes of these signals; called twice when the first answer could not be recorded
 */
export function recordedFirst(
  store: Pick<PatientStore, 'unrecorded'>,
  recorder: Pick<Recorder, 'announce' | 'withdraw'>,
  signals: readonly Signal[],
  decide: (signals: readonly Signal[]) => Decision,
): Recorded {
  const before = store.unrecorded;
  const first = announced(recorder, decide(signals));
  const { unrecorded } = store;
  if (unrecorded === before || unrecorded === null) return first;
  for (const { id } of first.begun) recorder.withdraw(id);
  return announced(recorder, decide([...signals, { kind: 'record_lost', reason: unrecorded.reason }]));
}

function announced(recorder: Pick<Recorder, 'announce'>, decision: Decision): Recorded {
  const begun = decision.actions.filter(isEffect).map((effect) => ({ effect, id: recorder.announce(effect) }));
  return { decision, begun };
}
