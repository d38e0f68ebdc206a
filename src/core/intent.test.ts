import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followTrail, howItEnded, noTrail } from './intent.ts';

const LONG_AFTER = 60_000;

/** Events as Docker gives them, one a millisecond, and how the container is then taken to have ended. */
function endedAfter(events: readonly string[], laterMs = LONG_AFTER): string {
  let trail = noTrail;
  events.forEach((event, at) => {
    const [action = '', signal = ''] = event.split(' ');
    trail = followTrail(trail, action, signal, at);
  });
  return howItEnded(trail, events.length + laterMs).ended;
}

test('docker stop is asked for, whether it needs SIGKILL or not', () => {
  assert.equal(endedAfter(['kill 15', 'die', 'stop']), 'asked');
  assert.equal(endedAfter(['kill 15', 'kill 9', 'die', 'stop']), 'asked');
  assert.equal(endedAfter(['kill 9', 'die', 'stop']), 'asked');
});

test('a crash, docker kill and docker rm -f are failures', () => {
  assert.equal(endedAfter(['die']), 'failed');
  assert.equal(endedAfter(['oom', 'die']), 'failed');
  assert.equal(endedAfter(['kill 9', 'die']), 'failed');
  assert.equal(endedAfter(['kill 9', 'die', 'destroy']), 'failed');
  assert.equal(endedAfter(['kill 15', 'die']), 'failed');
});

test('a SIGHUP or SIGSTOP long before a crash does not make it a request', () => {
  assert.equal(endedAfter(['kill SIGSTOP', 'kill 18', 'die']), 'failed');
});

test('until a stop would have come it is unclear: long after a polite signal, short after none', () => {
  assert.equal(endedAfter(['die'], 100), 'unclear');
  assert.equal(endedAfter(['die'], 400), 'failed');
  assert.equal(endedAfter(['kill 15', 'die'], 2000), 'unclear');
});

test('a start ends the story; nothing seen is nothing known', () => {
  assert.equal(endedAfter(['kill 15', 'die', 'stop', 'start']), 'unseen');
  assert.equal(endedAfter([]), 'unseen');
});
