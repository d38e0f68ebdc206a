/** What waits to be written, in order, and how what is on disk reads with it. */

import type { EventRecord, HealthRecord, IncidentRecord, JournalEntry, DurableStore, Store } from '../ports/store.ts';

/** of each kind: some 10 MB in all */
const MOST_KEPT = 10_000;

type Completion = { readonly at: number; readonly outcome: 'done' | 'failed' | 'abandoned'; readonly detail: string };
type Range = Parameters<Store['journal']>[0];
type IncidentOptions = Parameters<Store['incidents']>[0];
type EventOptions = Parameters<Store['events']>[0];

/**
 * Ids of journal entries that wait are negative, so that they are none of the disk's. Events are numbered on from the
 * last one on disk, which is what the disk will number them too: whoever follows them misses none.
 */
export class Backlog {
  readonly #journal = new Map<number, JournalEntry>();
  /** of entries that are on disk */
  readonly #completed = new Map<number, Completion>();
  readonly #incidents = new Map<string, IncidentRecord>();
  readonly #events: EventRecord[] = [];
  #health: HealthRecord[] = [];
  readonly #documents = new Map<string, unknown>();
  readonly #lastEventId: number;
  #lastAnnounced: number;
  /** for which there was no room here either */
  lost = 0;

  /** @param lastAnnounced the lowest id of a journal entry that was given before, 0: none was */
  constructor(lastEventId: number, lastAnnounced: number) {
    this.#lastEventId = lastEventId;
    this.#lastAnnounced = lastAnnounced;
  }

  announce(at: number, action: unknown, incident: string | null): number {
    const id = --this.#lastAnnounced;
    this.#journal.set(id, { id, at, action: copied(action), incident, endedAt: null, outcome: null, detail: '' });
    this.#forgetOldest(this.#journal, ({ endedAt }) => endedAt !== null);
    return id;
  }

  complete(id: number, completion: Completion): void {
    const entry = this.#journal.get(id);
    if (entry) this.#journal.set(id, entry.endedAt === null ? completed(entry, completion) : entry);
    else if (id > 0 && !this.#completed.has(id)) this.#completed.set(id, completion);
  }

  saveIncident(incident: IncidentRecord): void {
    this.#incidents.delete(incident.id);
    this.#incidents.set(incident.id, structuredClone(incident));
    this.#forgetOldest(this.#incidents, ({ endedAt }) => endedAt !== null);
  }

  /** The first are kept and not the last, so that their numbers stay true. */
  appendEvent(event: Omit<EventRecord, 'id'>): EventRecord {
    const record = { ...event, id: this.#lastEventId + this.#events.length + 1 };
    if (this.#events.length < MOST_KEPT) this.#events.push(record);
    else this.lost += 1;
    return record;
  }

  appendHealth(records: readonly HealthRecord[]): void {
    this.#health = [...this.#health, ...records].slice(-MOST_KEPT);
  }

  saveDocument(name: string, value: unknown): void {
    this.#documents.set(name, copied(value));
  }

  // ---- what is on disk, with what waits ----

  pending(written: readonly JournalEntry[]): JournalEntry[] {
    const open = [...this.#journal.values()].filter(({ endedAt }) => endedAt === null);
    return [...written.filter(({ id }) => !this.#completed.has(id)), ...open];
  }

  journal(written: readonly JournalEntry[], { sinceMs, untilMs }: Range): JournalEntry[] {
    const waiting = [...this.#journal.values()].filter(({ at }) => at >= sinceMs && at <= untilMs);
    const known = written.map((entry) => {
      const completion = this.#completed.get(entry.id);
      return completion ? completed(entry, completion) : entry;
    });
    return [...known, ...waiting];
  }

  incident(id: string): IncidentRecord | null {
    return structuredClone(this.#incidents.get(id) ?? null);
  }

  /** @param written by the same options, without their limit */
  incidents(
    written: readonly IncidentRecord[],
    { service, open, limit }: NonNullable<IncidentOptions>,
  ): IncidentRecord[] {
    const waiting = [...this.#incidents.values()]
      .filter((incident) => service === undefined || incident.service === service)
      .filter(({ endedAt }) => open === undefined || (endedAt === null) === open);
    return [...waiting.reverse(), ...written.filter(({ id }) => !this.#incidents.has(id))]
      .sort((one, other) => other.startedAt - one.startedAt)
      .slice(0, limit)
      .map((incident) => structuredClone(incident));
  }

  events(written: readonly EventRecord[], { afterId, sinceMs, limit }: NonNullable<EventOptions>): EventRecord[] {
    const waiting = this.#events.filter(({ id, time }) => id > (afterId ?? 0) && time >= (sinceMs ?? 0));
    const all = [...written, ...waiting];
    if (limit === undefined) return all;
    return afterId === undefined ? all.slice(Math.max(0, all.length - limit)) : all.slice(0, limit);
  }

  health(written: readonly HealthRecord[], service: string, limit: number): HealthRecord[] {
    const all = [...written, ...this.#health.filter((record) => record.service === service)];
    return all.slice(Math.max(0, all.length - limit));
  }

  /** undefined: what is on disk holds */
  document(name: string): unknown {
    return this.#documents.get(name);
  }

  // ---- when there is room again ----

  /** All of it or nothing. @returns the disk's ids of the journal entries that are still open, by the ids given here */
  writeTo(disk: DurableStore): Map<number, number> {
    const ids = new Map<number, number>();
    disk.atOnce(() => {
      for (const [id, { at, outcome, detail }] of this.#completed) disk.complete(id, at, outcome, detail);
      for (const entry of this.#journal.values()) {
        const id = disk.announce(entry.at, entry.action, entry.incident);
        if (entry.outcome === null) ids.set(entry.id, id);
        else disk.complete(id, entry.endedAt ?? entry.at, entry.outcome, entry.detail);
      }
      for (const incident of this.#incidents.values()) disk.saveIncident(incident);
      for (const event of this.#events) disk.appendEvent(event);
      disk.appendHealth(this.#health);
      for (const [name, value] of this.#documents) disk.saveDocument(name, value);
    });
    return ids;
  }

  get lastAnnounced(): number {
    return this.#lastAnnounced;
  }

  #forgetOldest<Key, Value>(kept: Map<Key, Value>, isOver: (value: Value) => boolean): void {
    if (kept.size <= MOST_KEPT) return;
    const oldest = [...kept].find(([, value]) => isOver(value));
    if (!oldest) return;
    kept.delete(oldest[0]);
    this.lost += 1;
  }
}

function completed(entry: JournalEntry, { at, outcome, detail }: Completion): JournalEntry {
  return { ...entry, endedAt: at, outcome, detail };
}

/** As it will be read from disk, and cut off from what the caller goes on changing. */
function copied(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
