import type { Call, LogLine } from '../../ports/engine.ts';
import { TwinhullError } from '../../errors.ts';
import { type EngineClient, READ_DEADLINE_MS, segment, within } from './client.ts';
import { inspectDocument } from './containers.ts';
import { type Frame, readFrames, readRaw } from './frames.ts';
import { field, flag, time } from './reading.ts';

/** Longer lines are cut into pieces of this size. */
const MAX_LINE_BYTES = 1024 * 1024;

export interface LogOptions {
  readonly follow: boolean;
  readonly tail?: number;
  readonly sinceMs?: number;
}

/** Ends when the container has (follow: ended and) no more to say, or quietly when the caller aborts. */
export async function* readLogs(
  client: EngineClient,
  id: string,
  options: LogOptions,
  call: Call = {},
): AsyncIterable<LogLine> {
  const container = await inspectDocument(client, id, call);
  if (container === null)
    throw new TwinhullError('TH_ENGINE_REFUSED', `the engine refused: no such container: ${id}`, { status: 404 });
  const query = {
    stdout: true,
    stderr: true,
    timestamps: true,
    follow: options.follow,
    tail: options.tail,
    since: options.sinceMs === undefined ? undefined : (options.sinceMs / 1000).toFixed(3),
  };
  const path = `/containers/${segment(id)}/logs`;
  const stream = await client.stream({
    method: 'GET',
    path,
    query,
    ...within(call, READ_DEADLINE_MS),
  });
  const hasTty = flag(field(field(container, 'Config'), 'Tty'));
  try {
    yield* splitLines(hasTty ? readRaw(stream) : readFrames(stream), hasTty);
  } catch (error) {
    if (!call.signal?.aborted) throw error;
  }
}

/**
 * The engine cuts a line of more than 16 KiB into several messages, a frame and a timestamp each, and only the
 * last one ends in a newline. Frames of a message are put together again; a TTY's stream has no such borders.
 */
async function* splitLines(frames: AsyncIterable<Frame>, hasTty: boolean): AsyncIterable<LogLine> {
  const held = { stdout: new PendingLine('stdout'), stderr: new PendingLine('stderr') };
  for await (const frame of frames) yield* held[frame.stream].take(frame.payload, !hasTty);
  yield* held.stdout.rest();
  yield* held.stderr.rest();
}

class PendingLine {
  readonly #stream: LogLine['stream'];
  #bytes = Buffer.alloc(0);
  /** a piece of a line that was cut has the time of the line's beginning */
  #at = 0;

  constructor(stream: LogLine['stream']) {
    this.#stream = stream;
  }

  *take(payload: Buffer, isMessage: boolean): Iterable<LogLine> {
    const continues = isMessage && this.#bytes.length > 0;
    this.#bytes = Buffer.concat([this.#bytes, continues ? withoutTimestamp(payload) : payload]);
    let end = this.#bytes.indexOf(0x0a);
    while (end >= 0 || this.#bytes.length > MAX_LINE_BYTES) {
      const size = end >= 0 ? end : MAX_LINE_BYTES;
      yield this.#line(this.#bytes.subarray(0, size));
      this.#bytes = this.#bytes.subarray(end >= 0 ? size + 1 : size);
      end = this.#bytes.indexOf(0x0a);
    }
  }

  *rest(): Iterable<LogLine> {
    if (this.#bytes.length > 0) yield this.#line(this.#bytes);
  }

  #line(bytes: Buffer): LogLine {
    const line = bytes.toString('utf8').replace(/\r$/, '');
    const space = line.indexOf(' ');
    const at = time(space < 0 ? line : line.slice(0, space));
    if (at === 0) return { stream: this.#stream, at: this.#at, text: line };
    this.#at = at;
    return { stream: this.#stream, at, text: space < 0 ? '' : line.slice(space + 1) };
  }
}

function withoutTimestamp(payload: Buffer): Buffer {
  const space = payload.indexOf(0x20);
  return space > 0 && time(payload.subarray(0, space).toString('utf8')) > 0 ? payload.subarray(space + 1) : payload;
}
