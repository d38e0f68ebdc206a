import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DrillEvidence, judge } from './judge.ts';

const evidence: DrillEvidence = {
  fault: 'kill',
  service: 'web',
  member: 'web-primary',
  requests: { sent: 2000, failed: 0, failedByMethod: { GET: 0, POST: 0 } },
  longestGapMs: 21.4,
  faultAt: 1000,
  repairedAt: 3100,
  events: [
    { id: 1, time: 1003, kind: 'open_incident', service: 'web', member: 'web-primary', incident: 'i', message: '' },
    { id: 2, time: 1004, kind: 'lead', service: 'web', member: 'web-backup', incident: 'i', message: '' },
    { id: 3, time: 1030, kind: 'take_out', service: 'web', member: 'web-primary', incident: 'i', message: '' },
  ],
  maxInFlight: 24,
  hasGap: false,
  noticed: true,
  mayBeBorne: false,
  repairTimeoutMs: 120_000,
  expectation: {},
  note: '',
};

test('no failed request and a repair: pass, with the times from the fault on', () => {
  const { verdict, reasons, longestGapMs, switchedMs, repairedMs } = judge(evidence);
  assert.deepEqual(
    { verdict, reasons, longestGapMs, switchedMs, repairedMs },
    { verdict: 'pass', reasons: [], longestGapMs: 21, switchedMs: 4, repairedMs: 2100 },
  );
});

test('one failed GET fails it', () => {
  const { verdict, reasons } = judge({ ...evidence, requests: { sent: 9, failed: 1, failedByMethod: { GET: 1 } } });
  assert.equal(verdict, 'fail');
  assert.deepEqual(reasons, ['1 GET request failed']);
});

test('POST in flight may be lost, more may not', () => {
  const posts = (failed: number): string =>
    judge({ ...evidence, requests: { sent: 99, failed, failedByMethod: { POST: failed } } }).verdict;
  assert.equal(posts(24), 'pass');
  assert.equal(posts(25), 'fail');
});

test('where one member works at a time, requests fail until the other one has started; it has to be repaired all the same', () => {
  const gap = { ...evidence, hasGap: true, requests: { sent: 9, failed: 5, failedByMethod: { GET: 5 } } };
  assert.equal(judge(gap).verdict, 'pass');
  assert.equal(judge({ ...gap, repairedAt: null }).verdict, 'fail');
});

test('what is never repaired fails', () => {
  const { verdict, repairedMs } = judge({ ...evidence, repairedAt: null });
  assert.equal(verdict, 'fail');
  assert.equal(repairedMs, null);
});

test('a load that never came through is no success', () => {
  assert.equal(judge({ ...evidence, requests: { sent: 0, failed: 0, failedByMethod: {} } }).verdict, 'fail');
});

test('a scenario says how much may fail, for how long, and by when what has happened', () => {
  const expectation = { failedRequests: 2, longestGapMs: 50, switchedWithinMs: 10, repairedWithinMs: 3000 };
  const lost = { ...evidence, expectation, requests: { sent: 9, failed: 2, failedByMethod: { GET: 2 } } };
  assert.equal(judge(lost).verdict, 'pass');
  const late = {
    ...lost,
    requests: { sent: 9, failed: 3, failedByMethod: { GET: 3 } },
    longestGapMs: 51,
    faultAt: 0,
    events: [],
  };
  const { verdict, reasons, checks } = judge(late);
  assert.equal(verdict, 'fail');
  assert.deepEqual(reasons, [
    '3 requests failed, more than 2',
    '51 ms without an answer, not 50 ms',
    'traffic did not go elsewhere within 10 ms: no switch was seen',
    'not repaired within 3 s',
  ]);
  assert.deepEqual(checks.at(-1), { what: 'repaired', expected: 'within 3 s', seen: 'after 3.1 s', holds: false });
});

test('a fault that a member bears needs no repair; one that was noticed does', () => {
  const borne = { ...evidence, fault: 'cpu', mayBeBorne: true, noticed: false, repairedAt: null } as const;
  const { verdict, repairedMs } = judge(borne);
  assert.deepEqual({ verdict, repairedMs }, { verdict: 'pass', repairedMs: null });
  assert.equal(judge({ ...borne, noticed: true }).verdict, 'fail');
});
