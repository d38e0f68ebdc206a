import type { Clock } from '../../ports/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that passes only when it is told to: everything that sleeps on it wakes in order, at its exact moment. */
export class MemoryClock implements Clock {
  readonly #startedAt: number;
  #now: number;
  #sleepers: Sleeper[] = [];

  /** @param now milliseconds since 1970 */
  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#startedAt = now;
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#startedAt;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(reasonOf(signal));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
      if (signal) reject(reasonOf(signal));
    };
    const wake = (): void => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    const sleeper: Sleeper = { at: this.#now + Math.max(0, ms), wake };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#sleepers.push(sleeper);
    return promise;
  }

  /**
   * Lets `ms` pass; resolves when all that happened in it has come to rest.
   * @param atRest called at each moment of it at which something happened, once that has come to rest
   */
  async advance(ms: number, atRest: () => Promise<void> = async () => {}): Promise<void> {
    const until = this.#now + ms;
    await settle();
    await atRest();
    for (let next = this.#next(until); next !== null; next = this.#next(until)) {
      this.#now = Math.max(this.#now, next);
      for (const sleeper of this.#due()) sleeper.wake();
      await settle();
      await atRest();
    }
    this.#now = until;
    await settle();
  }

  /** Wakes who sleeps the shortest, at its moment. */
  wakeFirst(): void {
    const [first] = this.#sleepers.toSorted((one, other) => one.at - other.at);
    if (!first) return;
    this.#now = Math.max(this.#now, first.at);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== first);
    first.wake();
  }

  #next(until: number): number | null {
    const first = this.#sleepers.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
    return first <= until ? first : null;
  }

  #due(): Sleeper[] {
    const due = this.#sleepers.filter(({ at }) => at <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#now);
    return due;
  }
}

/** Promises that are ready run before the next turn of the event loop. Real files take real time, and no virtual time. */
async function settle(): Promise<void> {
  do {
    await new Promise((resolve) => setImmediate(resolve));
  } while (process.getActiveResourcesInfo().includes('FSReqPromise'));
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}
