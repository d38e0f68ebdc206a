import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LoadResult, runLoad, usualMix } from '../../src/drill/load.ts';

/** Fails when `change` takes a single one of 200 requests a second with it, of whatever method. */
export async function losesNothing(port: number, change: () => Promise<unknown>): Promise<void> {
  const { failed, failedByMethod } = await loadDuring(`http://127.0.0.1:${port}`, change);
  assert.equal(failed, 0, JSON.stringify(failedByMethod));
}

/** Fails when it takes a single GET with it. A POST that a member dies with is not repeated: that one is lost. */
export async function losesNoGet(port: number, change: () => Promise<unknown>): Promise<void> {
  const { failedByMethod } = await loadDuring(`http://127.0.0.1:${port}`, change);
  assert.equal(failedByMethod['GET'], 0, JSON.stringify(failedByMethod));
}

/** 200 requests a second from a moment before `change` until a moment after it. */
export async function loadDuring(url: string, change: () => Promise<unknown>): Promise<LoadResult> {
  const load = runLoad({ url, rate: 200, mix: usualMix('/'), until: AbortSignal.timeout(150_000) });
  await sleep(500);
  try {
    await change();
    await sleep(500);
  } finally {
    load.stop();
  }
  const result = await load.finished;
  assert.ok(result.sent > 200, `${result.sent} sent`);
  return result;
}
