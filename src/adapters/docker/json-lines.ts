import type { ByteStream } from './client.ts';
import { parseJson } from './reading.ts';

/** A line longer than this is dropped: the engine's documents in streams are some KiB. */
const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

/** Documents of a stream, one a line; what is no JSON is left out. */
export async function* readJsonLines(bytes: ByteStream): AsyncIterable<unknown> {
  const decoder = new TextDecoder();
  let held = '';
  for await (const piece of bytes) {
    const lines = (held + decoder.decode(piece, { stream: true })).split('\n');
    held = lines.pop() ?? '';
    if (held.length > MAX_LINE_CHARACTERS) held = '';
    for (const line of lines) {
      const document = parseJson(line);
      if (document !== undefined) yield document;
    }
  }
}
