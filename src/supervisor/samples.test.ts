import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killsOver, resourcesOver, Ring, type UseSample } from './samples.ts';

const MIB = 1024 ** 2;

function sample(at: number, changes: Partial<UseSample> = {}): UseSample {
  return {
    containerId: 'a',
    at,
    memory: { usedBytes: 96 * MIB, limitBytes: 100 * MIB },
    oomKills: 0,
    cpu: { usedMs: at, limit: 2 },
    throttling: { periods: at / 100, throttled: at / 400 },
    pids: { count: 45, limit: 50 },
    descriptors: { open: 10, limit: 1000 },
    zombies: null,
    checkShare: 0.1,
    ...changes,
  };
}

/** A sample every five seconds, from 0 to `untilMs`. */
function ringOf(untilMs: number, change: (at: number) => Partial<UseSample> = () => ({})): Ring<UseSample> {
  const ring = new Ring<UseSample>(60_000);
  for (let at = 0; at <= untilMs; at += 5000) ring.add(sample(at, change(at)));
  return ring;
}

test('over a window that is covered: the least of what is used, the mean of what grows', () => {
  assert.deepEqual(resourcesOver(ringOf(60_000), 60_000), {
    overMs: 60_000,
    memory: { share: 0.96, limitBytes: 100 * MIB },
    cpu: { share: 0.5, limit: 2 },
    throttledShare: 0.25,
    pids: { share: 0.9, limit: 50 },
    descriptors: { share: 0.01, limit: 1000 },
    checkShare: 0.1,
  });
});

test('one moment below the limit is enough to be below it', () => {
  const dip = ringOf(60_000, (at) =>
    at === 30_000 ? { memory: { usedBytes: 20 * MIB, limitBytes: 100 * MIB }, checkShare: 0.01 } : {},
  );
  const seen = resourcesOver(dip, 60_000);
  assert.deepEqual([seen?.memory?.share, seen?.checkShare], [0.2, 0.01]);
});

test('a window that is not covered, has a hole or is over tells nothing', () => {
  assert.equal(resourcesOver(ringOf(40_000), 40_000), null, 'too short');
  assert.equal(resourcesOver(ringOf(60_000), 95_000), null, 'over');
  const ring = ringOf(30_000);
  ring.add(sample(61_000));
  ring.add(sample(66_000));
  ring.add(sample(71_000));
  assert.equal(resourcesOver(ring, 71_000), null, 'nobody looked for half a minute');
});

test('a window of three rounds is covered, although each of them comes a little late', () => {
  const ring = new Ring<UseSample>(15_000);
  const covered: number[] = [];
  for (let at = 0; at <= 60_600; at += 5050) {
    ring.add(sample(at));
    if (resourcesOver(ring, at) !== null) covered.push(at);
  }
  assert.deepEqual(covered.slice(0, 2), [15_150, 20_200]);
  assert.equal(covered.length, 10);
  assert.equal(ring.first?.at, 45_450);
});

test('what is older than the window no longer counts', () => {
  const ring = ringOf(120_000, (at) => (at < 60_000 ? { memory: { usedBytes: MIB, limitBytes: 100 * MIB } } : {}));
  assert.equal(resourcesOver(ring, 120_000)?.memory?.share, 0.96);
});

test('what one of the samples does not know is not known; where there is no limit there is no share', () => {
  const seen = resourcesOver(
    ringOf(60_000, (at) => ({
      memory: at === 5000 ? null : { usedBytes: 1, limitBytes: 2 },
      pids: { count: 5, limit: null },
      throttling: { periods: 0, throttled: 0 },
      checkShare: null,
    })),
    60_000,
  );
  assert.deepEqual([seen?.memory, seen?.pids, seen?.throttledShare, seen?.checkShare], [null, null, null, null]);
});

test('a counter that went back is no use', () => {
  const seen = resourcesOver(
    ringOf(60_000, (at) => ({ cpu: { usedMs: 60_000 - at, limit: 2 } })),
    60_000,
  );
  assert.equal(seen?.cpu, null);
});

test('kills in the window are those since its beginning; of a young run all are', () => {
  const ring = ringOf(60_000, (at) => ({ oomKills: at < 30_000 ? 5 : 7 }));
  assert.deepEqual(killsOver(ring, 3_600_000), { kills: 7, killsInWindow: 2 });
  assert.deepEqual(killsOver(ring, 59_000), { kills: 7, killsInWindow: 7 });
  assert.deepEqual(killsOver(new Ring(60_000), 1000), { kills: null, killsInWindow: null });
});
