/** Result codes of SQLite (sqlite.org/rescode.html), as node:sqlite gives them in `errcode`. */
export const SQLITE_BUSY = 5;
export const SQLITE_CORRUPT = 11;
export const SQLITE_NOTADB = 26;

/** Compares primary result codes; extended ones carry theirs in the low byte. */
export function isSqliteCode(error: unknown, ...codes: readonly number[]): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  return codes.includes(Number(error.errcode) & 0xff);
}
