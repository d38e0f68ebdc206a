/**
 * The whole story of an incident, from the record alone: what was seen, what was weighed, what was done with how it
 * ended and how long it took, and what it cost. The journal tells of actions that no incident asked for, too, such as
 * the switch of traffic before it was opened: they are of the same service and the same time.
 */

import type { EffectAction } from '../core/actions.ts';
import type { Memory } from '../core/memory.ts';
import type { EventRecord, IncidentNote, IncidentRecord, JournalEntry, Store } from '../ports/store.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { savedMemory } from './record.ts';
import { doneWords, failedWords, isEffectAction, wishWords } from './words.ts';

/** times: milliseconds since 1970. Keys are only ever added. */
export interface IncidentReport {
  readonly incident: IncidentRecord;
  readonly timeline: readonly TimelineEntry[];
  readonly cost: IncidentRecord['impact'];
  /** it goes on, and so does what it costs; requests are counted at its end */
  readonly isOpen: boolean;
  /** false: nobody counts the requests of this service */
  readonly hasGateway: boolean;
}

export interface TimelineEntry {
  readonly at: number;
  /** seen: evidence. weighed: why something was done, or not. state: what a member was then. */
  readonly kind: 'seen' | 'weighed' | 'done' | 'failed' | 'under_way' | 'state' | 'over';
  readonly text: string;
  /** of what was done */
  readonly tookMs: number | null;
  /** of what was weighed: until when at the latest */
  readonly until: number | null;
}

/** What a member did just before it was noticed belongs to the story. */
const BEFORE_MS = 1000;

type Reading = Pick<Store, 'incident' | 'journal' | 'events' | 'document'>;

/** @returns null: there is no such incident on record */
export function incidentReport(store: Reading, id: string, now: number): IncidentReport | null {
  const incident = store.incident(id);
  if (!incident) return null;
  const sinceMs = incident.startedAt - BEFORE_MS;
  const untilMs = (incident.endedAt ?? now) + BEFORE_MS;
  const events = store.events({ sinceMs }).filter(({ time }) => time <= untilMs);
  const timeline = [
    ...notesOf(incident).map(noteEntry),
    ...store.journal({ sinceMs, untilMs }).flatMap((entry) => actionEntry(incident, entry)),
    ...events.flatMap((event) => stateEntry(incident, event)),
  ];
  return {
    incident,
    timeline: timeline.toSorted((a, b) => a.at - b.at || ORDER[a.kind] - ORDER[b.kind]),
    cost: incident.endedAt === null ? costSoFar(incident, savedMemory(store)?.memory ?? null, now) : incident.impact,
    isOpen: incident.endedAt === null,
    hasGateway: hasGateway(store, incident.service),
  };
}

/** As the plan on record has it; of a plan that is gone nothing is known, and what was counted is told. */
function hasGateway(store: Reading, service: string): boolean {
  const fleet = store.document('fleet') as Fleet | null | undefined;
  return fleet?.services.find(({ name }) => name === service)?.gateway !== null;
}

/** At the same moment: what was seen, what was thought of it, what was done. */
const ORDER: Readonly<Record<TimelineEntry['kind'], number>> = {
  seen: 0,
  state: 1,
  weighed: 2,
  done: 3,
  failed: 3,
  under_way: 4,
  over: 5,
};

/** An older version kept the evidence alone, without its times. */
function notesOf({ notes, evidence, startedAt }: IncidentRecord): readonly IncidentNote[] {
  return notes ?? evidence.map((text) => ({ at: startedAt, kind: 'seen', text, until: null }));
}

function noteEntry({ at, kind, text, until }: IncidentNote): TimelineEntry {
  return { at, kind: kind === 'seen' ? 'seen' : 'weighed', text, tookMs: null, until };
}

function actionEntry(incident: IncidentRecord, entry: JournalEntry): TimelineEntry[] {
  const { action, at, endedAt, outcome, detail } = entry;
  const isOther = entry.incident !== null && entry.incident !== incident.id;
  if (!isEffectAction(action) || action.service !== incident.service || isOther) return [];
  const tookMs = endedAt === null ? null : endedAt - at;
  const more = { at, tookMs, until: null };
  if (outcome === null) return [{ ...more, kind: 'under_way', text: wishWords(action) }];
  if (outcome === 'done') return [{ ...more, kind: 'done', text: doneWords(action) }];
  return [
    { ...more, kind: 'failed', text: outcome === 'failed' ? failedText(action, detail) : givenUp(action, detail) },
  ];
}

function failedText(action: EffectAction, detail: string): string {
  return `${failedWords(action)}${detail === '' ? '' : `: ${detail}`}`;
}

function givenUp(action: EffectAction, detail: string): string {
  return `to ${wishWords(action)} was given up${detail === '' ? '' : `: ${detail}`}`;
}

function stateEntry({ id, service }: IncidentRecord, event: EventRecord): TimelineEntry[] {
  const more = { at: event.time, tookMs: null, until: null };
  if (event.kind === 'close_incident' && event.incident === id) return [{ ...more, kind: 'over', text: event.message }];
  if (event.kind !== 'verdict' || event.service !== service) return [];
  return [{ ...more, kind: 'state', text: event.message.replace(/(: .*)? \(was \w+\)$/s, '') }];
}

function costSoFar(
  { id, service, impact }: IncidentRecord,
  memory: Memory | null,
  now: number,
): IncidentRecord['impact'] {
  const known = memory?.services[service];
  if (!known) return impact;
  const open = [known.gateway, ...Object.values(known.members)].find(({ incident }) => incident?.id === id)?.incident;
  const outageMs = known.outageMs + (known.outageSince === null ? 0 : now - known.outageSince);
  return { ...impact, withoutServiceMs: Math.max(0, outageMs - (open?.outageMsBefore ?? outageMs)) };
}
