import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kind, renewLease, takeBackWork, takeWork } from './company.ts';
import { Redis } from './redis.ts';
import type { Settings } from './settings.ts';

/** What a kind of worker does with a piece of work it holds; false: it was taken away meanwhile. */
export type Work = (redis: Redis, worker: string, piece: string) => Promise<boolean>;

const TAKE_WAIT_MS = 1000;
const RETRY_AFTER_MS = 200;

/**
 * Works until the signal, piece by piece; finishes the piece at hand before it ends. An unreachable queue is
 * waited for.
 */
export async function workUntil(signal: AbortSignal, settings: Settings, kind: Kind, work: Work): Promise<void> {
  const blocking = new Redis(settings.queue);
  const redis = new Redis(settings.queue);
  const ended = new AbortController();
  const lease = keepLease(redis, settings, ended.signal);
  while (!signal.aborted) {
    try {
      await workOnce(blocking, redis, settings, kind, work);
    } catch (error) {
      say(settings, `the queue: ${error instanceof Error ? error.message : String(error)}`);
      await sleep(RETRY_AFTER_MS, undefined, { signal }).catch(() => {});
    }
  }
  ended.abort();
  await lease;
  blocking.close();
  redis.close();
}

async function workOnce(blocking: Redis, redis: Redis, settings: Settings, kind: Kind, work: Work): Promise<void> {
  await writeFile(settings.heartbeatFile, '');
  const piece = await takeWork(blocking, kind, settings.worker, TAKE_WAIT_MS);
  if (piece === null) return;
  await sleep(settings.workMs);
  if (!(await work(redis, settings.worker, piece))) say(settings, `${piece} was taken by another meanwhile`);
}

async function keepLease(redis: Redis, settings: Settings, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await renewLease(redis, settings.worker, settings.leaseMs);
      const count = await takeBackWork(redis);
      if (count > 0) say(settings, `put back ${count} pieces of work of workers that are gone`);
    } catch {
      // an unreachable queue: the work loop says so
    }
    await sleep(settings.leaseMs / 4, undefined, { signal }).catch(() => {});
  }
}

function say(settings: Settings, text: string): void {
  console.log(`${new Date().toISOString()} ${settings.worker}: ${text}`);
}
