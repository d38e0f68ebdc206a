import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadRequest } from '../../src/drill/load.ts';
import type { RequestRecord } from '../../src/drill/summary.ts';

/**
 * Jobs and their fate. Each job has an id that the client chose; a job whose POST was answered 202 was taken, and
 * must be done, once.
 */

export interface JobFate {
  readonly taken: number;
  readonly lost: number;
  readonly doneTwice: number;
}

const GIVE_UP_AFTER_MS = 60_000;
const AT_ONCE = 20;

/** A fifth of the requests hand in a job, the others look at the front door. */
export function demoMix(prefix: string): LoadRequest[] {
  let number = 0;
  const vary = (): { body: string; tag: string } => {
    number += 1;
    const tag = `${prefix}-${number}`;
    return { body: JSON.stringify({ id: tag, tasks: 2 }), tag };
  };
  return [
    { method: 'GET', path: '/', keepAlive: true, weight: 2 },
    { method: 'GET', path: '/', keepAlive: false, weight: 2 },
    { method: 'POST', path: '/jobs', keepAlive: false, weight: 1, vary },
  ];
}

/** Waits until every job that was taken is done, at most a minute; what is not done then is lost. */
export async function followJobs(
  url: string,
  requests: readonly RequestRecord[],
  signal: AbortSignal,
): Promise<JobFate> {
  const taken = requests.filter(({ status }) => status === 202).map(({ tag }) => tag);
  const end = performance.now() + GIVE_UP_AFTER_MS;
  let open = taken;
  while (open.length > 0 && performance.now() < end) {
    open = await stillOpen(url, open);
    if (open.length > 0) await sleep(250, undefined, { signal });
  }
  return { taken: taken.length, lost: open.length, doneTwice: await countDoneTwice(url) };
}

async function stillOpen(url: string, ids: readonly string[]): Promise<string[]> {
  const open: string[] = [];
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE);
    const done = await Promise.all(some.map((id) => isDone(url, id)));
    open.push(...some.filter((_, index) => done[index] !== true));
  }
  return open;
}

async function isDone(url: string, id: string): Promise<boolean> {
  const job = (await readJson(`${url}/jobs/${id}`)) as { readonly state?: unknown } | null;
  return job?.state === 'done';
}

async function countDoneTwice(url: string): Promise<number> {
  const counts = (await readJson(`${url}/jobs`)) as { readonly twice?: unknown } | null;
  if (typeof counts?.twice !== 'number') throw new Error(`${url}/jobs tells no counts`);
  return counts.twice;
}

async function readJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => null);
  return response === null ? null : response.json().catch(() => null);
}
