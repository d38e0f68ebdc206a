import type { DatabaseSync } from 'node:sqlite';
import { TwinhullError } from '../../errors.ts';

/**
 * The shape of `state.db`, as numbered steps: entry n brings a file from version n to n+1. Steps that were
 * released are never edited; a new shape is a new step.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    incident TEXT,
    ended_at INTEGER,
    outcome TEXT CHECK (outcome IN ('done', 'failed', 'abandoned')),
    detail TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE INDEX journal_pending ON journal (id) WHERE ended_at IS NULL;

  CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX incidents_by_start ON incidents (started_at);

  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    service TEXT,
    member TEXT,
    incident TEXT,
    message TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_by_time ON events (time);

  CREATE TABLE health (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    service TEXT NOT NULL,
    member TEXT NOT NULL,
    verdict TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX health_by_service ON health (service, id);

  CREATE TABLE documents (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  `,
];

export function schemaVersion(database: DatabaseSync): number {
  const row = database.prepare('PRAGMA user_version').get();
  return Number(row?.['user_version'] ?? 0);
}

/**
 * Brings the file to the newest version, each step in a transaction of its own.
 * @throws TH_STATE_NEWER when a newer twinhull has written it; nothing is changed then
 */
export function migrate(database: DatabaseSync, steps: readonly string[] = migrations): void {
  refuseNewer(schemaVersion(database), steps.length);
  while (schemaVersion(database) < steps.length) {
    database.exec('BEGIN IMMEDIATE');
    try {
      // read again: another process may have done this step while we waited for the lock
      const version = schemaVersion(database);
      const step = steps[version];
      if (step !== undefined) database.exec(`${step}; PRAGMA user_version = ${version + 1}`);
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }
}

export function refuseNewer(found: number, known: number = migrations.length): void {
  if (found <= known) return;
  throw new TwinhullError(
    'TH_STATE_NEWER',
    `the state of this project has version ${found}; this twinhull knows versions up to ${known}`,
  );
}
