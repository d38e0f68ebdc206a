import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from '../../ports/prober.ts';
import { readQueue } from './probe.ts';

/** Of RabbitMQ 3.10, as far as it is read. */
const recorded = { name: 'tasks', vhost: '/', messages: 12, messages_ready: 10, messages_unacknowledged: 2 };

test('all messages of a queue count, delivered or not', () => {
  assert.deepEqual(readQueue(JSON.stringify(recorded), 0), known(12));
  assert.deepEqual(readQueue(JSON.stringify({ ...recorded, messages: 0, head_message_timestamp: 1 }), 0), known(0));
});

test('the age of the oldest is told where publishers note the time', () => {
  const text = JSON.stringify({ ...recorded, head_message_timestamp: 1_700_000_000 });
  assert.deepEqual(readQueue(text, 1_700_000_090_000), known(12, { marks: [], ageMs: 90_000 }));
});

test('a queue that has not told its length yet is not known to be empty', () => {
  assert.equal(readQueue(JSON.stringify({ name: 'tasks' }), 0).known, false);
  assert.equal(readQueue('<html>', 0).known, false);
});
