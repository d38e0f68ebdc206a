import { Connections } from '../../src/drill/connections.ts';
import { quantile } from '../../src/drill/summary.ts';

/** How much goes through, when each of a fixed number of clients sends its next request at once. */
export interface Throughput {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

const CLIENT_TIMEOUT_MS = 5000;

/** @param address an IP address; of this machine or of a container of this benchmark */
export async function measureThroughput(
  address: string,
  port: number,
  clients: number,
  forMs: number,
): Promise<Throughput> {
  const connections = new Connections({ address, port, host: `${address}:${port}` });
  const latencies: number[] = [];
  let failed = 0;
  const begin = performance.now();
  const client = async (): Promise<void> => {
    while (performance.now() - begin < forMs) {
      const sentAt = performance.now();
      const answer = await connections.request({ method: 'GET', path: '/', keepAlive: true }, CLIENT_TIMEOUT_MS);
      if (answer.kind === 'answered' && answer.status === 200) latencies.push(performance.now() - sentAt);
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const elapsedMs = performance.now() - begin;
  connections.close();
  latencies.sort((a, b) => a - b);
  return {
    requestsPerSecond: Math.round((latencies.length * 1000) / elapsedMs),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    failed,
  };
}
