import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, TwinhullError } from '../../errors.ts';
import { makePrivateFolder } from '../../private-folder.ts';
import { createPrivately, Lease } from './lease.ts';
import { migrate, migrations, refuseNewer, schemaVersion } from './migrations.ts';
import { isSqliteCode, SQLITE_CORRUPT, SQLITE_NOTADB } from './result-codes.ts';

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  /** what a person should know: a file that was moved aside */
  readonly notices: readonly string[];
}

/**
 * Opens `state.db` in `folder` for writing; makes the folder (0700) and the file (0600) when missing. A file
 * that is damaged is moved aside and a fresh one begun: what is lost is history, never a service.
 * @throws TH_STATE_NEWER, TH_STATE_UNUSABLE
 */
export function openForWriting(folder: string, now: number): OpenedDatabase {
  makePrivateFolder(folder);
  const path = join(folder, 'state.db');
  try {
    return { database: openSound(path), notices: [] };
  } catch (error) {
    if (!isSqliteCode(error, SQLITE_CORRUPT, SQLITE_NOTADB)) throw error;
    const aside = moveAside(folder, path, now, error);
    const notice = `the state file was damaged (${messageOf(error)}); it is kept as ${aside}, and a fresh one was begun: history is lost, services are not`;
    return { database: openSound(path), notices: [notice] };
  }
}

/** Opens `state.db` for reading only, beside whoever writes it; an empty one where there is none to read. */
export function openForReading(folder: string): OpenedDatabase {
  const path = join(folder, 'state.db');
  if (!existsSync(path)) return { database: emptyDatabase(), notices: [] };
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    const version = schemaVersion(database);
    refuseNewer(version);
    if (version === migrations.length) {
      refuseDamaged(database);
      return { database, notices: [] };
    }
    database.close();
    return {
      database: emptyDatabase(),
      notices:
        version === 0 ? [] : ['the state file is of an older twinhull; the next "twinhull up" brings it up to date'],
    };
  } catch (error) {
    if (database.isOpen) database.close();
    if (!isSqliteCode(error, SQLITE_CORRUPT, SQLITE_NOTADB)) throw error;
    return {
      database: emptyDatabase(),
      notices: [`the state file is damaged (${messageOf(error)}); the next "twinhull up" moves it aside`],
    };
  }
}

function openSound(path: string): DatabaseSync {
  createPrivately(path);
  const database = new DatabaseSync(path, { timeout: 5000 });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    refuseDamaged(database);
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function refuseDamaged(database: DatabaseSync): void {
  const verdict = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
  if (verdict !== 'ok') throw Object.assign(new Error(String(verdict)), { errcode: SQLITE_CORRUPT });
}

/** Only under the lease: a file that somebody else works on is not ours to move. */
function moveAside(folder: string, path: string, now: number, cause: unknown): string {
  const lease = new Lease(folder);
  const { held, holder } = lease.acquire('moving a damaged state file aside', now);
  if (!held) {
    throw new TwinhullError(
      'TH_STATE_UNUSABLE',
      `the state file ${path} is damaged (${messageOf(cause)}), and process ${holder.pid} on ${holder.host} has it open`,
      { cause },
    );
  }
  try {
    const aside = `${path}.corrupt-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`;
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    }
    return aside;
  } finally {
    lease.release();
  }
}

function emptyDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  return database;
}
