import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { runLoad, usualMix } from '../../src/drill/load.ts';

/** Fails when `change` takes a single one of 200 requests a second with it, of whatever method. */
export async function losesNothing(port: number, change: () => Promise<unknown>): Promise<void> {
  const load = runLoad({
    url: `http://127.0.0.1:${port}`,
    rate: 200,
    mix: usualMix('/'),
    until: AbortSignal.timeout(90_000),
  });
  await sleep(500);
  await change();
  await sleep(500);
  load.stop();
  const { failed, failedByMethod, sent } = await load.finished;
  assert.ok(sent > 200, `${sent} sent`);
  assert.equal(failed, 0, JSON.stringify(failedByMethod));
}
