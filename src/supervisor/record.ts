/**
 * The record: a journal that is written before anything is done, incidents, events in words, health history.
 * What is written here is what `twinhull events` and `status` tell, and what a supervisor that was killed
 * finds when it starts again.
 */

import type { EffectAction, NoteAction } from '../core/actions.ts';
import type { Emergency, Memory } from '../core/memory.ts';
import type { Clock } from '../ports/clock.ts';
import type { GatewayReading } from '../ports/gateway.ts';
import type { IncidentNote, IncidentRecord, Store } from '../ports/store.ts';
import type { ProjectPolicy } from '../redundancy/fleet.ts';
import type { Failpoint } from './failpoint.ts';
import { doneWords, failedWords, isEffectAction } from './words.ts';

/** given_up: something else was decided meanwhile */
export type Outcome = 'done' | 'failed' | 'unreachable' | 'given_up';
type Counters = GatewayReading['counters'];

const MEMORY = 'core';
const EMERGENCIES = 'emergencies';
const EMERGENCIES_KEPT = 20;
/** events, actions and incidents each, whatever their age: some 10 MB */
const NEWEST_KEPT = 20_000;
/** of one incident: one that lasts for days must not grow for days */
const NOTES_KEPT = 200;

/** The core's memory as it lies in the store. */
export interface SavedMemory {
  readonly memory: Memory;
  /** the engine's time of the last event seen */
  readonly lastEventAt: number;
}

export function savedMemory(store: Pick<Store, 'document'>): SavedMemory | null {
  const saved = store.document(MEMORY) as SavedMemory | null | undefined;
  return saved && typeof saved === 'object' && 'memory' in saved ? saved : null;
}

/** Emergencies on record, newest first. */
export function emergencies(store: Pick<Store, 'document'>): readonly Emergency[] {
  const saved = store.document(EMERGENCIES);
  return Array.isArray(saved) ? (saved as Emergency[]) : [];
}

function saveEmergency(store: Store, emergency: Emergency): void {
  const others = emergencies(store).filter(({ id }) => id !== emergency.id);
  store.saveDocument(EMERGENCIES, [emergency, ...others].slice(0, EMERGENCIES_KEPT));
}

/** The project was taken down: what was known of its containers says nothing about the next ones. */
export function forgetProject(store: Store, now: number): void {
  for (const { id } of store.pending()) store.complete(id, now, 'abandoned', 'the project was taken down');
  for (const incident of store.incidents({ open: true }))
    store.saveIncident({ ...incident, endedAt: now, outcome: 'superseded' });
  for (const emergency of emergencies(store))
    if (emergency.endedAt === null) saveEmergency(store, { ...emergency, endedAt: now, outcome: 'ended' });
  store.saveDocument(MEMORY, null);
}

export class Recorder {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  readonly #countersOf: (service: string) => Counters | null;
  readonly #failpoint: Failpoint;
  /** counters when an incident began, by its id */
  readonly #countersAtStart = new Map<string, Counters>();

  constructor(parts: {
    readonly store: Store;
    readonly clock: Clock;
    readonly log: (line: string) => void;
    readonly countersOf: (service: string) => Counters | null;
    readonly failpoint?: Failpoint | undefined;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#countersOf = parts.countersOf;
    this.#failpoint = parts.failpoint ?? (() => undefined);
  }

  saveMemory(saved: SavedMemory): void {
    this.#store.saveDocument(MEMORY, saved);
  }

  /** Write-ahead: on disk before the effect begins. @returns the journal's number for it */
  announce(effect: EffectAction): number {
    this.#failpoint('before-begin');
    const id = this.#store.announce(this.#clock.now(), effect, effect.incident);
    this.#failpoint('after-begin');
    return id;
  }

  /** It is not begun after all. */
  withdraw(id: number): void {
    this.#store.complete(id, this.#clock.now(), 'abandoned', 'it could not be put on record, and was not begun');
  }

  ended(id: number, effect: EffectAction, outcome: Outcome, detail: string): void {
    this.#failpoint('before-complete');
    this.#complete(id, effect, outcome, detail);
    this.#failpoint('after-complete');
  }

  #complete(id: number, effect: EffectAction, outcome: Outcome, detail: string): void {
    const now = this.#clock.now();
    if (outcome === 'given_up') {
      this.#store.complete(id, now, 'abandoned', detail);
      return;
    }
    this.#store.complete(id, now, outcome === 'done' ? 'done' : 'failed', detail);
    const { kind, service, member, incident, reason } = effect;
    const what = outcome === 'done' ? doneWords(effect) : failedWords(effect);
    const how = outcome === 'done' ? 'done' : detail;
    if (incident !== null)
      this.#change(incident, (one) => ({ ...one, actions: [...one.actions, { at: now, what, outcome: how }] }));
    if (outcome === 'done') this.#event(kind, service, member, incident, `${what}: ${reason}`);
    else
      this.#event('action_failed', service, member, incident, `${what} (${detail}); it was to help because ${reason}`);
  }

