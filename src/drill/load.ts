import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { type Answer, Connections, type Target, type WireRequest } from './connections.ts';
import { type LoadSummary, type RequestRecord, summarize } from './summary.ts';

/**
 * An open-loop load: requests are sent when they are due, whether or not earlier ones were answered, as
 * independent users would. (A closed loop slows down with the service and hides the outage it should measure.)
 * It judges strictly: nothing is retried, and every failure counts, with two exceptions that would be of the
 * generator's own making and are reported beside: requests it could not send for want of local resources
 * (`unsent`), and how late it was itself (`longestOwnDelayMs`).
 */

export interface LoadRequest extends WireRequest {
  /** share of the rate, relative to the other entries' */
  readonly weight: number;
  /** A body of its own for each request, and a name by which its record is found again. */
  readonly vary?: () => { readonly body: string; readonly tag: string };
}

export interface LoadOptions {
  /** http://host:port; a path in it is the prefix of every request's path */
  readonly url: string;
  /** requests a second, over the whole mix */
  readonly rate: number;
  readonly mix: readonly LoadRequest[];
  /** milliseconds to offer load for, or a signal that ends it; LoadRun.stop() always does */
  readonly until: number | AbortSignal;
  /** for one whole response; default 10 s */
  readonly timeoutMs?: number;
  /** more are not sent, and counted as `unsent`; default 8000 */
  readonly maxInFlight?: number;
  /** which statuses are good answers; default: all below 500 */
  readonly accepts?: (status: number) => boolean;
  readonly onFailure?: (failure: RequestRecord) => void;
}

export interface LoadResult extends LoadSummary {
  readonly unsent: number;
  /** how late the most belated request was sent after it was due: the generator's own hiccups */
  readonly longestOwnDelayMs: number;
  /** milliseconds since 1970 between which load was offered */
  readonly startedAt: number;
  readonly endedAt: number;
  /** in order of their end */
  readonly requests: readonly RequestRecord[];
}

export interface LoadRun {
  /** Resolves when load is no longer offered and every request has its answer or its timeout. Never rejects. */
  readonly finished: Promise<LoadResult>;
  /** What was answered until now, in order; grows. */
  readonly requests: readonly RequestRecord[];
  /** Offers no more; `finished` resolves when what is under way has ended. */
  stop(): void;
  /** Offers no more and waits no longer: what is under way fails as `closed`. */
  abandon(): void;
}

/** Half keep-alive, half a connection each; every fifth request one that must not be repeated. */
export function usualMix(path: string, postPath: string = path): LoadRequest[] {
  return [
    { method: 'GET', path, keepAlive: true, weight: 2 },
    { method: 'GET', path, keepAlive: false, weight: 2 },
    { method: 'POST', path: postPath, keepAlive: false, weight: 1 },
  ];
}

/** Starts the load at once. Throws a TypeError for a URL, rate or mix that makes no sense. */
export function runLoad(options: LoadOptions): LoadRun {
  const url = readUrl(options.url);
  if (!(options.rate > 0 && options.rate <= 100_000))
    throw new TypeError(`a rate between 0 and 100000 is needed, not ${options.rate}`);
  if (!options.mix.some((entry) => entry.weight > 0)) throw new TypeError('a mix needs an entry with a weight');
  const load = new Load(options, url);
  return { finished: load.run(), requests: load.records, stop: () => load.stop(), abandon: () => load.abandon() };
}

function readUrl(text: string): URL {
  const url = new URL(text);
  if (url.protocol !== 'http:') throw new TypeError(`a http:// URL is needed, not ${text}`);
  return url;
}

/** Wall time that never jumps. */
const nowMs = (): number => performance.timeOrigin + performance.now();

class Load {
  readonly records: RequestRecord[] = [];
  readonly #options: LoadOptions;
  readonly #url: URL;
  readonly #stop = new AbortController();
  readonly #inFlight = new Set<Promise<void>>();
  #connections: Connections | null = null;
  #sent = 0;
  #unsent = 0;
  #longestOwnDelayMs = 0;

  constructor(options: LoadOptions, url: URL) {
    this.#options = options;
    this.#url = url;
  }

  stop(): void {
    this.#stop.abort();
  }

  abandon(): void {
    this.#stop.abort();
    this.#connections?.close();
  }

