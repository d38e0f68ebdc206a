import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';

const MAX_BYTES = 10 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;
/** Whoever writes a pipe may have to decrypt first; who has not begun by now holds it for ever. */
const SILENCE_MS = 10_000;
/** `sops -d ... > pipe &` opens the pipe only when we do. */
const NOBODY_MS = 500;
const LOOK_EVERY_MS = 10;

export type FileText = { readonly text: string } | { readonly missing: true } | { readonly refused: string };

export interface Patience {
  readonly silenceMs: number;
  readonly nobodyMs: number;
}

/**
 * A file's text, bounded: at most 10 MiB are read, also of a file that never ends. UTF-8; anything else is refused.
 * A pipe (`--env-file <(sops -d .env)`) is read as long as somebody writes; a device is not even opened, for that
 * alone can do something (rewind a tape, arm a watchdog).
 */
export async function readFileText(
  path: string,
  patience: Patience = { silenceMs: SILENCE_MS, nobodyMs: NOBODY_MS },
): Promise<FileText> {
  try {
    const kind = await stat(path);
    if (kind.isDirectory()) return { refused: 'is a folder' };
    if (kind.isBlockDevice() || (kind.isCharacterDevice() && !(await isNull(kind.rdev))))
      return { refused: 'is a device' };
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await readAll(file, kind.isFIFO() ? patience : { ...patience, nobodyMs: 0 });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { missing: true };
    if (code === 'EACCES' || code === 'EPERM') return { refused: 'may not be read by you' };
    return { refused: `cannot be read (${messageOf(error)})` };
  }
}

/** Reads each file once, and remembers it. */
export function readingOnce(): (path: string) => Promise<FileText> {
  const known = new Map<string, Promise<FileText>>();
  return (path) => {
    const reading = known.get(path) ?? readFileText(path);
    known.set(path, reading);
    return reading;
  };
}

async function readAll(file: FileHandle, { silenceMs, nobodyMs }: Patience): Promise<FileText> {
  const chunks: Buffer[] = [];
  let length = 0;
  let silentSince = performance.now();
  for (;;) {
    const { bytesRead, buffer } = await readPiece(file);
    const silent = performance.now() - silentSince;
    if (bytesRead === 0 && (length > 0 || silent >= nobodyMs)) return decoded(Buffer.concat(chunks));
    if (bytesRead === null && silent >= silenceMs) return { refused: 'is a pipe that nothing comes out of' };
    if (bytesRead === null || bytesRead === 0) {
      await sleep(LOOK_EVERY_MS);
      continue;
    }
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    silentSince = performance.now();
    if (length > MAX_BYTES) return { refused: 'is larger than 10 MiB' };
  }
}

/** bytesRead null: nothing is there yet, and somebody still writes. 0: the end, or nobody writes. */
async function readPiece(file: FileHandle): Promise<{ readonly bytesRead: number | null; readonly buffer: Buffer }> {
  const buffer = Buffer.alloc(PIECE_BYTES);
  try {
    return await file.read(buffer, 0, PIECE_BYTES, null);
  } catch (error) {
    if (codeOf(error) !== 'EAGAIN') throw error;
    return { bytesRead: null, buffer };
  }
}

/** `--env-file /dev/null`. */
async function isNull(device: number): Promise<boolean> {
  return (await stat('/dev/null')).rdev === device;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function decoded(bytes: Buffer): FileText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { refused: 'is not UTF-8 text' };
  }
}
