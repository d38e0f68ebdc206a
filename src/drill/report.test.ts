import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DrillReport } from './judge.ts';
import { hasPassed, runDocument, runPage, type DrillRun } from './report.ts';

const faultAt = Date.UTC(2026, 0, 1, 12);
const report: DrillReport = {
  verdict: 'pass',
  reasons: [],
  fault: 'kill',
  service: 'web',
  member: 'web-primary',
  requests: {
    sent: 1000,
    failed: 1,
    sentByMethod: { GET: 800, POST: 200 },
    failedByMethod: { GET: 0, POST: 1 },
    failedByReason: { reset: 1 },
  },
  longestGapMs: 21,
  switchedMs: 4,
  repairedMs: 2100,
  checks: [{ what: 'failed GET requests', expected: 'none', seen: '0', holds: true }],
  note: 'as ever',
  faultAt,
  timeline: [{ at: faultAt + 4, kind: 'lead', message: 'web-backup leads | <b>now</b>' }],
};
const refused = { name: 'no way', done: false, fault: 'oom', service: 'web', reason: 'no memory limit' } as const;
const run: DrillRun = {
  project: 'shop',
  startedAt: faultAt - 2000,
  endedAt: faultAt + 8000,
  outcomes: [{ name: 'the leader\ndies', done: true, report }, refused],
};

describe('the report of drills', () => {
  test('for a person: what was expected and seen, requests by method, the gap, the time line', () => {
    assert.equal(
      runPage(run),
      `# Drills of shop: fail

2026-01-01T11:59:58.000Z, 10 s.

## the leader dies: pass

kill of web-primary, service web, 2026-01-01T12:00:00.000Z: as ever.

| what | expected | seen | holds |
| --- | --- | --- | --- |
| failed GET requests | none | 0 | yes |

| method | sent | failed |
| --- | --- | --- |
| GET | 800 | 0 |
| POST | 200 | 1 |

Failed: 1 reset.

Longest time without a good answer: 21 ms.

| after | what |  |
| --- | --- | --- |
| 4 ms | lead | web-backup leads \\| \\<b\\>now\\</b\\> |

## no way: not done

no memory limit
`,
    );
  });

  test('for a program: each drill as `drill --json` prints it; what was refused is a failure', () => {
    const { verdict, drills } = runDocument(run);
    assert.equal(verdict, 'fail');
    assert.deepEqual(drills, [
      { name: 'the leader\ndies', ...report },
      { name: 'no way', verdict: 'fail', reasons: ['no memory limit'], fault: 'oom', service: 'web' },
    ]);
  });

  test('passes when every drill was done and passed', () => {
    assert.equal(hasPassed({ outcomes: [{ name: '', done: true, report }] }), true);
    assert.equal(hasPassed({ outcomes: [{ name: '', done: true, report: { ...report, verdict: 'fail' } }] }), false);
    assert.equal(hasPassed(run), false);
  });
});
