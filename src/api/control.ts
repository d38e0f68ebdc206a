/**
 * How commands talk to the supervisor of a project: HTTP with JSON over a unix socket in the state folder,
 * open to its owner alone (0600). Reading is GET and answers one document. Everything that changes something
 * is POST and answers a stream, one JSON object a line: any number of {"progress": ...}, then exactly one of
 * {"result": ...} or {"error": ...}. An empty line every few seconds says that the supervisor still lives.
 */

import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { TwinhullError } from '../errors.ts';
import type { EventRecord } from '../ports/store.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import type { Explanation, Order } from '../supervisor/parts.ts';
import type { ProjectStatus } from '../supervisor/status.ts';
import { failureDocument } from './failure.ts';
import { shortSocketPath } from '../socket-path.ts';

export const CONTROL_SOCKET = 'supervisor.sock';
/** how often an open stream shows that the supervisor lives, in milliseconds */
const HEARTBEAT_MS = 2_000;
const LARGEST_BODY_BYTES = 64 * 1024 * 1024;

/** One step of what is being done, for a person. */
export interface Progress {
  /** milliseconds since 1970 */
  readonly at: number;
  readonly service: string | null;
  readonly text: string;
}

export interface UpOptions {
  readonly removeOrphans: boolean;
  readonly forceRecreate: boolean;
  /** how long to wait until every service serves; null: by each service's own health check */
  readonly waitTimeoutMs: number | null;
}

export interface UpResult {
  readonly serving: readonly string[];
  /** jobs that did their work and ended well */
  readonly finished: readonly string[];
  readonly notServing: readonly { readonly service: string; readonly why: string }[];
  /** containers of services that are no longer in the file, left alone */
  readonly orphans: readonly string[];
}

export interface EventSelection {
  /** only events with a greater id */
  readonly afterId?: number;
  /** only events from this time on, milliseconds since 1970 */
  readonly sinceMs?: number;
  /** keep on telling new ones */
  readonly follow: boolean;
}

/** Supervising process as it describes itself. */
export interface SupervisorInfo {
  readonly pid: number;
  readonly startedAt: number;
  readonly version: string;
  readonly kind: 'foreground' | 'process' | 'container';
}

