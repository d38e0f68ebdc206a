/** Replies as Redis 7.0 gave them. */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { type Answer, known, type RedisAsk } from '../../ports/prober.ts';
import { askRedis } from './probe.ts';

/** Asks a server that says these lines, each connection the next ones; gives the answer and what it was sent. */
async function asked(
  ask: RedisAsk,
  says: readonly (readonly string[])[],
  login: { readonly user?: string; readonly password?: string; readonly database?: number } = {},
): Promise<{ readonly answer: Answer; readonly sent: string }> {
  let connections = 0;
  let sent = '';
  const server = createServer((socket: Socket) => {
    const lines = says[connections++] ?? [];
    socket.on('data', (bytes) => {
      sent += bytes.toString();
      for (const line of lines) socket.write(`${line}\r\n`);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  try {
    const question = { kind: 'redis', port: address.port, database: 0, user: '', password: '', ask, ...login } as const;
    return { answer: await askRedis('127.0.0.1', question, AbortSignal.timeout(5000)), sent };
  } finally {
    server.close();
  }
}

const list: RedisAsk = { kind: 'list', key: 'tasks' };
const group: RedisAsk = { kind: 'stream', key: 'jobs', group: 'workers' };
const TIME = ['*2', '$10', '1764288090', '$6', '500000'];
const groups = (pending: number, lag: string): string[] =>
  ['*1', '*12', '$4', 'name', '$7', 'workers', '$9', 'consumers', ':1', '$7', 'pending', `:${pending}`].concat([
    '$17',
    'last-delivered-id',
    '$15',
    '1764288001000-0',
    '$12',
    'entries-read',
    ':2',
    '$3',
    'lag',
    lag,
  ]);

test('a list: its length, and what lies at its ends without telling what it is', async () => {
  const { answer, sent } = await asked(list, [[':3', '$3', 'one', '$5', 'three']]);
  assert.ok(answer.known && answer.number === 3 && answer.oldest);
  const { marks, ageMs } = answer.oldest;
  assert.deepEqual([new Set(marks).size, ageMs, marks.join().includes('one')], [2, null, false]);
  assert.match(sent, /LLEN\r\n\$5\r\ntasks/);
});

test('an empty list has no oldest, and one of entries that are alike tells nothing of it', async () => {
  assert.deepEqual((await asked(list, [[':0', '$-1', '$-1']])).answer, known(0));
  assert.deepEqual((await asked(list, [[':9', '$4', 'ping', '$4', 'ping']])).answer, known(9));
});

test('a stream: the time of its oldest entry against the clock of the server', async () => {
  const range = ['*1', '*2', '$15', '1764288000000-0', '*2', '$1', 'a', '$1', '1'];
  const { answer } = await asked({ ...group, group: null }, [[...TIME, ':3', ...range]]);
  assert.deepEqual(answer, known(3, { marks: [], ageMs: 90_500 }));
});

test('a group: what was delivered and not acknowledged is the oldest', async () => {
  const pending = ['*4', ':2', '$15', '1764288000000-0', '$15', '1764288001000-0', '*0'];
  const { answer, sent } = await asked(group, [[...TIME, ...groups(2, ':1')], pending]);
  assert.deepEqual(answer, known(3, { marks: [], ageMs: 90_500 }));
  assert.match(sent, /XPENDING/);
});

test('a group with all of that acknowledged: the first that was not delivered', async () => {
  const range = ['*1', '*2', '$15', '1764288002000-0', '*2', '$1', 'a', '$1', '3'];
  const { answer } = await asked(group, [[...TIME, ...groups(0, ':1')], range]);
  assert.deepEqual(answer, known(1, { marks: [], ageMs: 88_500 }));
  assert.deepEqual((await asked(group, [[...TIME, ...groups(0, ':0')]])).answer, known(0));
});

test('a group that is not there, or whose lag Redis does not know, is not known to be empty', async () => {
  assert.equal((await asked({ ...group, group: 'others' }, [[...TIME, ...groups(0, ':1')]])).answer.known, false);
  assert.equal((await asked(group, [[...TIME, ...groups(0, '$-1')]])).answer.known, false);
});

test('a stream that nobody has written yet is empty', async () => {
  assert.deepEqual((await asked(group, [[...TIME, '-ERR no such key']])).answer, known(0));
});

test('a number, a missing one being 0, and what is no number', async () => {
  const ask: RedisAsk = { kind: 'number', key: 'done' };
  assert.deepEqual((await asked(ask, [['$2', '42']])).answer, known(42));
  assert.deepEqual((await asked(ask, [['$-1']])).answer, known(0));
  assert.equal((await asked(ask, [['$3', 'abc']])).answer.known, false);
});

test('password, user and database come first; a refusal is told in the words of the server', async () => {
  const login = { user: 'probe', password: 'secret', database: 2 };
  const { answer, sent } = await asked(list, [['+OK', '+OK', ':0', '$-1', '$-1']], login);
  assert.deepEqual(answer, known(0));
  assert.match(sent, /^\*3\r\n\$4\r\nAUTH\r\n\$5\r\nprobe\r\n\$6\r\nsecret\r\n\*2\r\n\$6\r\nSELECT\r\n\$1\r\n2\r\n/);
  const refused = await asked(list, [['-NOAUTH Authentication required.', '-NOAUTH', '-NOAUTH']]);
  assert.deepEqual(refused.answer, { known: false, why: 'Redis answers: NOAUTH Authentication required.' });
});
