import { connect, type Socket } from 'node:net';

/**
 * A Redis client of one file: commands in, replies out, in order, over one connection that is made anew when
 * it breaks. A command whose reply was lost with its connection rejects: only the caller knows whether it may
 * be sent again.
 */

export type Reply = string | number | null | readonly Reply[];

/** The server answered with an error. */
export class RedisError extends Error {
  override readonly name = 'RedisError';
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly deadline: NodeJS.Timeout;
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export class Redis {
  readonly #address: RedisAddress;
  readonly #waiting: Waiting[] = [];
  #socket: Socket | null = null;
  #reader = new ReplyReader();

  constructor(address: RedisAddress) {
    this.#address = address;
  }

  /**
   * Sends a command and gives its reply. Rejects with RedisError for an error reply, with another Error when
   * the connection breaks or no reply comes within `timeoutMs` (then the connection is given up: a late reply
   * would be taken for the next command's).
   */
  send(command: readonly (string | number)[], timeoutMs = 5000): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const deadline = setTimeout(
      () => this.#fail(new Error(`no reply from the queue within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const socket = this.#socket ?? this.#open();
    this.#waiting.push({ resolve, reject, deadline });
    socket.write(encode(command));
    return promise;
  }

  close(): void {
    this.#fail(new Error('the connection to the queue was closed by this program'));
  }

  #open(): Socket {
    const socket = connect({ ...this.#address, noDelay: true });
    this.#socket = socket;
    this.#reader = new ReplyReader();
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('error', (error) => this.#failIfCurrent(socket, error));
    socket.on('close', () => this.#failIfCurrent(socket, new Error('the queue closed the connection')));
    return socket;
  }

  #receive(bytes: Buffer): void {
    try {
      for (const reply of this.#reader.push(bytes)) this.#settle(reply);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #settle(reply: Reply | RedisError): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) throw new Error('a reply that nobody asked for');
    clearTimeout(waiting.deadline);
    if (reply instanceof RedisError) waiting.reject(reply);
    else waiting.resolve(reply);
  }

  #failIfCurrent(socket: Socket, error: Error): void {
    if (socket === this.#socket) this.#fail(error);
  }

  #fail(error: Error): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
    for (const waiting of this.#waiting.splice(0)) {
      clearTimeout(waiting.deadline);
      waiting.reject(error);
    }
  }
}

function encode(command: readonly (string | number)[]): string {
  const parts = command.map((part) => `$${Buffer.byteLength(String(part))}\r\n${part}\r\n`);
  return `*${command.length}\r\n${parts.join('')}`;
}

/** Reads RESP2 replies from a stream of bytes. */
class ReplyReader {
  #bytes = Buffer.alloc(0);
  #at = 0;

  /** Gives the replies that are whole now. Throws when the bytes are none of RESP2. */
  push(bytes: Buffer): (Reply | RedisError)[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const replies: (Reply | RedisError)[] = [];
    for (;;) {
      this.#at = 0;
      const reply = this.#read();
      if (reply === undefined) return replies;
      replies.push(reply);
      this.#bytes = this.#bytes.subarray(this.#at);
    }
  }

  /** One reply from `#at` on; undefined when it is not whole yet. */
  #read(): Reply | RedisError | undefined {
    const line = this.#line();
    if (line === undefined) return undefined;
    const rest = line.slice(1);
    switch (line[0]) {
      case '+':
        return rest;
      case '-':
        return new RedisError(rest);
      case ':':
        return Number(rest);
      case '$':
        return this.#text(Number(rest));
      case '*':
        return this.#list(Number(rest));
      default:
        throw new Error(`no Redis reply: ${JSON.stringify(line.slice(0, 40))}`);
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

  #list(length: number): readonly Reply[] | null | undefined {
    if (length < 0) return null;
    const items: Reply[] = [];
    for (let index = 0; index < length; index += 1) {
      const item = this.#read();
      if (item === undefined) return undefined;
      if (item instanceof RedisError) throw item;
      items.push(item);
    }
    return items;
  }
}
