import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { messageOf, TwinhullError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  DurableStore,
  EventRecord,
  HealthRecord,
  IncidentRecord,
  JournalEntry,
  LeaseHolder,
} from '../../ports/store.ts';
import { sealed, unsealed } from '../../sealed.ts';
import { openForReading, openForWriting } from './database.ts';
import { Lease } from './lease.ts';
import { isUnwritable } from './result-codes.ts';

type Row = Record<string, SQLOutputValue>;

/**
 * Opens the store in the project's state folder.
 * @param options.readOnly for commands that only read while a supervisor writes; nothing is made or moved then
 * @throws TH_STATE_NEWER, TH_STATE_UNUSABLE, TH_STATE_FULL
 */
export function openStore(
  folder: string,
  clock: Pick<Clock, 'now'>,
  options: { readonly readOnly?: boolean } = {},
): SqliteStore {
  const opened = guarded(() => (options.readOnly ? openForReading(folder) : openForWriting(folder, clock.now())));
  return new SqliteStore(opened.database, new Lease(folder), opened.notices);
}

export class SqliteStore implements DurableStore {
  /** what a person should know about how the opening went */
  readonly notices: readonly string[];
  readonly #database: DatabaseSync;
  readonly #lease: Lease;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, lease: Lease, notices: readonly string[]) {
    this.#database = database;
    this.#lease = lease;
    this.notices = notices;
  }

  announce(at: number, action: unknown, incident: string | null): number {
    return this.#run('INSERT INTO journal (at, action, incident) VALUES (?, ?, ?)', at, toJson(action), incident);
  }

  complete(id: number, at: number, outcome: 'done' | 'failed' | 'abandoned', detail: string): void {
    this.#run(
      'UPDATE journal SET ended_at = ?, outcome = ?, detail = ? WHERE id = ? AND ended_at IS NULL',
      at,
      outcome,
      detail,
      id,
    );
  }

  pending(): JournalEntry[] {
    return this.#all('SELECT * FROM journal WHERE ended_at IS NULL ORDER BY id').map(journalEntry);
  }

  journal({ sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number }): JournalEntry[] {
    return this.#all('SELECT * FROM journal WHERE at BETWEEN ? AND ? ORDER BY id', sinceMs, untilMs).map(journalEntry);
  }

  saveIncident(incident: IncidentRecord): void {
    this.#run(
      'INSERT OR REPLACE INTO incidents (id, service, started_at, ended_at, record) VALUES (?, ?, ?, ?, ?)',
      incident.id,
      incident.service,
      incident.startedAt,
      incident.endedAt,
      toJson(incident),
    );
  }

  incident(id: string): IncidentRecord | null {
    const row = this.#get('SELECT record FROM incidents WHERE id = ?', id);
    return row ? incidentRecord(row) : null;
  }

  incidents(
    options: { readonly service?: string; readonly open?: boolean; readonly limit?: number } = {},
  ): IncidentRecord[] {
    return this.#all(
      `SELECT record FROM incidents WHERE (?1 IS NULL OR service = ?1) AND (?2 IS NULL OR (ended_at IS NULL) = ?2)
       ORDER BY started_at DESC, rowid DESC LIMIT ?3`,
      options.service ?? null,
      options.open === undefined ? null : Number(options.open),
      options.limit ?? -1,
    ).map(incidentRecord);
  }

  appendEvent(event: Omit<EventRecord, 'id'>): EventRecord {
    const { time, kind, service, member, incident, message } = event;
    const id = this.#run(
      'INSERT INTO events (time, kind, service, member, incident, message) VALUES (?, ?, ?, ?, ?, ?)',
      time,
      kind,
      service,
      member,
      incident,
      message,
    );
    return { id, time, kind, service, member, incident, message };
  }

  events(
    options: { readonly afterId?: number; readonly sinceMs?: number; readonly limit?: number } = {},
  ): EventRecord[] {
    const newestFirst = options.afterId === undefined;
    const rows = this.#all(
      `SELECT * FROM events WHERE id > ? AND time >= ? ORDER BY id ${newestFirst ? 'DESC' : 'ASC'} LIMIT ?`,
      options.afterId ?? 0,
      options.sinceMs ?? 0,
      options.limit ?? -1,
    ).map(eventRecord);
    return newestFirst ? rows.reverse() : rows;
  }

  appendHealth(records: readonly HealthRecord[]): void {
    this.atOnce(() => {
      for (const { time, service, member, verdict, detail } of records) {
        this.#run(
          'INSERT INTO health (time, service, member, verdict, detail) VALUES (?, ?, ?, ?, ?)',
          time,
          service,
          member,
          verdict,
          detail,
        );
      }
    });
  }

  health(service: string, limit: number): HealthRecord[] {
    return this.#all('SELECT * FROM health WHERE service = ? ORDER BY id DESC LIMIT ?', service, limit)
      .map(healthRecord)
      .reverse();
  }

  saveDocument(name: string, value: unknown): void {
    this.#run('INSERT OR REPLACE INTO documents (name, value) VALUES (?, ?)', name, sealed(value));
  }

  document(name: string): unknown {
    const row = this.#get('SELECT value FROM documents WHERE name = ?', name);
    return row ? unsealed(text(row['value'])) : null;
  }

  prune(limits: { readonly entriesPerService: number; readonly before: number; readonly newest: number }): void {
    this.atOnce(() => {
      this.#run('DELETE FROM events WHERE time < ?', limits.before);
      this.#run('DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?', limits.newest);
      this.#run('DELETE FROM journal WHERE ended_at < ?', limits.before);
      this.#run(
        'DELETE FROM journal WHERE ended_at IS NOT NULL AND id <= (SELECT max(id) FROM journal) - ?',
        limits.newest,
      );
      this.#run('DELETE FROM incidents WHERE ended_at < ?', limits.before);
      this.#run(
        `DELETE FROM incidents WHERE ended_at IS NOT NULL AND started_at <
           (SELECT started_at FROM incidents ORDER BY started_at DESC LIMIT 1 OFFSET ?)`,
        limits.newest - 1,
      );
      this.#run('DELETE FROM health WHERE time < ?', limits.before);
      this.#run(
        `DELETE FROM health WHERE id IN (SELECT id FROM
           (SELECT id, row_number() OVER (PARTITION BY service ORDER BY id DESC) AS age FROM health) WHERE age > ?)`,
        limits.entriesPerService,
      );
    });
  }

  atOnce(work: () => void): void {
    if (this.#database.isTransaction) return work();
    guarded(() => this.#database.exec('BEGIN IMMEDIATE'));
    try {
      work();
      guarded(() => this.#database.exec('COMMIT'));
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  acquireLease(
    purpose: string,
    now: number,
  ): { readonly held: true; readonly token: number } | { readonly held: false; readonly holder: LeaseHolder } {
    const { held, holder } = guarded(() => this.#lease.acquire(purpose, now));
    return held ? { held, token: holder.token } : { held, holder };
  }

  leaseHolder(): LeaseHolder | null {
    return guarded(() => this.#lease.holder());
  }

  releaseLease(): void {
    this.#lease.release();
  }

  close(): void {
    this.#lease.release();
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  /**
   * Everything that writes. (Not `get` with RETURNING: that is committed after its first row, and nobody hears that the
   * commit failed.) @returns the id of what was inserted
   */
  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(guarded(() => this.#statement(sql).run(...values)).lastInsertRowid);
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return guarded(() => this.#statement(sql).get(...values));
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return guarded(() => this.#statement(sql).all(...values));
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const prepared = this.#database.prepare(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

/** A disk that is full, a file that broke while open: errors a caller can know. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof TwinhullError) throw cause;
    if (isUnwritable(cause))
      throw new TwinhullError('TH_STATE_FULL', `the state file cannot be written: ${messageOf(cause)}`, { cause });
    throw new TwinhullError('TH_STATE_UNUSABLE', `the state file cannot be used: ${messageOf(cause)}`, { cause });
  }
}

/** `undefined` has no JSON of its own; as a document it is null. */
function toJson(value: unknown): string {
  return JSON.stringify(value ?? null);
}

const text = (value: SQLOutputValue | undefined): string => String(value ?? '');
const textOrNull = (value: SQLOutputValue | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

function journalEntry(row: Row): JournalEntry {
  return {
    id: Number(row['id']),
    at: Number(row['at']),
    action: JSON.parse(text(row['action'])),
    incident: textOrNull(row['incident']),
    endedAt: row['ended_at'] === null ? null : Number(row['ended_at']),
    outcome: outcomeOf(row['outcome']),
    detail: text(row['detail']),
  };
}

function outcomeOf(value: SQLOutputValue | undefined): JournalEntry['outcome'] {
  return value === 'done' || value === 'failed' || value === 'abandoned' ? value : null;
}

/** The record is what saveIncident was given: the database is ours alone (0600), so its shape is known. */
function incidentRecord(row: Row): IncidentRecord {
  return JSON.parse(text(row['record'])) as IncidentRecord;
}

function eventRecord(row: Row): EventRecord {
  return {
    id: Number(row['id']),
    time: Number(row['time']),
    kind: text(row['kind']),
    service: textOrNull(row['service']),
    member: textOrNull(row['member']),
    incident: textOrNull(row['incident']),
    message: text(row['message']),
  };
}

function healthRecord(row: Row): HealthRecord {
  return {
    time: Number(row['time']),
    service: text(row['service']),
    member: text(row['member']),
    verdict: text(row['verdict']),
    detail: text(row['detail']),
  };
}
