import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { RedisAddress } from './redis.ts';

/** What a program of the company is told by its environment. */
export interface Settings {
  readonly queue: RedisAddress;
  /** where an HTTP program listens */
  readonly port: number;
  /** unique to this process: a container that is started again is another worker */
  readonly worker: string;
  /** milliseconds that one piece of work takes */
  readonly workMs: number;
  /** a worker that has not renewed its lease for this long is taken to be gone, milliseconds */
  readonly leaseMs: number;
  readonly heartbeatFile: string;
  /** a folder for what the dashboard keeps; '' for none of its own */
  readonly dataFolder: string;
  /** a folder for the dashboard's daily reports; '' for none of its own */
  readonly reportFolder: string;
}

/** Throws when a number is none. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  return {
    queue: { host: environment['QUEUE_HOST'] || 'queue', port: readNumber(environment, 'QUEUE_PORT', 6379) },
    port: readNumber(environment, 'PORT', 8080),
    worker: `${environment['SERVICE_NAME'] || 'worker'}-${hostname()}-${randomUUID().slice(0, 8)}`,
    workMs: readNumber(environment, 'WORK_MS', 20),
    leaseMs: readNumber(environment, 'LEASE_MS', 3000),
    heartbeatFile: environment['HEARTBEAT_FILE'] || '/tmp/heartbeat',
    dataFolder: environment['DATA_FOLDER'] ?? '',
    reportFolder: environment['REPORT_FOLDER'] ?? '',
  };
}

function readNumber(environment: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`${name} must be a whole number, not ${JSON.stringify(text)}`);
  return value;
}
