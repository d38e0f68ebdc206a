import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { runLoad, usualMix } from './load.ts';

async function serve(t: TestContext, listener: RequestListener, configure?: (server: Server) => void): Promise<string> {
  const server = createServer(listener);
  configure?.(server);
  t.after(() => server.closeAllConnections());
  return listen(t, server);
}

async function serveRaw(t: TestContext, onConnection: (socket: Socket) => void): Promise<string> {
  return listen(t, createTcpServer(onConnection));
}

async function listen(t: TestContext, server: Server | TcpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const get = (keepAlive = false) => [{ method: 'GET', path: '/', keepAlive, weight: 1 }];

test('sends the mix at the rate, whatever the framing of the answers', async (t) => {
  const seen = new Map<string, number>();
  const url = await serve(t, (request, response) => {
    const kind = `${request.method} ${request.headers.connection ?? 'keep'}`;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    if (request.method === 'POST')
      response.end('ok'); // content-length
    else {
      response.write('first '); // chunked
      setImmediate(() => response.end('second'));
    }
  });
  const result = await runLoad({ url, rate: 200, mix: usualMix('/x'), until: 500 }).finished;
  assert.equal(result.sent, 100);
  assert.equal(result.failed, 0, JSON.stringify(result.requests.filter((request) => request.outcome !== 'ok')));
  assert.deepEqual(result.failedByMethod, { GET: 0, POST: 0 });
  assert.deepEqual(Object.fromEntries(seen), { 'GET keep': 40, 'GET close': 40, 'POST close': 20 });
  assert.ok(result.latencyMs.p50 > 0 && result.latencyMs.p50 <= result.latencyMs.p99);
});

test('a connection that the server may be closing is not used again', async (t) => {
  let connections = 0;
  const url = await serve(
    t,
    (_, response) => response.end('ok'),
    (server) => {
      server.keepAliveTimeout = 1000; // said in Keep-Alive
      server.on('connection', () => (connections += 1));
    },
  );
  const result = await runLoad({ url, rate: 1.6, mix: get(true), until: 700 }).finished;
  assert.deepEqual([result.sent, result.failed, connections], [2, 0, 2]);
});

test('keep-alive connections are used again', async (t) => {
  let connections = 0;
  const url = await serve(
    t,
    (_, response) => response.end('ok'),
    (server) => server.on('connection', () => (connections += 1)),
  );
  const result = await runLoad({ url, rate: 100, mix: get(true), until: 500 }).finished;
  assert.equal(result.failed, 0);
  assert.ok(connections <= 5, `${connections} connections for ${result.sent} requests`);
});

test('an outage counts every request in it, and the gap is its length', async (t) => {
  const begin = performance.now();
  const url = await serve(t, (_, response) => {
    const at = performance.now() - begin;
    response.statusCode = at > 400 && at < 700 ? 503 : 200;
    response.end();
  });
  const failures: number[] = [];
  const result = await runLoad({
    url,
    rate: 200,
    mix: get(),
    until: 1000,
    onFailure: (failure) => failures.push(failure.status ?? 0),
  }).finished;
  assert.ok(result.failed >= 50 && result.failed <= 70, `${result.failed} failed`);
  assert.equal(failures.length, result.failed);
  assert.deepEqual(result.failedByReason, { status: result.failed });
  assert.ok(result.longestGapMs > 280 && result.longestGapMs < 400, `gap ${result.longestGapMs}`);
});

test('a service that is not there: refused, and the gap is the whole load', async (t) => {
  const url = await serveRaw(t, () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  const closed = createTcpServer().listen(0, '127.0.0.1', resolve);
  await promise;
  const port = (closed.address() as AddressInfo).port;
  closed.close();
  const result = await runLoad({ url: url.replace(/\d+$/, String(port)), rate: 50, mix: get(), until: 300 }).finished;
  assert.equal(result.failed, result.sent);
  assert.deepEqual(result.failedByReason, { refused: result.sent });
  assert.ok(result.longestGapMs >= 299, `gap ${result.longestGapMs}`);
});

for (const [reason, answer] of [
  ['timeout', () => {}],
  ['closed', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort')],
  ['reset', (socket: Socket) => socket.resetAndDestroy()],
  ['malformed', (socket: Socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n')],
  ['malformed', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')],
] as const) {
  test(`an answer like this fails as ${reason}: ${answer.toString().slice(0, 90)}`, async (t) => {
    const url = await serveRaw(t, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    });
    const result = await runLoad({ url, rate: 20, mix: get(), until: 200, timeoutMs: 150 }).finished;
    assert.deepEqual(result.failedByReason, { [reason]: result.sent });
    assert.ok(result.requests.every((request) => request.detail !== ''));
  });
}

test('odd but right answers are read to their end', async (t) => {
  const answers = [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.0 200 OK\r\n\r\nuntil the connection closes',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n',
  ];
  let next = 0;
  const url = await serveRaw(t, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => void dribble(socket, answers[next++ % answers.length] ?? ''));
  });
  const result = await runLoad({ url, rate: 20, mix: get(), until: 400 }).finished;
  assert.equal(result.failed, 0, JSON.stringify(result.requests));
});

/** One byte at a time: no boundary may matter. */
async function dribble(socket: Socket, text: string): Promise<void> {
  for (const byte of text) {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
}

test('a slow service does not slow the load down', async (t) => {
  const url = await serve(t, (_, response) => setTimeout(() => response.end('late'), 300));
  const result = await runLoad({ url, rate: 100, mix: get(), until: 500 }).finished;
  assert.equal(result.sent, 50);
  assert.equal(result.failed, 0);
  assert.ok(result.latencyMs.p50 >= 295);
});

test('what exceeds the limit of requests in flight is not sent, and said so', async (t) => {
  const url = await serve(t, () => {});
  const result = await runLoad({ url, rate: 100, mix: get(), until: 200, timeoutMs: 600, maxInFlight: 10 }).finished;
  assert.equal(result.sent, 10);
  assert.equal(result.unsent, 10);
});

test('stop() and the signal end it', async (t) => {
  const url = await serve(t, (_, response) => response.end('ok'));
  const abort = new AbortController();
  const first = runLoad({ url, rate: 100, mix: get(), until: abort.signal });
  const second = runLoad({ url, rate: 100, mix: get(), until: 60_000 });
  setTimeout(() => {
    abort.abort();
    second.stop();
  }, 200);
  const [one, two] = await Promise.all([first.finished, second.finished]);
  assert.ok(one.sent > 5 && one.sent < 60);
  assert.ok(two.sent > 5 && two.sent < 60);
});

test('abandoned, it waits for no answer', async (t) => {
  const url = await serveRaw(t, (socket) => socket.on('error', () => undefined));
  const run = runLoad({ url, rate: 100, mix: get(), until: 60_000, timeoutMs: 60_000 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  run.abandon();
  const { sent, failed, failedByReason } = await run.finished;
  assert.ok(sent > 0 && failed === sent, `${failed} of ${sent}`);
  assert.deepEqual(Object.keys(failedByReason), ['closed']);
});

test('localhost finds the address family that listens', async (t) => {
  const url = await serve(t, (_, response) => response.end('ok'));
  const result = await runLoad({
    url: url.replace('127.0.0.1', 'localhost'),
    rate: 50,
    mix: get(),
    until: 200,
  }).finished;
  assert.equal(result.failed, 0);
});

test('nonsense is refused before anything is sent', () => {
  assert.throws(() => runLoad({ url: 'ftp://127.0.0.1', rate: 1, mix: get(), until: 1 }), TypeError);
  assert.throws(() => runLoad({ url: 'http://127.0.0.1:1', rate: 0, mix: get(), until: 1 }), TypeError);
  assert.throws(() => runLoad({ url: 'http://127.0.0.1:1', rate: 1, mix: [], until: 1 }), TypeError);
});

test('each request may have a body of its own, and is found again by its tag', async (t) => {
  const bodies: string[] = [];
  const url = await serve(t, (request, response) => {
    request.on('data', (bytes: Buffer) => bodies.push(bytes.toString()));
    request.once('end', () => response.end('ok'));
  });
  let next = 0;
  const vary = (): { body: string; tag: string } => ({ body: `{"id":${next}}`, tag: `job-${next++}` });
  const mix = [{ method: 'POST', path: '/jobs', keepAlive: false, weight: 1, vary }];
  const result = await runLoad({ url, rate: 50, mix, until: 100 }).finished;
  assert.deepEqual(result.requests.map(({ tag }) => tag).toSorted(), ['job-0', 'job-1', 'job-2', 'job-3', 'job-4']);
  assert.deepEqual(bodies.toSorted(), ['{"id":0}', '{"id":1}', '{"id":2}', '{"id":3}', '{"id":4}']);
});
