/** The engine as its clients reach it: late, refusing, silent, telling too much or too little. */

import type { MemoryClock } from '../adapters/memory/clock.ts';
import { TwinhullError } from '../errors.ts';
import type { Container, Engine, EngineEvent } from '../ports/engine.ts';
import type { Random } from './random.ts';

/** How the daemon misbehaves, while it does. Shares are 0 to 1. */
export interface Mood {
  /** how late it answers, milliseconds */
  readonly lateMs?: () => number;
  /** why it refuses this call, '' when it does not */
  readonly refusal?: (call: string) => string;
  /** no answer at all until the caller gives up */
  readonly isSilent?: (call: string) => boolean;
  readonly losesEvents?: number;
  readonly doublesEvents?: number;
  /** two events each change places */
  readonly swapsEvents?: boolean;
  /** containers that its lists leave out */
  readonly listsWithout?: (container: Container) => boolean;
}

const READ_DEADLINE_MS = 10_000;
const CHANGE_DEADLINE_MS = 60_000;
/** of calls that only ask */
const READS = /^(info|list|inspect)/;

export class Daemon {
  readonly #engine: Engine;
  readonly #clock: MemoryClock;
  readonly #random: Random;
  readonly #moods = new Set<Mood>();
  /** the engine, for one client after the other */
  readonly door: Engine;

  constructor(engine: Engine, clock: MemoryClock, random: Random) {
    this.#engine = engine;
    this.#clock = clock;
    this.#random = random;
    this.door = new Proxy(engine, { get: (target, name) => this.#call(target, String(name)) });
  }

  isMoody(): boolean {
    return this.#moods.size > 0;
  }

  /** @returns ends it */
  behave(mood: Mood): () => void {
    this.#moods.add(mood);
    return () => void this.#moods.delete(mood);
  }

  #call(target: Engine, name: string): unknown {
    const call: unknown = Reflect.get(target, name, target);
    if (typeof call !== 'function' || name === 'logs') return call;
    if (name === 'events') return (...values: Parameters<Engine['events']>) => this.#events(...values);
    return async (...values: unknown[]): Promise<unknown> => {
      if (this.#moods.size > 0) await this.#suffer(name, values);
      const result: unknown = await (call.apply(target, values) as Promise<unknown>);
      return name === 'listContainers' ? this.#shortened(result as Container[]) : result;
    };
  }

  async #suffer(name: string, values: readonly unknown[]): Promise<void> {
    const { signal, deadlineMs = READS.test(name) ? READ_DEADLINE_MS : CHANGE_DEADLINE_MS } = callOf(values);
    const lateMs = [...this.#moods].reduce((sum, mood) => sum + (mood.lateMs?.() ?? 0), 0);
    const isSilent = [...this.#moods].some((mood) => mood.isSilent?.(name) === true);
    if (isSilent || lateMs > 0) {
      await this.#clock.sleep(isSilent ? deadlineMs : Math.min(lateMs, deadlineMs), signal).catch(() => undefined);
      signal?.throwIfAborted();
      if (isSilent || lateMs > deadlineMs)
        throw new TwinhullError('TH_ENGINE_UNREACHABLE', `no answer to ${name} within ${deadlineMs} ms`);
    }
    for (const mood of this.#moods) {
      const why = mood.refusal?.(name) ?? '';
      if (why !== '') throw new TwinhullError('TH_ENGINE_REFUSED', why, { status: 500 });
    }
  }

  #shortened(containers: readonly Container[]): Container[] {
    return containers.filter((container) => ![...this.#moods].some((mood) => mood.listsWithout?.(container) === true));
  }

  async #events(...values: Parameters<Engine['events']>): Promise<AsyncIterable<EngineEvent>> {
    if (this.#moods.size > 0) await this.#suffer('events', values);
    return this.#distorted(await this.#engine.events(...values));
  }

  async *#distorted(events: AsyncIterable<EngineEvent>): AsyncIterable<EngineEvent> {
    let kept: EngineEvent | null = null;
    for await (const event of events) {
      const share = (of: 'losesEvents' | 'doublesEvents'): number =>
        [...this.#moods].reduce((most, mood) => Math.max(most, mood[of] ?? 0), 0);
      if (this.#random.chance(share('losesEvents'))) continue;
      // two of them change places: the later one is told first
      const isLate = [...this.#moods].some((mood) => mood.swapsEvents === true);
      if (isLate && kept === null) {
        kept = event;
        continue;
      }
      yield event;
      if (this.#random.chance(share('doublesEvents'))) yield event;
      if (kept !== null) {
        yield kept;
        kept = null;
      }
    }
  }
}

function callOf(values: readonly unknown[]): { readonly signal?: AbortSignal; readonly deadlineMs?: number } {
  const last = values.at(-1);
  if (typeof last !== 'object' || last === null) return {};
  const signal: unknown = Reflect.get(last, 'signal');
  const deadlineMs: unknown = Reflect.get(last, 'deadlineMs');
  return {
    ...(signal instanceof AbortSignal ? { signal } : {}),
    ...(typeof deadlineMs === 'number' ? { deadlineMs } : {}),
  };
}
