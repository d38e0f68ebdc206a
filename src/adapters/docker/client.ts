/**
 * HTTP to the engine: one request, one connection of its own, one deadline. Knows versions, statuses and
 * errors; knows nothing of containers.
 */

import { Agent, type Dispatcher } from 'undici';
import { isCode, messageOf, TwinhullError } from '../../errors.ts';
import type { Call } from '../../ports/engine.ts';
import type { Endpoint } from './endpoint.ts';
import { field, parseJson, text } from './reading.ts';

/** Reads answer at once or not at all. */
export const READ_DEADLINE_MS = 10_000;
/** Changes may wait for a process to start or a file system to unmount. */
export const CHANGE_DEADLINE_MS = 60_000;
const CONNECT_DEADLINE_MS = 5_000;
/** A document of the engine is at most some MiB; what is larger is no answer we asked for. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

/** Docker 20.10. */
const OLDEST_API = [1, 41] as const;
/** What this client was written against; newer engines speak it too. */
const NEWEST_API = [1, 51] as const;

export interface Ask {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** after the version: "/containers/json"; every variable part made by {@link segment} */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** milliseconds until the answer is complete (streams: until it begins) */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  /** the JSON document, undefined when there is none */
  readonly document: unknown;
}

export type ByteStream = AsyncIterable<Uint8Array>;
export type ApiVersion = readonly [major: number, minor: number];

/** One part of a path. Refuses what would make it another path. */
export function segment(value: string): string {
  if (value === '' || value === '.' || value === '..' || value.includes('\0')) {
    throw new TwinhullError('TH_ENGINE_REFUSED', `"${value}" is no name the engine could know`, { status: 400 });
  }
  return encodeURIComponent(value);
}

export class EngineClient {
  readonly #endpoint: Endpoint;
  readonly #agent: Agent;
  readonly #origin: string;
  #version: ApiVersion | null = null;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#agent = openAgent(endpoint);
    this.#origin = originOf(endpoint);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** The version both sides speak; asked once, and again after the engine was away (it may have been upgraded). */
  async apiVersion(signal?: AbortSignal): Promise<ApiVersion> {
    if (this.#version !== null) return this.#version;
    const response = await this.#send(
      { method: 'GET', path: '/_ping', deadlineMs: READ_DEADLINE_MS, signal },
      '/_ping',
    );
    await response.body.dump();
    if (response.statusCode >= 400)
      throw this.#refusal(response.statusCode, `the engine at ${this.#endpoint.description} does not answer a ping`);
    this.#version = negotiate(response.headers['api-version'], this.#endpoint);
    return this.#version;
  }

  /** Sends and reads the whole answer; a status of 400 and more is `TH_ENGINE_REFUSED`. */
  async request(ask: Ask): Promise<Answer> {
    const deadline = startDeadline(ask);
    try {
      const response = await this.#versioned(deadline.ask);
      const document = await this.#readDocument(response, deadline.ask);
      if (response.statusCode >= 300 && response.statusCode !== 304) throw this.#refusal(response.statusCode, document);
      return { status: response.statusCode, document };
    } finally {
      deadline.cancel();
    }
  }

  /** As {@link request}, but "no such thing" is null. */
  async find(ask: Ask): Promise<unknown> {
    try {
      return (await this.request(ask)).document;
    } catch (error) {
      if (hasStatus(error, 404)) return null;
      throw error;
    }
  }

  /** One header of the answer to a HEAD, which has no document; null: no such thing. */
  async header(ask: Omit<Ask, 'method'>, name: string): Promise<string | null> {
    const deadline = startDeadline({ ...ask, method: 'HEAD' });
    try {
      const response = await this.#versioned(deadline.ask);
      await response.body.dump();
      if (response.statusCode === 404) return null;
      if (response.statusCode >= 300) throw this.#refusal(response.statusCode, undefined);
      return text(response.headers[name]);
    } finally {
      deadline.cancel();
    }
  }

  /**
   * Sends, and gives the body as it comes, without end. The deadline holds until the answer begins; `idleMs`
   * (0: none) between two pieces after that. Breaks of the stream throw `TH_ENGINE_UNREACHABLE` out of the loop.
   */
  async stream(ask: Ask, idleMs = 0): Promise<ByteStream> {
    const deadline = startDeadline(ask);
    try {
      const response = await this.#versioned(deadline.ask, idleMs);
      if (response.statusCode < 300) return this.#pieces(response.body, ask);
      throw this.#refusal(response.statusCode, await this.#readDocument(response, deadline.ask));
    } finally {
      deadline.cancel();
    }
  }

