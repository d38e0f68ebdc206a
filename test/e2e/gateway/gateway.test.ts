/** What worked before the gateway was there works with it, and a HAProxy that dies is hardly noticed. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import http from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { Stand } from './stand.ts';

let stand: Stand;
before(
  async () => {
    stand = await Stand.open();
  },
  { timeout: 60_000 },
);
after(async () => await stand.close());

describe('through the gateway', { concurrency: true, timeout: 240_000 }, () => {
  it('a request of two minutes is answered, while probes of ours stay rare', async () => {
    const stop = new AbortController();
    const watching = stand.gateway.watch(() => undefined, stop.signal);
    const [get, post] = await Promise.all([
      fetch(stand.url('/slow?ms=125000'), { headers: { connection: 'close' } }),
      send('POST', '/slow?ms=125000'),
      quietly(),
    ]);
    assert.deepEqual([get.status, await get.text()], [200, 'a']);
    assert.equal(post.status, 200);
    stop.abort();
    await watching;
  });

  it('WebSocket frames pass both ways, and an idle one stays open', async () => {
    const socket = new WebSocket(stand.url('/').replace('http:', 'ws:'));
    await new Promise(
      (resolve, reject) =>
        socket.addEventListener('open', resolve, { once: true }) ?? socket.addEventListener('error', reject),
    );
    const next = async (text: string): Promise<unknown> => {
      const answer = new Promise((resolve) =>
        socket.addEventListener('message', ({ data }) => resolve(data), { once: true }),
      );
      socket.send(text);
      return await answer;
    };
    assert.equal(await next('hello'), 'hello');
    await pause(15_000);
    assert.equal(await next('again'), 'again');
    socket.close();
  });

  it('server-sent events arrive one by one', async () => {
    const response = await fetch(stand.url('/events'));
    const arrivals: number[] = [];
    for await (const chunk of response.body ?? []) if (chunk.length > 0) arrivals.push(performance.now());
    // sent over 800 ms; a busy machine may deliver some of them together, a gateway that holds them all of them
    const spanMs = (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0);
    assert.ok(arrivals.length >= 2 && spanMs > 150, `${arrivals.length} arrivals over ${Math.round(spanMs)} ms`);
  });

  it('TLS passes through to the member', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      let received = '';
      connectTls({
        host: '127.0.0.1',
        port: stand.published.get(443),
        ciphers: 'PSK',
        maxVersion: 'TLSv1.2',
        pskCallback: () => ({ psk: Buffer.from('a key for this test alone'), identity: 'test' }),
        checkServerIdentity: () => undefined,
      })
        .on('data', (chunk: Buffer) => {
          received += chunk.toString();
        })
        .on('end', () => resolve(received))
        .on('error', reject);
    });
    assert.equal(text, 'a over TLSv1.2');
  });

  it('an upload of 1 GB streams through', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const body = Readable.from(
      (function* () {
        for (let sent = 0; sent < 1024; sent += 1) yield chunk;
      })(),
      { objectMode: false },
    );
    const { text } = await send('POST', '/upload', body);
    assert.equal(text, String(1024 * 1024 * 1024));
  });

  it('headers arrive as they were sent, with the client added to X-Forwarded-For', async () => {
    const headers = {
      Host: 'shop.example:8080',
      'X-Forwarded-For': '203.0.113.7',
      'Content-Type': 'text/plain',
      ETag: 'x',
    };
    const { text } = await send('GET', '/headers', null, headers);
    const raw = JSON.parse(text) as string[];
    const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));
    const valuesOf = (name: string): string[] => pairs.filter(([one]) => one === name).map(([, value]) => value);
    assert.deepEqual(valuesOf('Host'), ['shop.example:8080']);
    assert.deepEqual(valuesOf('ETag'), ['x']);
    const forwarded = valuesOf('X-Forwarded-For').join(', ').split(', ');
    assert.equal(forwarded[0], '203.0.113.7');
    assert.match(forwarded[1] ?? '', /^\d+\.\d+\.\d+\.\d+$/);
  });
});

describe('a gateway under load', { timeout: 60_000 }, () => {
  it('loses no idempotent request when the leader is killed, with nobody watching', async () => {
    const load = new Load(300);
    await pause(1000);
    await stand.engine.killContainer(stand.member('a'), 'SIGKILL');
    await pause(2000);
    const { sent, failed } = await load.end();
    assert.ok(sent > 500, `${sent} sent`);
    assert.deepEqual(failed, []);
  });

  it('loses few requests when its HAProxy is killed at 400 a second, in the median of three', async () => {
    const lost: number[] = [];
    for (let kill = 0; kill < 3; kill += 1) {
      const load = new Load(400);
      await pause(1000);
      await killHaproxy();
      await pause(1000);
      const { sent, failed } = await load.end();
      assert.ok(sent > 600, `${sent} sent`);
      lost.push(failed.length);
    }
    const median = lost.toSorted((a, b) => a - b)[1] ?? 0;
    assert.ok(median <= 20, `lost ${lost.join(', ')}`);
    const gateway = await stand.engine.inspectContainer(stand.gatewayId);
    assert.equal(gateway?.restartCount, 0, 'inside its container, not by the engine');
  });
});

async function killHaproxy(): Promise<void> {
  const kill = 'read -r child rest </proc/1/task/1/children; kill -9 "$child"';
  await stand.engine.exec(stand.gatewayId, ['/bin/sh', '-c', kill], {});
}

/** In the quiet of the slow requests: how often the member is asked for its health. */
async function quietly(): Promise<void> {
  await pause(60_000);
  const before = await checks();
  await pause(30_000);
  const perSecond = ((await checks()) - before) / 30;
  // Two ports are checked twice a second each and may be probed twice a second each.
  assert.ok(perSecond <= 9, `${perSecond} health requests a second`);
}

async function checks(): Promise<number> {
  return Number((await send('GET', '/checks')).text);
}

function send(
  method: string,
  path: string,
  body: Readable | null = null,
  headers: http.OutgoingHttpHeaders = {},
  agent: http.Agent | false = false,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(stand.url(path), { method, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text })).on('error', reject);
    });
    request.on('error', reject);
    if (body === null) request.end();
    else body.on('error', reject).pipe(request);
  });
}

/** GETs at a steady rate, half of them on connections kept open. */
class Load {
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  readonly #timer: NodeJS.Timeout;
  readonly #pending: Promise<void>[] = [];
  readonly #failed: string[] = [];

  constructor(perSecond: number) {
    const began = performance.now();
    this.#timer = setInterval(() => {
      while (this.#pending.length < ((performance.now() - began) / 1000) * perSecond) this.#pending.push(this.#one());
    }, 5);
  }

  async end(): Promise<{ sent: number; failed: string[] }> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    this.#agent.destroy();
    return { sent: this.#pending.length, failed: this.#failed };
  }

  async #one(): Promise<void> {
    const agent = this.#pending.length % 2 === 0 ? this.#agent : false;
    try {
      const { status } = await send('GET', '/', null, {}, agent);
      if (status !== 200) this.#failed.push(String(status));
    } catch (error) {
      this.#failed.push(String(error));
    }
  }
}
