import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LeaseHolder } from '../../ports/store.ts';
import { replaceFile } from '../../replace-file.ts';
import { isSqliteCode, SQLITE_BUSY } from './result-codes.ts';

/**
 * One supervisor a project.
 *
 * The lease is a write transaction on `lease.db` that its holder never ends. SQLite keeps it as a lock of the
 * kernel, so it is free the moment the process is gone, however it went: no heartbeat to miss, no stale file
 * to judge, no clock. The file says nothing else; who holds it stands in `lease.json` beside it, for others to
 * read, with the fencing token, which grows with each holder and outlives them all.
 *
 * The kernel drops such a lock when the process closes *any* descriptor of the file. SQLite knows this of its
 * own descriptors; nothing here may open `lease.db` while it exists. And an unreachable connection is closed by
 * the garbage collector: a held lease hangs on the process itself until it is released.
 */
export class Lease {
  readonly #database: string;
  readonly #card: string;
  #held: { readonly holder: LeaseHolder; readonly end: () => void } | null = null;

  constructor(folder: string) {
    this.#database = join(folder, 'lease.db');
    this.#card = join(folder, 'lease.json');
  }

  /** @param now milliseconds since 1970; @returns the holder: us, or who was quicker */
  acquire(purpose: string, now: number): { readonly held: boolean; readonly holder: LeaseHolder } {
    if (this.#held) return { held: true, holder: this.#held.holder };
    const connection = this.#lock();
    if (!connection) return { held: false, holder: this.#readCard() ?? unknownHolder };
    try {
      const token = (this.#readCard()?.token ?? 0) + 1;
      const holder: LeaseHolder = { pid: process.pid, host: hostname(), startedAt: now, token, purpose };
      this.#writeCard(holder);
      const end = (): void => connection.close();
      process.once('exit', end);
      this.#held = { holder, end };
      return { held: true, holder };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Who holds it now; null when it is free. */
  holder(): LeaseHolder | null {
    if (this.#held) return this.#held.holder;
    if (!existsSync(this.#database)) return null;
    const connection = this.#lock();
    if (!connection) return this.#readCard() ?? unknownHolder;
    connection.close();
    return null;
  }

  release(): void {
    if (!this.#held) return;
    process.off('exit', this.#held.end);
    this.#held.end();
    this.#held = null;
  }

  /** The lock, or null when another has it. A moment's grace, for others only looking whether it is free. */
  #lock(): DatabaseSync | null {
    createPrivately(this.#database);
    const connection = new DatabaseSync(this.#database, { timeout: 200 });
    try {
      // nothing is ever written: with its journal in memory it needs no room on a disk that is full
      connection.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
      return connection;
    } catch (error) {
      connection.close();
      if (isSqliteCode(error, SQLITE_BUSY)) return null;
      throw error;
    }
  }

  #readCard(): LeaseHolder | null {
    try {
      return holderFrom(JSON.parse(readFileSync(this.#card, 'utf8')));
    } catch {
      return null; // not there, or not ours to trust: the lock alone decides
    }
  }

  #writeCard(holder: LeaseHolder): void {
    replaceFile(this.#card, `${JSON.stringify(holder)}\n`, { flush: true });
  }
}

const unknownHolder: LeaseHolder = { pid: 0, host: '', startedAt: 0, token: 0, purpose: 'unknown' };

/** Creates the file for its owner alone; leaves one that exists untouched and, above all, unopened. */
export function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function holderFrom(card: unknown): LeaseHolder | null {
  if (typeof card !== 'object' || card === null) return null;
  const { pid, host, startedAt, token, purpose } = card as Record<string, unknown>;
  if (!Number.isSafeInteger(token) || typeof token !== 'number' || token < 0) return null;
  return {
    pid: typeof pid === 'number' ? pid : 0,
    host: typeof host === 'string' ? host : '',
    startedAt: typeof startedAt === 'number' ? startedAt : 0,
    token,
    purpose: typeof purpose === 'string' ? purpose : 'unknown',
  };
}
