import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/** The disk takes nothing now: full, over its quota, read-only, or failing. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NO_ROOM.has(String(error.code));
}

/**
 * Whole or not at all, for its owner alone (0600); others may write at the same moment. Where a full disk has no room
 * for a second file, the one that is there is written over, in the room it has: what reads it in that instant may see
 * half of it, and what reads it never sees what is no longer true.
 * @param options.flush it is on disk when this returns
 * @throws what the file system said, when it could not be written either way; it is as it was then
 */
export function replaceFile(path: string, text: string, options: { readonly flush?: boolean } = {}): void {
  const next = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(next, text, { flag: 'wx', mode: 0o600, flush: options.flush === true });
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    if (!isNoRoom(error) || !writeOver(path, Buffer.from(text))) throw error;
  }
}

/** @returns whether it fitted; a link is not followed, for others may write into the folder */
function writeOver(path: string, bytes: Buffer): boolean {
  let file: number;
  try {
    file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch {
    return false;
  }
  try {
    const { size, blocks } = fstatSync(file);
    if (bytes.length > Math.max(size, blocks * 512)) return false;
    writeSync(file, bytes, 0, bytes.length, 0);
    ftruncateSync(file, bytes.length);
    return true;
  } catch {
    return false;
  } finally {
    closeSync(file);
  }
}
