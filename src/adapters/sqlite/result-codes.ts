import { isNoRoom } from '../../replace-file.ts';

/** Result codes of SQLite (sqlite.org/rescode.html), as node:sqlite gives them in `errcode`. */
export const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
export const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
export const SQLITE_NOTADB = 26;

/** Compares primary result codes; extended ones carry theirs in the low byte. */
export function isSqliteCode(error: unknown, ...codes: readonly number[]): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  return codes.includes(Number(error.errcode) & 0xff);
}

/** The disk takes nothing now. What is on it is as it was. */
export function isUnwritable(error: unknown): boolean {
  return isSqliteCode(error, SQLITE_FULL, SQLITE_IOERR) || isNoRoom(error);
}
