import { describe, type Statistics } from '../statistics.ts';
import { measureThroughput, type Throughput } from './closed-loop.ts';

/** Three ways to the same kind of member, measured in turns, so that what the machine does meanwhile hits all alike. */

export interface Way {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export type Round = Readonly<Record<string, Throughput>>;

const CLIENTS = 32;
const ROUND_MS = 1000;
const WARM_UP_MS = 1000;

export async function measureRounds(ways: readonly Way[], count: number): Promise<Round[]> {
  for (const { address, port } of ways) await measureThroughput(address, port, CLIENTS, WARM_UP_MS);
  const rounds: Round[] = [];
  for (let index = 0; index < count; index += 1) {
    const round: Record<string, Throughput> = {};
    for (let turn = 0; turn < ways.length; turn += 1) {
      const way = ways[(index + turn) % ways.length]; // another one begins each time
      if (way !== undefined) round[way.name] = await measureThroughput(way.address, way.port, CLIENTS, ROUND_MS);
    }
    rounds.push(round);
  }
  return rounds;
}

export interface WaySummary {
  readonly requestsPerSecond: Statistics;
  readonly p50Ms: Statistics;
  readonly p99Ms: Statistics;
  readonly failed: number;
}

export function summarizeWay(rounds: readonly Round[], name: string): WaySummary {
  const own = rounds.flatMap((round) => round[name] ?? []);
  return {
    requestsPerSecond: describe(own.map(({ requestsPerSecond }) => requestsPerSecond)),
    p50Ms: describe(own.map(({ p50Ms }) => p50Ms)),
    p99Ms: describe(own.map(({ p99Ms }) => p99Ms)),
    failed: own.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** Of the same round, requests a second of one way to those of another. */
export function ratio(rounds: readonly Round[], name: string, to: string): Statistics {
  return describe(rounds.map((round) => (round[name]?.requestsPerSecond ?? 0) / (round[to]?.requestsPerSecond ?? 1)));
}
