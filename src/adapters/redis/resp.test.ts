import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeCommand, type Reply, ReplyError, ReplyReader } from './resp.ts';

function read(...pieces: readonly string[]): Reply[] {
  const reader = new ReplyReader();
  return pieces.flatMap((piece) => reader.push(Buffer.from(piece)));
}

test('a command is an array of strings with their lengths in bytes, so that nothing in it can be another command', () => {
  assert.equal(encodeCommand(['LLEN', 'tasks\r\nFLUSHALL']), '*2\r\n$4\r\nLLEN\r\n$15\r\ntasks\r\nFLUSHALL\r\n');
  assert.equal(encodeCommand(['GET', 'ü']), '*2\r\n$3\r\nGET\r\n$2\r\nü\r\n');
});

test('every kind of reply is read', () => {
  assert.deepEqual(read('+OK\r\n:-12\r\n$3\r\na\r\n\r\n$-1\r\n*2\r\n$1\r\nx\r\n:1\r\n*-1\r\n*0\r\n'), [
    'OK',
    -12,
    'a\r\n',
    null,
    ['x', 1],
    null,
    [],
  ]);
  const [refused] = read('-WRONGTYPE Operation against a key\r\n');
  assert.ok(refused instanceof ReplyError && refused.message.startsWith('WRONGTYPE'));
});

test('replies come in pieces of any size', () => {
  const whole = '*2\r\n*1\r\n$5\r\nhello\r\n:42\r\n+OK\r\n';
  assert.deepEqual(read(...whole.split('')), [[['hello'], 42], 'OK']);
});

test('what is no Redis, nests without end or sends without end is refused', () => {
  assert.throws(() => read('HTTP/1.1 400 Bad Request\r\n'), /no Redis/);
  assert.throws(() => read('$x\r\n'), /no Redis/);
  assert.throws(() => read('*1\r\n'.repeat(100)), /nested/);
  assert.throws(() => read(`$9999999\r\n${'x'.repeat(2 * 1024 * 1024)}`), /too long/);
});
