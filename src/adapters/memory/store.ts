import { hostname } from 'node:os';
import type { EventRecord, HealthRecord, IncidentRecord, JournalEntry, LeaseHolder, Store } from '../../ports/store.ts';

/** The lease that the stores of one test share, as the processes of one machine share a file. */
export class MemoryLease {
  holder: LeaseHolder | null = null;
  lastToken = 0;
}

/** The store's twin: same contract (test/contract/store.ts), nothing on disk. Values pass through JSON, as there. */
export class MemoryStore implements Store {
  readonly notices: readonly string[] = [];
  readonly #lease: MemoryLease;
  #token = 0;
  #lastId = 0;
  readonly #journal: JournalEntry[] = [];
  readonly #incidents = new Map<string, string>();
  #events: EventRecord[] = [];
  #health: HealthRecord[] = [];
  readonly #documents = new Map<string, string>();

  constructor(lease: MemoryLease = new MemoryLease()) {
    this.#lease = lease;
  }

  announce(at: number, action: unknown, incident: string | null): number {
    const id = this.#nextId();
    this.#journal.push({ id, at, action: throughJson(action), incident, endedAt: null, outcome: null, detail: '' });
    return id;
  }

  complete(id: number, at: number, outcome: 'done' | 'failed' | 'abandoned', detail: string): void {
    const index = this.#journal.findIndex((entry) => entry.id === id && entry.endedAt === null);
    const entry = this.#journal[index];
    if (entry) this.#journal[index] = { ...entry, endedAt: at, outcome, detail };
  }

  pending(): JournalEntry[] {
    return this.#journal.filter((entry) => entry.endedAt === null);
  }

  saveIncident(incident: IncidentRecord): void {
    this.#incidents.delete(incident.id);
    this.#incidents.set(incident.id, JSON.stringify(incident));
  }

  incident(id: string): IncidentRecord | null {
    const text = this.#incidents.get(id);
    return text === undefined ? null : (JSON.parse(text) as IncidentRecord);
  }

  incidents(
    options: { readonly service?: string; readonly open?: boolean; readonly limit?: number } = {},
  ): IncidentRecord[] {
    return [...this.#incidents.values()]
      .map((text) => JSON.parse(text) as IncidentRecord)
      .reverse()
      .sort((one, other) => other.startedAt - one.startedAt)
      .filter((incident) => options.service === undefined || incident.service === options.service)
      .filter((incident) => options.open === undefined || (incident.endedAt === null) === options.open)
      .slice(0, options.limit);
  }

  appendEvent(event: Omit<EventRecord, 'id'>): EventRecord {
    const { time, kind, service, member, incident, message } = event;
    const record = { id: this.#nextId(), time, kind, service, member, incident, message };
    this.#events.push(record);
    return record;
  }

  events(
    options: { readonly afterId?: number; readonly sinceMs?: number; readonly limit?: number } = {},
  ): EventRecord[] {
    const found = this.#events.filter(({ id, time }) => id > (options.afterId ?? 0) && time >= (options.sinceMs ?? 0));
    const limit = options.limit ?? found.length;
    if (options.afterId !== undefined) return found.slice(0, limit);
    return found.slice(Math.max(0, found.length - limit));
  }

  appendHealth(records: readonly HealthRecord[]): void {
    this.#health.push(...records);
  }

  health(service: string, limit: number): HealthRecord[] {
    const found = this.#health.filter((record) => record.service === service);
    return found.slice(Math.max(0, found.length - limit));
  }

  saveDocument(name: string, value: unknown): void {
    this.#documents.set(name, JSON.stringify(value ?? null));
  }

  document(name: string): unknown {
    return JSON.parse(this.#documents.get(name) ?? 'null');
  }

  prune(limits: { readonly entriesPerService: number; readonly before: number; readonly newest: number }): void {
    this.#events = this.#events.filter(({ time }) => time >= limits.before).slice(-limits.newest);
    for (const [age, { id, endedAt }] of this.incidents().entries()) {
      if (endedAt !== null && (endedAt < limits.before || age >= limits.newest)) this.#incidents.delete(id);
    }
    const kept = new Map<string, number>();
    this.#health = this.#health
      .reverse()
      .filter(({ service, time }) => {
        const count = (kept.get(service) ?? 0) + 1;
        if (time >= limits.before) kept.set(service, count);
        return time >= limits.before && count <= limits.entriesPerService;
      })
      .reverse();
  }

  acquireLease(
    purpose: string,
    now: number,
  ): { readonly held: true; readonly token: number } | { readonly held: false; readonly holder: LeaseHolder } {
    if (this.#isHeldByUs()) return { held: true, token: this.#token };
    if (this.#lease.holder) return { held: false, holder: this.#lease.holder };
    this.#token = ++this.#lease.lastToken;
    this.#lease.holder = { pid: process.pid, host: hostname(), startedAt: now, token: this.#token, purpose };
    return { held: true, token: this.#token };
  }

  leaseHolder(): LeaseHolder | null {
    return this.#lease.holder;
  }

  releaseLease(): void {
    if (this.#isHeldByUs()) this.#lease.holder = null;
    this.#token = 0;
  }

  close(): void {
    this.releaseLease();
  }

  #isHeldByUs(): boolean {
    return this.#token !== 0 && this.#lease.holder?.token === this.#token;
  }

  #nextId(): number {
    return ++this.#lastId;
  }
}

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
