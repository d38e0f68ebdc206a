import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isDue,
  KNOCK,
  knockTimeoutMs,
  nextTurn,
  observe,
  PROBE,
  probeTimeoutMs,
  type Stall,
  usually,
} from './stall.ts';

/** Looks every 25 ms at a member; gives the times at which a question would go out, all answered or none. */
function timesOf(
  question: 'knock' | 'probe',
  member: (at: number) => { progress: number; sessions: number },
  untilMs: number,
  answered = true,
): number[] {
  const manner = question === 'knock' ? KNOCK : PROBE;
  const times: number[] = [];
  let stall: Stall | null = null;
  for (let at = 0; at <= untilMs; at += 25) {
    const sample = { at, ...member(at) };
    stall = observe(stall, sample, false);
    if (!isDue(stall[question], sample)) continue;
    times.push(at);
    stall = { ...stall, [question]: nextTurn(manner, stall[question], at, answered) };
  }
  return times;
}

describe('a member that stands still', () => {
  it('is probed after 80 ms with requests inside', () => {
    const hangsAt = 1000;
    const probes = timesOf('probe', (at) => ({ progress: Math.min(at, hangsAt), sessions: 4 }), 2000);
    assert.equal(probes[0], 1100);
  });

  it('is not probed while responses come, or while nobody asks', () => {
    assert.deepEqual(
      timesOf('probe', (at) => ({ progress: at, sessions: 9 }), 5000),
      [],
    );
    assert.deepEqual(
      timesOf('probe', () => ({ progress: 7, sessions: 0 }), 5000),
      [],
    );
  });

  it('is given its 80 ms from the first request after a rest', () => {
    const probes = timesOf('probe', (at) => ({ progress: 1, sessions: at < 1000 ? 0 : 1 }), 1500);
    assert.equal(probes[0], 1100);
  });

  it('at work on a request of two minutes sees two probes a second at most', () => {
    const probes = timesOf('probe', () => ({ progress: 0, sessions: 1 }), 120_000);
    assert.ok(probes.length <= 2 * 120 + 3, `${probes.length} probes`);
  });

  it('and silent is asked again soon', () => {
    const probes = timesOf('probe', () => ({ progress: 0, sessions: 1 }), 500, false);
    assert.ok((probes[1] ?? 0) - (probes[0] ?? 0) <= 125, probes.join());
  });

  it('is not blamed for a look that came late', () => {
    const first = observe(null, { at: 0, progress: 5, sessions: 2 }, false);
    const sample = { at: 400, progress: 5, sessions: 2 };
    assert.equal(isDue(observe(first, sample, true).probe, sample), false);
    assert.equal(isDue(observe(first, sample, false).probe, sample), true);
  });
});

describe('a member that stands still is knocked at', () => {
  it('with the first look that sees it stand, and far more seldom while its kernel answers', () => {
    const knocks = timesOf('knock', (at) => ({ progress: Math.min(at, 1000), sessions: 4 }), 3000);
    assert.deepEqual(knocks.slice(0, 3), [1025, 1125, 1450]);
    assert.ok(knocks.length <= 7, knocks.join());
  });

  it('not while responses come, or while nobody asks', () => {
    assert.deepEqual(
      timesOf('knock', (at) => ({ progress: at, sessions: 9 }), 5000),
      [],
    );
    assert.deepEqual(
      timesOf('knock', () => ({ progress: 7, sessions: 0 }), 5000),
      [],
    );
  });

  it('again soon while it is silent, and not for a look that came late', () => {
    const knocks = timesOf('knock', () => ({ progress: 0, sessions: 1 }), 500, false);
    assert.deepEqual(knocks.slice(0, 3), [25, 125, 225]);
    const first = observe(null, { at: 0, progress: 5, sessions: 2 }, false);
    const sample = { at: 400, progress: 5, sessions: 2 };
    assert.equal(isDue(observe(first, sample, true).knock, sample), false);
  });

  it('and given more time on a machine that lets us wait too', () => {
    assert.equal(knockTimeoutMs(2), 10);
    assert.equal(knockTimeoutMs(25), 50);
  });
});

describe('how long a probe may take', () => {
  it('follows what checks usually take, between 80 ms and their own timeout', () => {
    assert.equal(probeTimeoutMs(1, 0, 1000), 80);
    assert.equal(probeTimeoutMs(100, 0, 1000), 400);
    assert.equal(probeTimeoutMs(300, 0, 1000), 1000);
    assert.equal(probeTimeoutMs(1, 0, 50), 50);
    assert.equal(probeTimeoutMs(null, 0, 1000), 1000);
  });

  it('is longer on a machine that lets us wait too', () => {
    assert.equal(probeTimeoutMs(1, 3, 1000), 80);
    assert.equal(probeTimeoutMs(1, 55, 1000), 280);
  });

  it('is not changed much by one odd value', () => {
    assert.equal(usually(null, 10), 10);
    assert.equal(usually(10, 110), 30);
  });
});
