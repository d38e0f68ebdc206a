/**
 * What is done while the record cannot be written, since its disk is full.
 *
 * The record is written ahead for two reasons. A supervisor that is killed while it ends a container leaves one that
 * was stopped through the engine, which looks as if a person had stopped it; and where one of two writes, the next
 * supervisor must know whom the last one was about to start. So what ends something, makes it anew, or gives the data to
 * another writer is not begun. Everything else is: moving traffic can be taken back, and what is down and is started
 * where it was is, cut off in the middle, either down still or up.
 *
 * A change of writers that is on record already is brought to its end: each of its steps follows from what is seen.
 */

import type { EffectKind, NoteAction } from './actions.ts';
import { HANDS_OVER } from './freeze.ts';
import type { Memory, ServiceMemory } from './memory.ts';
import type { ServiceModel, Signal } from './model.ts';
import { tell } from './freeze.ts';
import { spanText } from './span.ts';

/** Must be on disk before it begins. */
export function needsRecord(kind: EffectKind, { policy }: Pick<ServiceModel, 'policy'>): boolean {
  switch (kind) {
    case 'lead':
    case 'drain':
    case 'take_out':
    case 'put_in':
    case 'start':
    case 'unpause':
    case 'reconnect':
    case 'start_gateway':
    case 'unpause_gateway':
    case 'reconnect_gateway':
      return false;
    case 'start_standby':
      return policy.oneWriter;
    case 'restart_soft':
    case 'restart_hard':
    case 'replace':
    case 'replace_standby':
    case 'stop':
    case 'fence':
    case 'rest':
    case 'quarantine':
    case 'replace_gateway':
      return true;
  }
}

/** '' when it may begin; else why not, for a person. A change that began without a record is none that goes on. */
export function unrecordedWords(whole: Memory, service: ServiceMemory, model: ServiceModel, kind: EffectKind): string {
  if (whole.unrecorded === undefined || !needsRecord(kind, model)) return '';
  const { handover } = service;
  // of two that write none begins to take over then, see isWriterHeld()
  const isOnRecord = model.policy.oneWriter || (handover?.since ?? Infinity) < whole.unrecorded.since;
  if (handover && isOnRecord && HANDS_OVER.has(kind)) return '';
  return `what it takes has to be on record before it begins, and the record cannot be written (${whole.unrecorded.reason})`;
}

/** No change from one writer to the other may begin. */
export function isWriterHeld({ unrecorded }: Memory, { policy }: ServiceModel): boolean {
  return unrecorded !== undefined && policy.oneWriter;
}

/** @returns what goes into the record, once there is room, and to whoever is told at once */
export function noteRecord(whole: Memory, signals: readonly Signal[], now: number): NoteAction[] {
  return signals.flatMap((signal): NoteAction[] => {
    if (signal.kind === 'record_lost') return lose(whole, signal.reason, now);
    return signal.kind === 'record_kept' ? regain(whole, signal.lost, now) : [];
  });
}

function lose(whole: Memory, reason: string, now: number): NoteAction[] {
  if (whole.unrecorded) return [];
  whole.unrecorded = { since: now, reason };
  const alert = `the record cannot be written: ${reason}. Traffic is moved and what is down is started; nothing is ended or made anew, no other writer is started, and what a person asks for is refused, until there is room`;
  return [{ kind: 'alert', service: null, member: null, reason: alert }];
}

function regain(whole: Memory, lost: number, now: number): NoteAction[] {
  if (!whole.unrecorded) return [];
  const howLong = spanText(now - whole.unrecorded.since);
  whole.unrecorded = undefined;
  const gap = lost === 0 ? 'with nothing missing' : `but for ${lost} lines for which there was no room`;
  return [tell('record', null, `the record is written again after ${howLong}, ${gap}; repairs go on`)];
}