  async *#pieces(body: Dispatcher.ResponseData['body'], ask: Ask): ByteStream {
    try {
      for await (const piece of body) if (piece instanceof Uint8Array) yield piece;
    } catch (error) {
      throw this.#failure(error, ask);
    }
  }

  async #versioned(ask: Ask, idleMs = 0): Promise<Dispatcher.ResponseData> {
    const [major, minor] = await this.apiVersion(ask.signal);
    return await this.#send(ask, `/v${major}.${minor}${ask.path}`, idleMs);
  }

  async #send(ask: Ask, path: string, idleMs = 0): Promise<Dispatcher.ResponseData> {
    const body = ask.body === undefined ? null : JSON.stringify(ask.body);
    try {
      return await this.#agent.request({
        origin: this.#origin,
        path: path + queryString(ask.query),
        method: ask.method,
        headers: { ...(body !== null && { 'content-type': 'application/json' }), ...ask.headers },
        body,
        headersTimeout: 0,
        bodyTimeout: idleMs,
        ...(ask.signal !== undefined && { signal: ask.signal }),
      });
    } catch (error) {
      throw this.#failure(error, ask);
    }
  }

  async #readDocument(response: Dispatcher.ResponseData, ask: Ask): Promise<unknown> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of this.#pieces(response.body, ask)) {
      size += piece.length;
      if (size > MAX_DOCUMENT_BYTES) throw this.#refusal(response.statusCode, 'the answer is larger than 64 MiB');
      pieces.push(piece);
    }
    const source = Buffer.concat(pieces).toString('utf8');
    return source === '' ? undefined : (parseJson(source) ?? source);
  }

  #refusal(status: number, document: unknown): TwinhullError {
    const message = text(field(document, 'message')) || text(document) || `status ${status}`;
    return new TwinhullError('TH_ENGINE_REFUSED', `the engine refused: ${message.trim()}`, { status });
  }

  /** The caller's own abort is passed on as it is; everything else means that the engine did not answer. */
  #failure(error: unknown, ask: Ask): unknown {
    if (error instanceof TwinhullError) return error;
    this.#version = null;
    const reason: unknown = ask.signal?.aborted ? ask.signal.reason : error;
    if (reason instanceof DeadlineError) return this.#late(ask, reason);
    if (ask.signal?.aborted) return reason;
    return unreachable(this.#endpoint, error);
  }

  #late(ask: Ask, reason: DeadlineError): TwinhullError {
    const what = `the engine did not answer ${ask.method} ${ask.path} within ${reason.deadlineMs / 1000} s`;
    const state = ask.method === 'GET' ? '' : 'Whether it was done is not known.';
    return new TwinhullError('TH_ENGINE_UNREACHABLE', what, { state, cause: reason });
  }
}

/** The call's own deadline, else the usual one; milliseconds. */
export function deadline(call: Call, usualMs: number): number {
  return call.deadlineMs ?? usualMs;
}

/** How long a call may take: its own deadline, else the usual one. */
export function within(call: Call, usualMs: number): Pick<Ask, 'deadlineMs' | 'signal'> {
  return { deadlineMs: deadline(call, usualMs), signal: call.signal };
}

/** True for the engine's own answer with one of these statuses. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): error is TwinhullError {
  return isCode(error, 'TH_ENGINE_REFUSED') && error.status !== undefined && statuses.includes(error.status);
}

export function isAtLeast(version: ApiVersion, major: number, minor: number): boolean {
  return version[0] > major || (version[0] === major && version[1] >= minor);
}

class DeadlineError extends Error {
  readonly deadlineMs: number;
  constructor(deadlineMs: number) {
    super(`no answer within ${deadlineMs} ms`);
    this.deadlineMs = deadlineMs;
  }
}

/** The ask with its deadline as a signal beside the caller's, until it is cancelled. */
function startDeadline(ask: Ask): { readonly ask: Ask; readonly cancel: () => void } {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DeadlineError(ask.deadlineMs)), ask.deadlineMs);
  const signal = ask.signal === undefined ? late.signal : AbortSignal.any([ask.signal, late.signal]);
  return { ask: { ...ask, signal }, cancel: () => clearTimeout(timer) };
}

function openAgent(endpoint: Endpoint): Agent {
  const options = { pipelining: 1, keepAliveTimeout: 10_000, headersTimeout: 0, bodyTimeout: 0, allowH2: false };
  if (endpoint.kind === 'unix')
    return new Agent({ ...options, connect: { socketPath: endpoint.socketPath, timeout: CONNECT_DEADLINE_MS } });
  const { ca, cert, key, verify } = endpoint.tls ?? { verify: true };
  const tls = {
    rejectUnauthorized: verify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
  return new Agent({ ...options, connect: { timeout: CONNECT_DEADLINE_MS, ...(endpoint.tls !== null && tls) } });
}

function originOf(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return 'http://docker';
  return `${endpoint.tls === null ? 'http' : 'https'}://${endpoint.host}:${endpoint.port}`;
}

function negotiate(header: string | string[] | undefined, endpoint: Endpoint): ApiVersion {
  const [, major = '', minor = ''] = /^(\d+)\.(\d+)$/.exec(text(header)) ?? [];
  const theirs: ApiVersion = [Number(major), Number(minor)];
  if (major === '')
    throw new TwinhullError('TH_ENGINE_REFUSED', `what answers at ${endpoint.description} is no Docker engine`);
  if (!isAtLeast(theirs, ...OLDEST_API)) {
    throw new TwinhullError(
      'TH_ENGINE_REFUSED',
      `the engine speaks API ${text(header)}; at least ${OLDEST_API.join('.')} is needed`,
      {
        next: 'Upgrade the engine to Docker 20.10 or later.',
      },
    );
  }
  return isAtLeast(theirs, ...NEWEST_API) ? NEWEST_API : theirs;
}

function queryString(query: Ask['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) parameters.set(name, String(value));
  const result = parameters.toString();
  return result === '' ? '' : `?${result}`;
}

function unreachable(endpoint: Endpoint, cause: unknown): TwinhullError {
  const code = cause instanceof Error && 'code' in cause ? text(cause.code) : '';
  const where = `the engine at ${endpoint.description}`;
  const detail = messageOf(cause);
  if (code === 'EACCES' || code === 'EPERM') {
    return new TwinhullError('TH_ENGINE_UNREACHABLE', `no permission to speak to ${where}`, {
      next: 'Add your user to the group that owns the socket (usually docker), or run as root.',
      cause,
    });
  }
  if (code === 'ENOENT')
    return new TwinhullError('TH_ENGINE_UNREACHABLE', `${where} does not run: its socket is not there`, { cause });
  return new TwinhullError('TH_ENGINE_UNREACHABLE', `${where} does not answer: ${detail}`, { cause });
}
