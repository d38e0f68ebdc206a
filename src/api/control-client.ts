import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { messageOf, TwinhullError } from '../errors.ts';
import type { EventRecord } from '../ports/store.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import type { Explanation, Order } from '../supervisor/parts.ts';
import type { ProjectStatus } from '../supervisor/status.ts';
import type { EventSelection, Progress, SupervisorInfo, UpOptions, UpResult } from './control.ts';
import { type FailureDocument, failureFromDocument } from './failure.ts';
import { shortSocketPath } from '../socket-path.ts';

/** how long a supervisor may take to answer a reading, in milliseconds */
const READ_TIMEOUT_MS = 5_000;
/** an open stream silent for this long means a supervisor that hangs; it sends an empty line every 2 s */
const SILENCE_MS = 20_000;

export interface Answer {
  readonly supervisor: SupervisorInfo;
  readonly status: ProjectStatus | null;
}
const PATH_OF_ORDER: Readonly<Record<Order['kind'], string>> = {
  freeze_asked: '/freeze',
  thaw_asked: '/thaw',
  maintenance_asked: '/maintenance',
};

export type Report = (progress: Progress) => void;

/** Talks to the supervisor behind one control socket. Every call may throw TH_SUPERVISOR_SILENT. */
export class ControlClient {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** null: nobody listens there. */
  async status(): Promise<Answer | null> {
    try {
      const response = await this.#send('GET', '/status', null, AbortSignal.timeout(READ_TIMEOUT_MS));
      return JSON.parse(await bodyOf(response)) as Answer;
    } catch (error) {
      if (isNobodyThere(error)) return null;
      throw silent(error);
    }
  }

  async why(name: string): Promise<Explanation> {
    try {
      const query = new URLSearchParams({ name });
      const response = await this.#send('GET', `/why?${query.toString()}`, null, AbortSignal.timeout(READ_TIMEOUT_MS));
      if (response.statusCode !== 200) throw await refusal(response);
      return JSON.parse(await bodyOf(response)) as Explanation;
    } catch (error) {
      throw error instanceof TwinhullError ? error : silent(error);
    }
  }

  async *events(selection: EventSelection, signal: AbortSignal): AsyncGenerator<EventRecord> {
    const query = new URLSearchParams({ follow: String(selection.follow) });
    if (selection.afterId !== undefined) query.set('after', String(selection.afterId));
    if (selection.sinceMs !== undefined) query.set('since', String(selection.sinceMs));
    for await (const event of this.#lines('GET', `/events?${query.toString()}`, null, signal))
      yield event as EventRecord;
  }

  up(fleet: Fleet, options: UpOptions, report: Report, signal: AbortSignal): Promise<UpResult> {
    return this.#operation('/fleet', { fleet, options }, report, signal) as Promise<UpResult>;
  }

  failover(
    request: { readonly service: string; readonly to: string | null },
    report: Report,
    signal: AbortSignal,
  ): Promise<{ readonly from: string | null; readonly to: string }> {
    return this.#operation('/failover', request, report, signal) as Promise<{ from: string | null; to: string }>;
  }

  /** Tells that a drill is about to break a member, or (0) that it is over. */
  async drill(
    request: { readonly service: string; readonly member: string; readonly forMs: number },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#operation('/drill', request, () => undefined, signal);
  }

  async order(order: Order, signal: AbortSignal): Promise<readonly string[]> {
    return (await this.#operation(PATH_OF_ORDER[order.kind], order, () => undefined, signal)) as readonly string[];
  }

  async restart(request: { readonly target: string }, report: Report, signal: AbortSignal): Promise<void> {
    await this.#operation('/restart', request, report, signal);
  }

  async down(
    request: { readonly volumes: boolean; readonly timeoutSeconds: number | null },
    report: Report,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#operation('/down', request, report, signal);
  }

  async stop(signal: AbortSignal): Promise<void> {
    await this.#operation('/stop', {}, () => undefined, signal);
  }

  async #operation(path: string, body: unknown, report: Report, signal: AbortSignal): Promise<unknown> {
    for await (const line of this.#lines('POST', path, body, signal)) {
      const message = line as { progress?: Progress; result?: unknown; error?: FailureDocument };
      if (message.error) throw failureFromDocument(message.error);
      if ('result' in message) return message.result;
      if (message.progress) report(message.progress);
    }
    signal.throwIfAborted();
    throw silent(new Error('the connection ended before the result'));
  }

  async *#lines(method: string, path: string, body: unknown, signal: AbortSignal): AsyncGenerator<unknown> {
    try {
      const response = await this.#send(method, path, body, signal);
      response.setTimeout(SILENCE_MS, () => response.destroy(new Error(`no sign of life for ${SILENCE_MS / 1000} s`)));
      if (response.statusCode !== 200) throw await refusal(response);
      for await (const line of createInterface({ input: response, crlfDelay: Infinity })) {
        if (line !== '') yield JSON.parse(line);
      }
      if (!response.complete) throw new Error('the connection broke');
    } catch (error) {
      if (signal.aborted) return;
      throw error instanceof TwinhullError ? error : silent(error);
    }
  }

  #send(method: string, path: string, body: unknown, signal: AbortSignal): Promise<IncomingMessage> {
    const payload = body === null ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const short = shortSocketPath(this.#socketPath);
      const sent: ClientRequest = request({
        socketPath: short.path,
        method,
        path,
        signal,
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) },
      });
      sent.once('socket', (socket) => socket.once('connect', () => short.close()).once('error', () => short.close()));
      sent.once('response', resolve).once('error', reject);
      sent.setTimeout(SILENCE_MS, () => sent.destroy(new Error(`no answer for ${SILENCE_MS / 1000} s`)));
      sent.end(payload);
    });
  }
}

async function refusal(response: IncomingMessage): Promise<TwinhullError> {
  const text = await bodyOf(response);
  try {
    return failureFromDocument((JSON.parse(text) as { error: FailureDocument }).error);
  } catch {
    return silent(new Error(`it answered ${response.statusCode}`));
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function isNobodyThere(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}

function silent(cause: unknown): TwinhullError {
  const why = messageOf(cause);
  return new TwinhullError('TH_SUPERVISOR_SILENT', `the supervisor of this project does not answer: ${why}`, { cause });
}
