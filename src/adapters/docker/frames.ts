/**
 * The engine's stream framing (API: "Attach to a container", stream format): 8 bytes of header, the first the
 * stream (0 stdin, 1 stdout, 2 stderr), the last four the payload's size, big endian. With a TTY there is none.
 */

import { TwinhullError } from '../../errors.ts';
import type { ByteStream } from './client.ts';

export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly payload: Buffer;
}

const HEADER_BYTES = 8;
/** The engine's own pieces are 32 KiB at most; a size beyond this is no frame but a stream out of step. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

export async function* readFrames(bytes: ByteStream): AsyncIterable<Frame> {
  let held = Buffer.alloc(0);
  for await (const piece of bytes) {
    held = held.length === 0 ? Buffer.from(piece) : Buffer.concat([held, piece]);
    let size = frameSize(held);
    while (size !== null && held.length >= HEADER_BYTES + size) {
      yield { stream: held[0] === 2 ? 'stderr' : 'stdout', payload: held.subarray(HEADER_BYTES, HEADER_BYTES + size) };
      held = held.subarray(HEADER_BYTES + size);
      size = frameSize(held);
    }
  }
}

export async function* readRaw(bytes: ByteStream): AsyncIterable<Frame> {
  for await (const piece of bytes) yield { stream: 'stdout', payload: Buffer.from(piece) };
}

/** null while the header is not complete. */
function frameSize(held: Buffer): number | null {
  if (held.length < HEADER_BYTES) return null;
  const size = held.readUInt32BE(4);
  if ((held[0] ?? 0) > 3 || size > MAX_FRAME_BYTES) {
    throw new TwinhullError('TH_ENGINE_REFUSED', 'the engine sent a stream without frames where frames were expected');
  }
  return size;
}
