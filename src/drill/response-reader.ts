/** Reads one HTTP/1.1 response from the bytes of a connection: its status and where it ends. Bodies are dropped. */

const MAX_HEAD_BYTES = 64 * 1024;

type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; left: number }
  | { readonly kind: 'chunked'; line: string; left: number; state: 'size' | 'data' | 'trailer' }
  | { readonly kind: 'until_close' };

/** The other side sent something that is no HTTP/1.x response. */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse';
}

export class ResponseReader {
  readonly #method: string;
  #head = '';
  #framing: Framing | null = null;
  #complete = false;
  #surplus = false;
  #status = 0;
  #keepsAlive = false;
  #idleLimitMs: number | null = null;

  /** @param method of the request: a HEAD's response has no body whatever its headers say */
  constructor(method: string) {
    this.#method = method;
  }

  get status(): number {
    return this.#status;
  }
  get isComplete(): boolean {
    return this.#complete;
  }
  /** The connection may carry another request. */
  get keepsAlive(): boolean {
    return this.#complete && this.#keepsAlive && !this.#surplus;
  }
  /** How long the server says that it keeps an idle connection (`Keep-Alive: timeout=`), or null. */
  get idleLimitMs(): number | null {
    return this.#idleLimitMs;
  }

  /** Takes the next bytes; throws MalformedResponse. */
  push(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && !this.#complete) {
      rest = this.#framing === null ? this.#pushHead(rest) : this.#pushBody(this.#framing, rest);
    }
    if (rest.length > 0) this.#surplus = true;
  }

  /** The connection was closed by the other side: completes a body that lasts until then. */
  end(): void {
    if (this.#framing?.kind === 'until_close') this.#complete = true;
  }

  #pushHead(bytes: Buffer): Buffer {
    const before = this.#head.length;
    this.#head += bytes.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (end < 0) {
      if (this.#head.length > MAX_HEAD_BYTES) throw new MalformedResponse('response head over 64 KiB');
      return bytes.subarray(bytes.length);
    }
    const head = this.#head.slice(0, end);
    this.#head = '';
    this.#readHead(head);
    return bytes.subarray(end + 4 - before);
  }

  #readHead(head: string): void {
    const [statusLine = '', ...lines] = head.split('\r\n');
    const match = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(statusLine);
    if (!match) throw new MalformedResponse(`no HTTP/1.x status line: ${JSON.stringify(statusLine.slice(0, 80))}`);
    const status = Number(match[2]);
    if (status >= 100 && status < 200 && status !== 101) return; // an interim response; the real one follows
    this.#status = status;
    const headers = readHeaders(lines);
    this.#framing = framingOf(this.#method, status, headers);
    this.#complete = this.#framing.kind === 'none';
    this.#keepsAlive = this.#framing.kind !== 'until_close' && saysKeepAlive(match[1] === '1', headers);
    const seconds = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1];
    this.#idleLimitMs = seconds === undefined ? null : Number(seconds) * 1000;
  }

  #pushBody(framing: Framing, bytes: Buffer): Buffer {
    switch (framing.kind) {
      case 'none':
        return bytes;
      case 'until_close':
        return bytes.subarray(bytes.length);
      case 'length': {
        const taken = Math.min(framing.left, bytes.length);
        framing.left -= taken;
        this.#complete = framing.left === 0;
        return bytes.subarray(taken);
      }
      case 'chunked':
        return framing.state === 'data' ? takeChunkData(framing, bytes) : this.#pushChunkLine(framing, bytes);
    }
  }

  #pushChunkLine(framing: Framing & { kind: 'chunked' }, bytes: Buffer): Buffer {
    const newline = bytes.indexOf(0x0a);
    const taken = newline < 0 ? bytes.length : newline + 1;
    framing.line += bytes.toString('latin1', 0, taken);
    if (framing.line.length > MAX_HEAD_BYTES) throw new MalformedResponse('chunk line over 64 KiB');
    if (newline >= 0) {
      const line = framing.line.replace(/\r?\n$/, '');
      framing.line = '';
      if (framing.state === 'trailer') this.#complete = line === '';
      else startChunk(framing, line);
    }
    return bytes.subarray(taken);
  }
}

function startChunk(framing: Framing & { kind: 'chunked' }, line: string): void {
  const size = /^[0-9a-f]{1,12}(?=$|[;\s])/i.exec(line)?.[0];
  if (size === undefined) throw new MalformedResponse(`no chunk size: ${JSON.stringify(line.slice(0, 80))}`);
  const length = Number.parseInt(size, 16);
  framing.state = length === 0 ? 'trailer' : 'data';
  framing.left = length + 2; // the data and its CRLF
}

function takeChunkData(framing: Framing & { kind: 'chunked' }, bytes: Buffer): Buffer {
  const taken = Math.min(framing.left, bytes.length);
  framing.left -= taken;
  if (framing.left === 0) framing.state = 'size';
  return bytes.subarray(taken);
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new MalformedResponse(`no header line: ${JSON.stringify(line.slice(0, 80))}`);
    headers.set(
      line.slice(0, colon).toLowerCase(),
      line
        .slice(colon + 1)
        .trim()
        .toLowerCase(),
    );
  }
  return headers;
}

/** RFC 9112, section 6.3. */
function framingOf(method: string, status: number, headers: ReadonlyMap<string, string>): Framing {
  if (method === 'HEAD' || status === 204 || status === 304) return { kind: 'none' };
  if (headers.get('transfer-encoding')?.endsWith('chunked') === true) {
    return { kind: 'chunked', line: '', left: 0, state: 'size' };
  }
  const length = headers.get('content-length');
  if (length === undefined) return { kind: 'until_close' };
  if (!/^\d{1,15}$/.test(length)) throw new MalformedResponse(`no content length: ${length.slice(0, 80)}`);
  return length === '0' ? { kind: 'none' } : { kind: 'length', left: Number(length) };
}

function saysKeepAlive(isHttp11: boolean, headers: ReadonlyMap<string, string>): boolean {
  const connection = headers.get('connection') ?? '';
  return isHttp11 ? !connection.includes('close') : connection.includes('keep-alive');
}
