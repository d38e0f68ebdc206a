/**
 * The life of a process in the virtual world. All it does to the world goes through doors, so to pause it is to hold
 * its doors, and to kill it is to close them for good: calls never return, and nothing that was said reaches it. What
 * a call had set in motion in the world goes on, as a request does that the daemon has already taken.
 */

import type { MemoryClock } from '../adapters/memory/clock.ts';
import type { Clock } from '../ports/clock.ts';
import type { Engine, EngineEvent } from '../ports/engine.ts';
import type { Gateway, GatewaySignal } from '../ports/gateway.ts';
import type { DurableStore } from '../ports/store.ts';

/** Thrown into whatever a process was doing at the moment of its death. */
class Dead extends Error {}

export type Door = 'engine' | 'gateway' | 'store';

/** Told of each call, before and after it: whoever plays fate may end the process right there. */
export type Witness = (door: Door, call: string, when: 'before' | 'after', values: readonly unknown[]) => void;

export class Life {
  readonly #clock: MemoryClock;
  readonly #witness: Witness;
  readonly #over = new AbortController();
  #state: 'running' | 'paused' | 'dead' = 'running';
  #held: (() => void)[] = [];
  /** how far its wall clock is off, milliseconds */
  clockOffMs = 0;

  constructor(clock: MemoryClock, witness: Witness = () => undefined) {
    this.#clock = clock;
    this.#witness = witness;
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    for (const go of this.#held.splice(0)) go();
  }

  kill(): void {
    this.#state = 'dead';
    this.#held = [];
    this.#over.abort();
  }

  /** Its clock: what comes due while it is paused comes due when it goes on. */
  clock(): Clock {
    const timer = (ms: number, onDue: () => void): (() => void) => {
      let isWanted = true;
      const cancel = this.#clock.timer(ms, () => this.#whenAlive(() => isWanted && onDue()));
      return () => {
        isWanted = false;
        cancel();
      };
    };
    return {
      now: () => this.#clock.now() + this.clockOffMs,
      monotonic: () => this.#clock.monotonic(),
      timer,
      sleep: async (ms, signal) => {
        await this.#clock.sleep(ms, signal);
        await this.#alive();
      },
    };
  }

  engine(engine: Engine): Engine {
    return this.#door('engine', engine, {
      events: async (...call: Parameters<Engine['events']>) => this.#follow(await engine.events(...call)),
    });
  }

  gateway(gateway: Gateway): Gateway {
    return this.#door('gateway', gateway, {
      watch: (onSignal: (signal: GatewaySignal) => void, abort: AbortSignal) =>
        gateway.watch((signal) => this.#whenAlive(() => onSignal(signal)), AbortSignal.any([abort, this.#over.signal])),
    });
  }

  /** Calls are synchronous there: a dead process has none. */
  store(store: DurableStore): DurableStore {
    return new Proxy(store, {
      get: (target, name) => {
        const call: unknown = Reflect.get(target, name, target);
        if (typeof call !== 'function') return call;
        return (...values: unknown[]): unknown => {
          this.#step('store', String(name), 'before', values);
          const result: unknown = call.apply(target, values);
          this.#step('store', String(name), 'after', values);
          return result;
        };
      },
    });
  }

  #step(door: Door, name: string, when: 'before' | 'after', values: readonly unknown[]): void {
    if (this.isDead) throw new Dead('this process is dead');
    this.#witness(door, name, when, values);
    if (this.isDead) throw new Dead('this process has just died');
  }

  #door<Behind extends Engine | Gateway>(door: Door, behind: Behind, own: Readonly<Record<string, unknown>>): Behind {
    return new Proxy(behind, {
      get: (target, name) => {
        const call: unknown = Object.hasOwn(own, name) ? own[String(name)] : Reflect.get(target, name, target);
        if (typeof call !== 'function' || name === 'logs') return call;
        return async (...values: unknown[]): Promise<unknown> => {
          await this.#alive();
          this.#witness(door, String(name), 'before', values);
          await this.#alive();
          try {
            return await (call.apply(target, values) as Promise<unknown>);
          } finally {
            if (!this.isDead) this.#witness(door, String(name), 'after', values);
            await this.#alive();
          }
        };
      },
    });
  }

  async *#follow(events: AsyncIterable<EngineEvent>): AsyncIterable<EngineEvent> {
    for await (const event of events) {
      await this.#alive();
      yield event;
    }
  }

  #whenAlive(go: () => void): void {
    if (this.#state === 'running') go();
    else if (this.#state === 'paused') this.#held.push(go);
  }

  /** Resolves at once while it runs, after a pause when that is over, and never for the dead. */
  #alive(): Promise<void> {
    if (this.#state === 'running') return Promise.resolve();
    return new Promise((resolve) => {
      if (this.#state === 'paused') this.#held.push(resolve);
    });
  }
}