/** The parts of a supervised project that can be asked for from outside. */
export interface ProjectControl {
  info(): SupervisorInfo;
  /** null: supervising nothing yet, waiting for a fleet */
  status(): Promise<ProjectStatus | null>;
  /** throws TH_UNKNOWN_NAME, TH_NOT_RUNNING */
  why(name: string): Promise<Explanation>;
  events(selection: EventSelection, signal: AbortSignal): AsyncIterable<EventRecord>;
  up(fleet: Fleet, options: UpOptions, report: (progress: Progress) => void, signal: AbortSignal): Promise<UpResult>;
  failover(
    request: { readonly service: string; readonly to: string | null },
    report: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<unknown>;
  drill(
    request: { readonly service: string; readonly member: string; readonly forMs: number },
    report: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<unknown>;
  /** what a person wants of repairs; waits for nothing. @returns what came of it, a line each */
  order(order: Order): Promise<readonly string[]>;
  restart(
    request: { readonly target: string },
    report: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<unknown>;
  down(
    request: { readonly volumes: boolean; readonly timeoutSeconds: number | null },
    report: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<unknown>;
  /** ends supervising; the project goes on as it is */
  stop(): Promise<unknown>;
}

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * Listens on `socketPath`. The caller holds the project's lease, so a socket that is there already is one that
 * a killed supervisor left behind.
 */
export async function serveControl(control: ProjectControl, socketPath: string): Promise<ControlServer> {
  rmSync(socketPath, { force: true });
  const short = shortSocketPath(socketPath);
  const server = createServer((request, response) => {
    answer(control, request, response).catch((error: unknown) => fail(response, error));
  });
  try {
    await listen(server, short.path);
    chmodSync(socketPath, 0o600);
  } catch (error) {
    short.close();
    throw error;
  }
  return { close: () => close(server, () => short.close()) };
}

async function answer(control: ProjectControl, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://supervisor');
  if (request.method === 'GET' && pathname === '/status')
    return sendDocument(response, { supervisor: control.info(), status: await control.status() });
  if (request.method === 'GET' && pathname === '/why')
    return sendDocument(response, await control.why(searchParams.get('name') ?? ''));
  if (request.method === 'GET' && pathname === '/events') return sendEvents(control, searchParams, response);
  const operation = request.method === 'POST' ? operationsOf(control).get(pathname) : undefined;
  if (operation) return sendOperation(request, response, operation);
  response.writeHead(404).end();
}

type Operation = (
  body: Record<string, unknown>,
  report: (progress: Progress) => void,
  signal: AbortSignal,
) => Promise<unknown>;

/** What POST does, by path. */
function operationsOf(control: ProjectControl): ReadonlyMap<string, Operation> {
  return new Map<string, Operation>([
    ['/fleet', (body, ...call) => control.up(body['fleet'] as Fleet, body['options'] as UpOptions, ...call)],
    [
      '/failover',
      (body, ...call) => control.failover({ service: text(body, 'service'), to: optionalText(body, 'to') }, ...call),
    ],
    [
      '/drill',
      (body, ...call) => {
        const forMs = optionalNumber(body, 'forMs') ?? 0;
        return control.drill({ service: text(body, 'service'), member: text(body, 'member'), forMs }, ...call);
      },
    ],
    ['/freeze', (body) => control.order({ kind: 'freeze_asked', reason: optionalText(body, 'reason') ?? '' })],
    ['/thaw', () => control.order({ kind: 'thaw_asked' })],
    [
      '/maintenance',
      (body) => {
        const service = text(body, 'service');
        const until = optionalNumber(body, 'until');
        return control.order({ kind: 'maintenance_asked', service, on: body['on'] === true, until });
      },
    ],
    ['/restart', (body, ...call) => control.restart({ target: text(body, 'target') }, ...call)],
    [
      '/down',
      (body, ...call) => {
        const timeoutSeconds = optionalNumber(body, 'timeoutSeconds');
        return control.down({ volumes: body['volumes'] === true, timeoutSeconds }, ...call);
      },
    ],
    ['/stop', () => control.stop()],
  ]);
}

/** Runs an operation for as long as its caller listens: a caller that leaves ends it. */
async function sendOperation(request: IncomingMessage, response: ServerResponse, operation: Operation): Promise<void> {
  const body = await readBody(request);
  await streaming(response, async (send, signal) => {
    try {
      send({ result: (await operation(body, (progress) => send({ progress }), signal)) ?? null });
    } catch (error) {
      send({ error: failureDocument(error) });
    }
  });
}

async function sendEvents(control: ProjectControl, query: URLSearchParams, response: ServerResponse): Promise<void> {
  const selection = {
    ...numberOf(query, 'after', 'afterId'),
    ...numberOf(query, 'since', 'sinceMs'),
    follow: query.get('follow') === 'true',
  };
  await streaming(response, async (send, signal) => {
    for await (const event of control.events(selection, signal)) send(event);
  });
}

async function streaming(
  response: ServerResponse,
  work: (send: (value: unknown) => void, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const left = new AbortController();
  response.on('close', () => left.abort());
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const heartbeat = setInterval(() => response.write('\n'), HEARTBEAT_MS);
  try {
    await work((value) => response.write(`${JSON.stringify(value)}\n`), left.signal);
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

function sendDocument(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else
    response
      .writeHead(500, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: failureDocument(error) }));
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES)
      throw new TwinhullError('TH_USAGE', `the request is larger than ${LARGEST_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  const body: unknown = bytes === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new TwinhullError('TH_USAGE', 'the request is no object');
  return body as Record<string, unknown>;
}

function text(body: Record<string, unknown>, field: string): string {
  const value = body[field];
  if (typeof value !== 'string' || value === '') throw new TwinhullError('TH_USAGE', `"${field}" is missing`);
  return value;
}

function optionalText(body: Record<string, unknown>, field: string): string | null {
  return typeof body[field] === 'string' ? body[field] : null;
}

function optionalNumber(body: Record<string, unknown>, field: string): number | null {
  return typeof body[field] === 'number' ? body[field] : null;
}

function numberOf<Name extends string>(
  query: URLSearchParams,
  parameter: string,
  name: Name,
): Partial<Record<Name, number>> {
  const value = query.get(parameter);
  return value !== null && Number.isFinite(Number(value)) ? ({ [name]: Number(value) } as Record<Name, number>) : {};
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}

function close(server: Server, then: () => void): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      then();
      resolve();
    });
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  });
}
