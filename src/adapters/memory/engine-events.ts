import { TwinhullError } from '../../errors.ts';
import type { EngineEvent } from '../../ports/engine.ts';

/** As many as the engine keeps for those who ask for the past. */
const REPLAYED_EVENTS = 256;

interface Subscriber {
  readonly wants: (event: EngineEvent) => boolean;
  readonly queue: EngineEvent[];
  wake: () => void;
  broken: boolean;
}

/** The engine's stream of events: late subscribers get what is kept, a lossy moment loses without a trace. */
export class EventHub {
  readonly #kept: EngineEvent[] = [];
  readonly #subscribers = new Set<Subscriber>();
  readonly #onEvent: ((event: EngineEvent) => void) | undefined;
  #loses = false;

  constructor(onEvent?: (event: EngineEvent) => void) {
    this.#onEvent = onEvent;
  }

  emit(event: EngineEvent): void {
    this.#onEvent?.(event);
    this.#kept.push(event);
    if (this.#kept.length > REPLAYED_EVENTS) this.#kept.shift();
    if (this.#loses) return;
    for (const subscriber of this.#subscribers) {
      if (!subscriber.wants(event)) continue;
      subscriber.queue.push(event);
      subscriber.wake();
    }
  }

  /** From now on nobody is told anything, until false. */
  lose(loses: boolean): void {
    this.#loses = loses;
  }

  /** What was kept is gone: it lies in the daemon's memory. */
  forget(): void {
    this.#kept.length = 0;
  }

  /** Every stream ends with TH_ENGINE_UNREACHABLE. */
  breakAll(): void {
    for (const subscriber of this.#subscribers) {
      subscriber.broken = true;
      subscriber.wake();
    }
    this.#subscribers.clear();
  }

  subscribe(
    wants: (event: EngineEvent) => boolean,
    sinceMs: number | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<EngineEvent> {
    const past = sinceMs === undefined ? [] : this.#kept.filter((event) => event.at >= sinceMs && wants(event));
    const subscriber: Subscriber = { wants, queue: past, wake: () => {}, broken: false };
    this.#subscribers.add(subscriber);
    return this.#follow(subscriber, signal);
  }

  async *#follow(subscriber: Subscriber, signal: AbortSignal | undefined): AsyncIterable<EngineEvent> {
    const stop = (): void => subscriber.wake();
    signal?.addEventListener('abort', stop);
    try {
      while (!signal?.aborted) {
        const event = subscriber.queue.shift();
        if (event !== undefined) yield event;
        else if (subscriber.broken)
          throw new TwinhullError('TH_ENGINE_UNREACHABLE', 'the engine ended its stream of events');
        else await new Promise<void>((resolve) => (subscriber.wake = resolve));
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#subscribers.delete(subscriber);
    }
  }
}