  async run(): Promise<LoadResult> {
    const connections = new Connections(await resolveTarget(this.#url));
    this.#connections = connections;
    const startedAt = nowMs();
    await this.#offer(connections, startedAt);
    const endedAt = nowMs();
    await Promise.all(this.#inFlight);
    connections.close();
    const summary = summarize(this.records, { fromMs: startedAt, toMs: endedAt });
    return {
      ...summary,
      unsent: this.#unsent,
      longestOwnDelayMs: this.#longestOwnDelayMs,
      startedAt,
      endedAt,
      requests: this.records,
    };
  }

  /** Sends what is due, each millisecond, until the end. */
  #offer(connections: Connections, startedAt: number): Promise<void> {
    const { until, rate, mix } = this.#options;
    const endsAt = typeof until === 'number' ? startedAt + until : Number.POSITIVE_INFINITY;
    const signal = typeof until === 'number' ? this.#stop.signal : AbortSignal.any([until, this.#stop.signal]);
    const next = roundRobin(mix);
    const { promise, resolve } = Promise.withResolvers<void>();
    const tick = (): void => {
      const now = nowMs();
      for (
        let due = this.#due(startedAt, rate);
        due <= now && due < endsAt && !signal.aborted;
        due = this.#due(startedAt, rate)
      ) {
        this.#longestOwnDelayMs = Math.max(this.#longestOwnDelayMs, nowMs() - due);
        this.#send(connections, next());
      }
      if (now < endsAt && !signal.aborted) setTimeout(tick, 1);
      else resolve();
    };
    tick();
    return promise;
  }

  /** When the next request is due. */
  #due(startedAt: number, rate: number): number {
    return startedAt + ((this.#sent + this.#unsent) * 1000) / rate;
  }

  #send(connections: Connections, request: LoadRequest): void {
    if (this.#inFlight.size >= (this.#options.maxInFlight ?? 8000)) {
      this.#unsent += 1;
      return;
    }
    this.#sent += 1;
    const path = this.#url.pathname.replace(/\/$/, '') + request.path;
    const { body = request.body ?? '', tag = '' } = request.vary?.() ?? {};
    const startMs = nowMs();
    const timeoutMs = this.#options.timeoutMs ?? 10_000;
    const work = connections.request({ ...request, path, body }, timeoutMs).then((answer) => {
      this.#inFlight.delete(work);
      this.#record({ method: request.method, path, tag, startMs, endMs: nowMs(), ...this.#judge(answer) });
    });
    this.#inFlight.add(work);
  }

  #judge(answer: Answer): Pick<RequestRecord, 'outcome' | 'status' | 'detail'> {
    if (answer.kind === 'failed') return { outcome: answer.reason, status: null, detail: answer.detail };
    const accepts = this.#options.accepts ?? ((status) => status < 500);
    if (accepts(answer.status)) return { outcome: 'ok', status: answer.status, detail: '' };
    return { outcome: 'status', status: answer.status, detail: `answered ${answer.status}` };
  }

  #record(record: RequestRecord): void {
    if (record.outcome === 'local') {
      this.#sent -= 1;
      this.#unsent += 1;
      return;
    }
    this.records.push(record);
    if (record.outcome !== 'ok') this.#options.onFailure?.(record);
  }
}

/** Smooth weighted round robin: the entries by their weights, spread evenly (nginx's). */
function roundRobin(mix: readonly LoadRequest[]): () => LoadRequest {
  const entries = mix.filter((entry) => entry.weight > 0).map((request) => ({ request, credit: 0 }));
  const total = entries.reduce((sum, entry) => sum + entry.request.weight, 0);
  return () => {
    for (const entry of entries) entry.credit += entry.request.weight;
    const chosen = entries.reduce((best, entry) => (entry.credit > best.credit ? entry : best));
    chosen.credit -= total;
    return chosen.request;
  };
}

/** The first address of the URL's host that accepts a connection, else its first. A name that does not resolve counts as unreachable. */
async function resolveTarget(url: URL): Promise<Target> {
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 80);
  const addresses = isIP(name)
    ? [name]
    : await lookup(name, { all: true }).then(
        (all) => all.map((entry) => entry.address),
        () => [],
      );
  for (const address of addresses.length > 1 ? addresses : []) {
    if (await accepts(address, port)) return { address, port, host: url.host };
  }
  return { address: addresses[0] ?? name, port, host: url.host };
}

function accepts(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: 500 });
  const finish = (answer: boolean): void => {
    socket.destroy();
    resolve(answer);
  };
  socket
    .once('connect', () => finish(true))
    .once('error', () => finish(false))
    .once('timeout', () => finish(false));
  return promise;
}
