/**
 * What a container uses, by the engine's own statistics: for where the kernel's files are out of reach. An answer takes
 * the engine a second or two, so few are asked for at once, and it knows neither quotas nor the kernel's counter of OOM
 * kills.
 */

import { availableParallelism } from 'node:os';
import type { Clock } from '../../ports/clock.ts';
import type { ContainerSample, MeterTarget } from '../../ports/meter.ts';
import { type EngineClient, READ_DEADLINE_MS, segment } from './client.ts';
import { count, field } from './reading.ts';

const AT_ONCE = 4;

export class StatisticsSource {
  readonly #client: EngineClient;
  readonly #clock: Clock;
  /** who waits for one of the few to come back */
  readonly #queue: (() => void)[] = [];
  #out = 0;
  /** of the host: the engine gives it as the limit of those that have none */
  #hostMemoryBytes: number | null = null;

  constructor(client: EngineClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async sample(target: MeterTarget, signal: AbortSignal): Promise<ContainerSample | null> {
    await this.#turn();
    try {
      const document = await this.#ask(target.containerId, signal);
      return readStatistics(document, target, this.#clock.monotonic(), await this.#hostMemory(signal));
    } catch {
      signal.throwIfAborted();
      return null;
    } finally {
      this.#out -= 1;
      this.#queue.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (this.#out >= AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#out += 1;
  }

  #ask(id: string, signal: AbortSignal): Promise<unknown> {
    const query = { stream: false, 'one-shot': true };
    const path = `/containers/${segment(id)}/stats`;
    return this.#client.find({ method: 'GET', path, query, deadlineMs: READ_DEADLINE_MS, signal });
  }

  async #hostMemory(signal: AbortSignal): Promise<number> {
    if (this.#hostMemoryBytes === null) {
      const ask = { method: 'GET', path: '/info', deadlineMs: READ_DEADLINE_MS, signal } as const;
      this.#hostMemoryBytes = count(field((await this.#client.request(ask)).document, 'MemTotal'));
    }
    return this.#hostMemoryBytes;
  }
}

/** Null: the container does not run, for then the engine sends a document of zeros. */
export function readStatistics(
  document: unknown,
  { containerId, cpuLimit }: MeterTarget,
  at: number,
  hostMemoryBytes: number,
): ContainerSample | null {
  const pids = field(document, 'pids_stats');
  const cpu = field(document, 'cpu_stats');
  const running = count(field(pids, 'current'));
  if (running === 0) return null;
  const online = count(field(cpu, 'online_cpus')) || availableParallelism();
  return {
    containerId,
    at,
    memory: readMemory(field(document, 'memory_stats'), hostMemoryBytes),
    oomKills: null,
    cpu: {
      usedMs: count(field(field(cpu, 'cpu_usage'), 'total_usage')) / 1e6,
      limit: Math.min(cpuLimit ?? online, online),
    },
    throttling: readThrottling(field(cpu, 'throttling_data')),
    pids: { count: running, limit: limitOf(field(pids, 'limit')) },
    descriptors: null,
    zombies: null,
  };
}

function readMemory(memory: unknown, hostMemoryBytes: number): ContainerSample['memory'] {
  const usage = count(field(memory, 'usage'));
  if (usage === 0) return null;
  const table = field(memory, 'stats');
  const inactive = count(field(table, 'total_inactive_file')) || count(field(table, 'inactive_file'));
  const limit = count(field(memory, 'limit'));
  const isLimited = limit > 0 && (hostMemoryBytes === 0 || limit < hostMemoryBytes);
  return { usedBytes: Math.max(0, usage - inactive), limitBytes: isLimited ? limit : null };
}

function readThrottling(data: unknown): ContainerSample['throttling'] {
  if (field(data, 'periods') === undefined) return null;
  return { periods: count(field(data, 'periods')), throttled: count(field(data, 'throttled_periods')) };
}

/** No limit is told as 0, or as the largest number there is. */
function limitOf(value: unknown): number | null {
  const limit = count(value);
  return limit > 0 && limit < 2 ** 60 ? limit : null;
}