  note(action: NoteAction): void {
    switch (action.kind) {
      case 'open_incident':
        this.#open(action);
        return;
      case 'update_incident':
        this.#change(action.id, (incident) => ({
          ...this.#noted(incident, 'seen', action.evidence),
          kind: action.failure,
          evidence: [...incident.evidence, action.evidence].slice(-50),
        }));
        return;
      case 'consider_incident':
        this.#change(action.id, (incident) => this.#noted(incident, 'considered', action.what, action.until));
        return;
      case 'close_incident':
        this.#close(action);
        return;
      case 'alert':
        this.#event('alert', action.service, action.member, null, action.reason);
        return;
      case 'save_emergency':
        saveEmergency(this.#store, action.emergency);
        return;
      case 'tell':
        this.#event(action.about, action.service, null, null, action.message);
        return;
      case 'verdict':
        this.#verdict(action);
    }
  }

  #open({
    id,
    service,
    member,
    failure,
    startedAt,
    drill,
    evidence,
  }: Extract<NoteAction, { kind: 'open_incident' }>): void {
    const counters = this.#countersOf(service);
    if (counters) this.#countersAtStart.set(id, counters);
    const impact = { failedRequests: 0, retriedRequests: 0, withoutServiceMs: 0 };
    this.#store.saveIncident({
      id,
      service,
      member,
      kind: failure,
      startedAt,
      endedAt: null,
      drill,
      evidence,
      notes: evidence.map((text) => ({ at: startedAt, kind: 'seen', text, until: null })),
      actions: [],
      outcome: null,
      impact,
    });
    this.#event('open_incident', service, member, id, `${failure}${drill ? ' (a drill)' : ''}: ${evidence.join('; ')}`);
  }

  #close(action: Extract<NoteAction, { kind: 'close_incident' }>): void {
    const { id, service, member, outcome, reason, withoutServiceMs } = action;
    const endedAt = this.#clock.now();
    this.#change(id, (incident) => ({
      ...incident,
      endedAt,
      outcome,
      impact: { ...this.#requestsSince(id, service), withoutServiceMs },
    }));
    this.#countersAtStart.delete(id);
    const startedAt = this.#store.incident(id)?.startedAt ?? endedAt;
    this.#event('close_incident', service, member, id, `${outcome} after ${seconds(endedAt - startedAt)}: ${reason}`);
  }

  /** A gateway that was restarted in between counts from zero. */
  #requestsSince(id: string, service: string): { readonly failedRequests: number; readonly retriedRequests: number } {
    const now = this.#countersOf(service);
    const before = this.#countersAtStart.get(id);
    if (!now || !before) return { failedRequests: 0, retriedRequests: 0 };
    const grown = (from: number, to: number): number => (to >= from ? to - from : to);
    return {
      failedRequests: grown(before.failed, now.failed),
      retriedRequests: grown(before.retried, now.retried) + grown(before.redispatched, now.redispatched),
    };
  }

  #verdict({ service, member, verdict, was, reason }: Extract<NoteAction, { kind: 'verdict' }>): void {
    const time = this.#clock.now();
    this.#store.appendHealth([{ time, service, member, verdict, detail: reason }]);
    this.#event(
      'verdict',
      service,
      member,
      null,
      `${member} is ${verdict}${reason === '' ? '' : `: ${reason}`} (was ${was})`,
    );
  }

  /** The first note, which says how it began, stays. */
  #noted(
    incident: IncidentRecord,
    kind: IncidentNote['kind'],
    text: string,
    until: number | null = null,
  ): IncidentRecord {
    const [first, ...rest] = [...(incident.notes ?? []), { at: this.#clock.now(), kind, text, until }];
    return { ...incident, notes: first ? [first, ...rest.slice(-NOTES_KEPT + 1)] : [] };
  }

  #change(id: string, change: (incident: IncidentRecord) => IncidentRecord): void {
    const incident = this.#store.incident(id);
    if (incident) this.#store.saveIncident(change(incident));
  }

  /** What concerns the whole project, or one service, and no member of it. */
  say(kind: 'supervisor' | 'engine' | 'restart' | 'drill', message: string, service: string | null = null): void {
    this.#event(kind, service, null, null, message);
  }

  /** One line of the record, for `twinhull events`. */
  #event(kind: string, service: string | null, member: string | null, incident: string | null, message: string): void {
    this.#store.appendEvent({ time: this.#clock.now(), kind, service, member, incident, message });
    this.#log(service === null ? message : `${service}: ${message}`);
  }

  /** Every monitoring interval: what each member was like, and what is too old is dropped. */
  tick(memory: Memory, policy: ProjectPolicy): void {
    const time = this.#clock.now();
    const records = Object.entries(memory.services).flatMap(([service, { members }]) =>
      Object.entries(members).map(([member, { verdict, reason }]) => ({
        time,
        service,
        member,
        verdict,
        detail: reason,
      })),
    );
    this.#store.appendHealth(records);
    this.#store.prune({
      entriesPerService: policy.historyEntries,
      before: time - policy.historyRetentionMs,
      newest: NEWEST_KEPT,
    });
  }

  /** What the last supervisor had begun: told, and closed; what is still wanted is decided anew. */
  abandonPending(): EffectAction[] {
    return this.#store.pending().flatMap(({ id, action }) => {
      this.#store.complete(id, this.#clock.now(), 'abandoned', 'the supervisor ended before it was done');
      return isEffectAction(action) ? [action] : [];
    });
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
