import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isFarewell, parseCheckEvent } from './watch.ts';

const stamp = '<133>Nov 24 20:37:14 haproxy[12725]: ';

const lines: readonly [string, ReturnType<typeof parseCheckEvent>][] = [
  [
    'Health check for server be_80/web-primary failed, reason: Layer7 timeout, check duration: 200ms, status: 1/2 UP.',
    {
      signal: {
        kind: 'check_failed',
        member: 'web-primary',
        port: 80,
        checkFailure: 'silent',
        detail: 'Layer7 timeout',
      },
      changed: false,
    },
  ],
  [
    'Health check for server be_80/a failed, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms, status: 0/2 DOWN.',
    {
      signal: {
        kind: 'check_failed',
        member: 'a',
        port: 80,
        checkFailure: 'other',
        detail: 'Layer4 connection problem, info: "Connection refused"',
      },
      changed: true,
    },
  ],
  [
    'Health check for server be_80/a failed, reason: Layer4 connection problem, info: "Host is unreachable", check duration: 3ms, status: 1/2 UP.',
    {
      signal: {
        kind: 'check_failed',
        member: 'a',
        port: 80,
        checkFailure: 'unreachable',
        detail: 'Layer4 connection problem, info: "Host is unreachable"',
      },
      changed: false,
    },
  ],
  [
    'Health check for server be_80/a failed, reason: Layer7 wrong status, code: 503, info: "no route to host", check duration: 3ms, status: 1/2 UP.',
    {
      signal: {
        kind: 'check_failed',
        member: 'a',
        port: 80,
        checkFailure: 'answered',
        detail: 'Layer7 wrong status, code: 503, info: "no route to host"',
      },
      changed: false,
    },
  ],
  [
    'Health check for server be_80/a succeeded, reason: Layer7 check passed, code: 200, check duration: 1ms, status: 1/2 DOWN.',
    { signal: { kind: 'check_passed', member: 'a', port: 80 }, changed: false },
  ],
  [
    'Health check for server be_80/a succeeded, reason: Layer7 check passed, code: 200, check duration: 1ms, status: 2/2 UP.',
    { signal: { kind: 'check_passed', member: 'a', port: 80 }, changed: true },
  ],
  [
    'Server be_8080/b is DOWN, reason: Layer4 connection problem, info: "Detected 3 consecutive errors, last one was: L4 unsuccessful connection". 1 active and 0 backup servers left. 3 sessions active, 0 requeued, 0 remaining in queue.',
    {
      signal: {
        kind: 'check_failed',
        member: 'b',
        port: 8080,
        checkFailure: 'requests',
        detail:
          'Layer4 connection problem, info: "Detected 3 consecutive errors, last one was: L4 unsuccessful connection"',
      },
      changed: true,
    },
  ],
  ['Server be_80/a is DOWN, reason: Layer7 timeout, check duration: 200ms. 1 active and 0 backup servers left.', null],
  ['Server be_80/a is DOWN, changed from CLI. 1 active and 0 backup servers left.', null],
  ['Server be_80/a is going DOWN for maintenance. 1 active and 0 backup servers left.', null],
  ['Health check for server other/a failed, reason: Layer7 timeout, check duration: 200ms, status: 1/2 UP.', null],
  ['', null],
];

for (const [line, event] of lines) {
  it(`an event: ${line.slice(0, 80)}`, () => assert.deepEqual(parseCheckEvent(stamp + line), event));
}

it('a farewell: the process that is listened to takes nothing new', () => {
  assert.equal(isFarewell(`${stamp}Proxy be_80 stopped (cumulated conns: FE: 0, BE: 102).`), true);
  assert.equal(isFarewell(`${stamp}Proxy other stopped (cumulated conns: FE: 0, BE: 0).`), false);
  assert.equal(isFarewell(`${stamp}Health check for server be_80/a failed, reason: Proxy stopped`), false);
});
