import { hostname } from 'node:os';
import { copyOf } from '../../copy.ts';
import { TwinhullError } from '../../errors.ts';
import type {
  DurableStore,
  EventRecord,
  HealthRecord,
  IncidentRecord,
  JournalEntry,
  LeaseHolder,
} from '../../ports/store.ts';
import { sealed, unsealed } from '../../sealed.ts';

/** The lease that the stores of one test share, as the processes of one machine share a file. */
export class MemoryLease {
  holder: LeaseHolder | null = null;
  lastToken = 0;
}

/** What the stores of one project read and write: outlives them, as a file does. */
export class MemoryRecords {
  /** as a disk is: nothing more can be written, everything can be read */
  isFull = false;
  lastEntryId = 0;
  lastEventId = 0;
  readonly journal = new Map<number, JournalEntry>();
  /** ids of what was announced and not completed */
  readonly pending = new Set<number>();
  readonly incidents = new Map<string, IncidentRecord>();
  events: EventRecord[] = [];
  /** by service */
  readonly health = new Map<string, HealthRecord[]>();
  readonly documents = new Map<string, string>();

  /** As they are now: a record is never changed, another one takes its place. */
  asTheyAre(): Omit<MemoryRecords, 'isFull' | 'asTheyAre'> {
    const { lastEntryId, lastEventId, journal, pending, incidents, events, health, documents } = this;
    return {
      lastEntryId,
      lastEventId,
      journal: new Map(journal),
      pending: new Set(pending),
      incidents: new Map(incidents),
      events: [...events],
      health: new Map([...health].map(([service, records]) => [service, [...records]])),
      documents: new Map(documents),
    };
  }
}

/** The store's twin: same contract (test/contract/store.ts), nothing on disk. Values pass through JSON, as there. */
export class MemoryStore implements DurableStore {
  readonly notices: readonly string[] = [];
  readonly #lease: MemoryLease;
  #token = 0;
  readonly #records: MemoryRecords;

  constructor(lease: MemoryLease = new MemoryLease(), records: MemoryRecords = new MemoryRecords()) {
    this.#lease = lease;
    this.#records = records;
  }

  /** Nothing more can be written, and everything can be read. */
  set isFull(is: boolean) {
    this.#records.isFull = is;
  }

  announce(at: number, action: unknown, incident: string | null): number {
    this.#needRoom();
    const id = ++this.#records.lastEntryId;
    const entry = { id, at, action: throughJson(action), incident, endedAt: null, outcome: null, detail: '' };
    this.#records.journal.set(id, entry);
    this.#records.pending.add(id);
    return id;
  }

  complete(id: number, at: number, outcome: 'done' | 'failed' | 'abandoned', detail: string): void {
    this.#needRoom();
    const entry = this.#records.journal.get(id);
    if (!entry || !this.#records.pending.delete(id)) return;
    this.#records.journal.set(id, { ...entry, endedAt: at, outcome, detail });
  }

  pending(): JournalEntry[] {
    return [...this.#records.pending].flatMap((id) => this.#records.journal.get(id) ?? []);
  }

  journal({ sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number }): JournalEntry[] {
    return [...this.#records.journal.values()].filter(({ at }) => at >= sinceMs && at <= untilMs);
  }

  saveIncident(incident: IncidentRecord): void {
    this.#needRoom();
    this.#records.incidents.delete(incident.id);
    this.#records.incidents.set(incident.id, copyOf(incident));
  }

  incident(id: string): IncidentRecord | null {
    return copyOf(this.#records.incidents.get(id) ?? null);
  }

  incidents(
    options: { readonly service?: string; readonly open?: boolean; readonly limit?: number } = {},
  ): IncidentRecord[] {
    return [...this.#records.incidents.values()]
      .reverse()
      .sort((one, other) => other.startedAt - one.startedAt)
      .filter((incident) => options.service === undefined || incident.service === options.service)
      .filter((incident) => options.open === undefined || (incident.endedAt === null) === options.open)
      .slice(0, options.limit)
      .map((incident) => copyOf(incident));
  }

  appendEvent(event: Omit<EventRecord, 'id'>): EventRecord {
    this.#needRoom();
    const { time, kind, service, member, incident, message } = event;
    const record = { id: ++this.#records.lastEventId, time, kind, service, member, incident, message };
    this.#records.events.push(record);
    return record;
  }

  events(
    options: { readonly afterId?: number; readonly sinceMs?: number; readonly limit?: number } = {},
  ): EventRecord[] {
    const found = this.#records.events.filter(
      ({ id, time }) => id > (options.afterId ?? 0) && time >= (options.sinceMs ?? 0),
    );
    const limit = options.limit ?? found.length;
    if (options.afterId !== undefined) return found.slice(0, limit);
    return found.slice(Math.max(0, found.length - limit));
  }

  appendHealth(records: readonly HealthRecord[]): void {
    this.#needRoom();
    const { health } = this.#records;
    for (const record of records) {
      const known = health.get(record.service);
      if (known) known.push(record);
      else health.set(record.service, [record]);
    }
  }

  health(service: string, limit: number): HealthRecord[] {
    const found = this.#records.health.get(service) ?? [];
    return found.slice(Math.max(0, found.length - limit));
  }

  saveDocument(name: string, value: unknown): void {
    this.#needRoom();
    this.#records.documents.set(name, sealed(value));
  }

  document(name: string): unknown {
    return unsealed(this.#records.documents.get(name) ?? 'null');
  }

  prune(limits: { readonly entriesPerService: number; readonly before: number; readonly newest: number }): void {
    this.#needRoom();
    const { events } = this.#records;
    if ((events[0]?.time ?? limits.before) < limits.before || events.length > limits.newest)
      this.#records.events = events.filter(({ time }) => time >= limits.before).slice(-limits.newest);
    const { incidents, health } = this.#records;
    const newestFirst = [...incidents.values()].reverse().sort((one, other) => other.startedAt - one.startedAt);
    for (const [age, { id, endedAt }] of newestFirst.entries()) {
      if (endedAt !== null && (endedAt < limits.before || age >= limits.newest)) incidents.delete(id);
    }
    for (const [service, records] of health) {
      health.set(
        service,
        records.slice(-limits.entriesPerService).filter(({ time }) => time >= limits.before),
      );
    }
  }

  atOnce(work: () => void): void {
    const before = this.#records.asTheyAre();
    try {
      work();
    } catch (error) {
      Object.assign(this.#records, before);
      throw error;
    }
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

  #needRoom(): void {
    if (this.#records.isFull) throw new TwinhullError('TH_STATE_FULL', 'the state file cannot be written: it is full');
  }

  #isHeldByUs(): boolean {
    return this.#token !== 0 && this.#lease.holder?.token === this.#token;
  }
}

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
