import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantile, type RequestRecord, summarize } from './summary.ts';

const ok = (endMs: number, method = 'GET'): RequestRecord => ({
  method,
  path: '/',
  tag: '',
  startMs: endMs - 1,
  endMs,
  outcome: 'ok',
  status: 200,
  detail: '',
});
const failed = (endMs: number, method = 'GET'): RequestRecord => ({
  ...ok(endMs, method),
  outcome: 'reset',
  status: null,
  detail: 'reset',
});

test('the gap lies between successes, from the start and to the end', () => {
  const span = { fromMs: 0, toMs: 100 };
  assert.equal(summarize([ok(10), failed(20), failed(40), ok(50), ok(90)], span).longestGapMs, 40);
  assert.equal(summarize([ok(60), ok(99)], span).longestGapMs, 60);
  assert.equal(summarize([ok(1), ok(20)], span).longestGapMs, 80);
  assert.equal(summarize([], span).longestGapMs, 100);
});

test('an answer after the end of the span ends the gap at the span', () => {
  const late: RequestRecord = { ...ok(400), startMs: 95 };
  assert.equal(summarize([ok(50), late], { fromMs: 0, toMs: 100 }).longestGapMs, 50);
});

test('only requests sent within the span are counted', () => {
  const summary = summarize([ok(10), ok(150), failed(160, 'POST')], { fromMs: 100, toMs: 200 });
  assert.equal(summary.sent, 2);
  assert.deepEqual(summary.failedByMethod, { GET: 0, POST: 1 });
  assert.deepEqual(summary.failedByReason, { reset: 1 });
});

test('quantiles are nearest rank', () => {
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2);
  assert.equal(quantile([1, 2, 3, 4], 0.99), 4);
  assert.equal(quantile([], 0.5), 0);
});
