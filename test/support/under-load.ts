import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LoadResult, runLoad, usualMix } from '../../src/drill/load.ts';

/** Fails when `change` takes a single one of 200 requests a second with it, of whatever method. */
export async function losesNothing(port: number, change: () => Promise<unknown>): Promise<void> {
  assert.equal(lostIn(await loadDuring(`http://127.0.0.1:${port}`, change)), '');
}

/** Fails when it takes a single GET with it. A POST that a member dies with is not repeated: that one is lost. */
export async function losesNoGet(port: number, change: () => Promise<unknown>): Promise<void> {
  assert.equal(lostIn(await loadDuring(`http://127.0.0.1:${port}`, change), 'GET'), '');
}

/** What failed, a line each, with the milliseconds since the load began. */
function lostIn({ requests, startedAt }: LoadResult, onlyMethod?: string): string {
  const sinceStart = (ms: number): string => (ms - startedAt).toFixed();
  return requests
    .filter(({ outcome, method }) => outcome !== 'ok' && method === (onlyMethod ?? method))
    .map(({ method, startMs, endMs, detail }) => `${method} ${sinceStart(startMs)} to ${sinceStart(endMs)}: ${detail}`)
    .join('\n');
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
