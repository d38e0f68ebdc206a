import { connect, type Socket } from 'node:net';
import { MalformedResponse, ResponseReader } from './response-reader.ts';

/**
 * The client side of a load: one request at a time on a connection, kept connections where asked. Nothing is
 * ever sent twice: a request that a person's client would have had to retry counts as failed here.
 */

/** Why a request failed. `status`: answered, with a status that is not accepted. `local`: this machine ran out of something. */
export type FailureReason =
  | 'refused'
  | 'reset'
  | 'closed'
  | 'timeout'
  | 'unreachable'
  | 'malformed'
  | 'status'
  | 'local';

export type Answer =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: Exclude<FailureReason, 'status'>; readonly detail: string };

export interface Target {
  /** an IP address: names are resolved once, before the load begins */
  readonly address: string;
  readonly port: number;
  /** the Host header */
  readonly host: string;
}

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly keepAlive: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * An idle connection is used again within this time only. Servers close idle ones after 5 s (Node), 60 s
 * (nginx), 30 s (our gateway); a request that crosses such a close on its way would be a failure of the
 * client's making.
 */
const REUSE_WITHIN_MS = 1000;

interface Idle {
  readonly socket: Socket;
  readonly usableUntil: number;
}

export class Connections {
  readonly #target: Target;
  readonly #idle: Idle[] = [];
  readonly #open = new Set<Socket>();

  constructor(target: Target) {
    this.#target = target;
  }

  /** Sends one request and waits for the whole response, at most `timeoutMs`. Never rejects. */
  request(request: WireRequest, timeoutMs: number): Promise<Answer> {
    const kept = request.keepAlive ? this.#takeIdle() : null;
    const socket = kept ?? this.#connect();
    return this.#exchange(socket, request, timeoutMs);
  }

  /** Closes what is open; requests under way fail as `closed`. */
  close(): void {
    for (const socket of this.#open) socket.destroy();
    this.#idle.length = 0;
  }

  #connect(): Socket {
    const socket = connect({ host: this.#target.address, port: this.#target.port, noDelay: true });
    this.#open.add(socket);
    socket.on('error', () => {}); // between two requests there is nobody to tell; `close` follows
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  }

  #takeIdle(): Socket | null {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      const { socket, usableUntil } = last;
      if (!socket.destroyed && !socket.readableEnded && performance.now() < usableUntil) return socket;
      socket.destroy();
    }
    return null;
  }

  #keep(socket: Socket, idleLimitMs: number | null): void {
    const forMs = Math.min(REUSE_WITHIN_MS, idleLimitMs === null ? Number.POSITIVE_INFINITY : idleLimitMs / 2);
    this.#idle.push({ socket, usableUntil: performance.now() + forMs });
  }

  #exchange(socket: Socket, request: WireRequest, timeoutMs: number): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const reader = new ResponseReader(request.method);
    const finish = (answer: Answer): void => {
      clearTimeout(deadline);
      socket.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onError);
      if (answer.kind === 'answered' && request.keepAlive && reader.keepsAlive) this.#keep(socket, reader.idleLimitMs);
      else socket.destroy();
      resolve(answer);
    };
    const fail = (reason: Exclude<FailureReason, 'status'>, detail: string): void =>
      finish({ kind: 'failed', reason, detail });
    const finishIfComplete = (): void => {
      if (reader.isComplete) finish({ kind: 'answered', status: reader.status });
    };
    const onData = (bytes: Buffer): void => {
      try {
        reader.push(bytes);
        finishIfComplete();
      } catch (error) {
        fail('malformed', error instanceof MalformedResponse ? error.message : String(error));
      }
    };
    const onEnd = (): void => {
      reader.end();
      if (reader.isComplete) finishIfComplete();
      else fail('closed', 'the connection was closed before the response was whole');
    };
    const onClose = (): void => fail('closed', 'the connection was closed');
    const onError = (error: NodeJS.ErrnoException): void => fail(reasonOf(error.code), error.message);
    const deadline = setTimeout(() => fail('timeout', `no whole response within ${timeoutMs} ms`), timeoutMs);
    socket.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onError);
    socket.write(encode(request, this.#target.host));
    return promise;
  }
}

function encode(request: WireRequest, host: string): string {
  const lines = [`${request.method} ${request.path} HTTP/1.1`, `Host: ${host}`];
  if (!request.keepAlive) lines.push('Connection: close');
  for (const [name, value] of Object.entries(request.headers ?? {})) lines.push(`${name}: ${value}`);
  const body = request.body ?? '';
  if (body !== '' || request.method === 'POST' || request.method === 'PUT' || request.method === 'PATCH') {
    lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function reasonOf(code: string | undefined): Exclude<FailureReason, 'status'> {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'reset';
    case 'EMFILE':
    case 'ENFILE':
    case 'EADDRNOTAVAIL':
    case 'ENOBUFS':
      return 'local';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      return 'unreachable';
  }
}
