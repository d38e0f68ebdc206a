/** The wire format of Redis (RESP 2): commands as arrays of strings, replies read from what has come so far. */

export type Reply = string | number | null | ReplyError | readonly Reply[];

/** The server's own no. */
export class ReplyError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** A reply of a queue is a few hundred bytes; a server that sends more than this is none we asked. */
const MOST_BYTES = 1024 * 1024;
const DEEPEST = 8;

export function encodeCommand(parts: readonly string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}

export class ReplyReader {
  #bytes = Buffer.alloc(0);
  #at = 0;

  /** The replies that are whole now. Throws when the bytes are none of this format. */
  push(bytes: Uint8Array): Reply[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#bytes.length > MOST_BYTES) throw new Error('the answer is too long');
    const replies: Reply[] = [];
    for (;;) {
      this.#at = 0;
      const reply = this.#read(0);
      if (reply === undefined) return replies;
      replies.push(reply);
      this.#bytes = this.#bytes.subarray(this.#at);
    }
  }

  /** Undefined: it is not whole yet. */
  #read(depth: number): Reply | undefined {
    const line = this.#line();
    if (line === undefined) return undefined;
    const rest = line.slice(1);
    switch (line[0]) {
      case '+':
        return rest;
      case '-':
        return new ReplyError(rest);
      case ':':
        return wholeNumber(rest);
      case '$':
        return this.#text(wholeNumber(rest));
      case '*':
        return this.#list(wholeNumber(rest), depth);
      default:
        throw new Error('what answers there is no Redis');
    }
  }

  #line(): string | undefined {
    const end = this.#bytes.indexOf('\r\n', this.#at);
    if (end < 0) return undefined;
    const line = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 2;
    return line;
  }

  #text(length: number): string | null | undefined {
    if (length < 0) return null;
    const end = this.#at + length;
    if (this.#bytes.length < end + 2) return undefined;
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 2;
    return text;
  }

  #list(length: number, depth: number): readonly Reply[] | null | undefined {
    if (length < 0) return null;
    if (depth >= DEEPEST) throw new Error('the answer is nested too deeply');
    const items: Reply[] = [];
    for (let index = 0; index < length; index++) {
      const item = this.#read(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }
}

function wholeNumber(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new Error('what answers there is no Redis');
  return Number(text);
}
