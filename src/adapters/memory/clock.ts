import type { Clock } from '../../ports/clock.ts';

interface Timer {
  readonly at: number;
  /** of two at the same moment, the one that was set first is due first */
  readonly number: number;
  /** null: it was taken back */
  onDue: (() => void) | null;
}

/** Time that passes only when it is told to: everything that waits for it wakes in order, at its exact moment. */
export class MemoryClock implements Clock {
  readonly #startedAt: number;
  #now: number;
  /** a binary heap, the first one due at its top */
  readonly #timers: Timer[] = [];
  #set = 0;

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
      cancel();
      if (signal) reject(reasonOf(signal));
    };
    const cancel = this.timer(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    return promise;
  }

  timer(ms: number, onDue: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), number: ++this.#set, onDue };
    push(this.#timers, timer);
    return () => (timer.onDue = null);
  }

  /**
   * Lets `ms` pass; resolves when all that happened in it has come to rest.
   * @param atRest called at each moment of it at which something happened, once that has come to rest
   */
  async advance(ms: number, atRest: () => Promise<void> | void = () => {}): Promise<void> {
    const until = this.#now + ms;
    await settle();
    await atRest();
    for (let at = this.#nextAt(); at <= until; at = this.#nextAt()) {
      this.#now = Math.max(this.#now, at);
      this.#wakeDue();
      await settle();
      await atRest();
    }
    this.#now = until;
    await settle();
  }

  /** Wakes who waits the shortest, at its moment. */
  wakeFirst(): void {
    const at = this.#nextAt();
    const first = at === Number.POSITIVE_INFINITY ? undefined : pop(this.#timers);
    if (!first) return;
    this.#now = Math.max(this.#now, at);
    first.onDue?.();
  }

  /** Infinity: nobody waits. */
  #nextAt(): number {
    while (this.#timers[0]?.onDue === null) pop(this.#timers);
    return this.#timers[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** All that are due by now; what they set for now waits for its turn. */
  #wakeDue(): void {
    const due: Timer[] = [];
    while (this.#nextAt() <= this.#now) {
      const timer = pop(this.#timers);
      if (timer) due.push(timer);
    }
    for (const timer of due) timer.onDue?.();
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.at < other.at || (one.at === other.at && one.number < other.number);
}

function push(heap: Timer[], timer: Timer): void {
  let place = heap.length;
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above];
    if (!parent || !isBefore(timer, parent)) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || first === last) return first;
  let place = 0;
  for (;;) {
    const left = heap[2 * place + 1];
    const right = heap[2 * place + 2];
    const isRight = right !== undefined && left !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (!child || !isBefore(child, last)) break;
    heap[place] = child;
    place = 2 * place + (isRight ? 2 : 1);
  }
  heap[place] = last;
  return first;
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
