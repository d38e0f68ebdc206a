import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { openDockerEngine } from './engine.ts';
import { EngineClient, segment } from './client.ts';
import type { Endpoint } from './endpoint.ts';

// in a suite of its own: at the top level its hook would run around the tests of every file
describe('the client', () => {
  const open: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });

  /** An engine of our own making: `/_ping` answers with the version, everything else is the listener's. */
  async function engineThat(listener: RequestListener, version = '1.43'): Promise<Endpoint> {
    const server: Server = createServer((request, response) => {
      if (request.url === '/_ping') response.setHeader('api-version', version).end('OK');
      else listener(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return { kind: 'tcp', host: '127.0.0.1', port, tls: null, description: 'a test', commandEnvironment: {} };
  }

  function client(endpoint: Endpoint): EngineClient {
    const made = new EngineClient(endpoint);
    open.push(async () => await made.close());
    return made;
  }

  test('the version is the lower of both sides, and at least 1.41', async () => {
    const paths: string[] = [];
    const answer: RequestListener = (request, response) => {
      paths.push(request.url ?? '');
      response.end('{}');
    };
    for (const version of ['1.41', '1.43', '1.99']) {
      await client(await engineThat(answer, version)).request({ method: 'GET', path: '/info', deadlineMs: 1000 });
    }
    assert.deepEqual(paths, ['/v1.41/info', '/v1.43/info', '/v1.51/info']);
    const old = client(await engineThat(answer, '1.40'));
    await assert.rejects(old.apiVersion(), { code: 'TH_ENGINE_REFUSED', message: /speaks API 1\.40/ });
  });

  test('what is no engine is named so', async () => {
    const endpoint = await engineThat((_, response) => response.end(), '');
    await assert.rejects(client(endpoint).apiVersion(), { code: 'TH_ENGINE_REFUSED', message: /no Docker engine/ });
  });

  test("a status is the engine's no, with its words", async () => {
    const endpoint = await engineThat((_, response) => response.writeHead(409).end('{"message":"in use"}'));
    const ask = { method: 'DELETE', path: '/x', deadlineMs: 1000 } as const;
    await assert.rejects(client(endpoint).request(ask), {
      code: 'TH_ENGINE_REFUSED',
      status: 409,
      message: 'the engine refused: in use',
    });
  });

  test('404 is an answer for who asks whether it is there', async () => {
    const endpoint = await engineThat((_, response) => response.writeHead(404).end('{"message":"no such thing"}'));
    assert.equal(await client(endpoint).find({ method: 'GET', path: '/x', deadlineMs: 1000 }), null);
  });

  test('an engine that hangs is unreachable after the deadline; for a change it is said that nothing is known', async () => {
    const endpoint = await engineThat(() => {});
    const begun = performance.now();
    const ask = { method: 'POST', path: '/x', deadlineMs: 100 } as const;
    await assert.rejects(client(endpoint).request(ask), {
      code: 'TH_ENGINE_UNREACHABLE',
      state: 'Whether it was done is not known.',
    });
    assert.ok(performance.now() - begun < 1000);
  });

  test('the deadline holds for a body that never ends, too', async () => {
    const endpoint = await engineThat((_, response) => void response.writeHead(200).write('{'));
    await assert.rejects(client(endpoint).request({ method: 'GET', path: '/x', deadlineMs: 100 }), {
      code: 'TH_ENGINE_UNREACHABLE',
      state: '',
    });
  });

  test('a connection cut in the middle is unreachable', async () => {
    const endpoint = await engineThat((request) => request.socket.destroy());
    await assert.rejects(client(endpoint).request({ method: 'GET', path: '/x', deadlineMs: 1000 }), {
      code: 'TH_ENGINE_UNREACHABLE',
    });
  });

  test('a stream has no deadline once it has begun, and breaks as unreachable', async () => {
    const endpoint = await engineThat((_, response) => {
      response.writeHead(200).write('one');
      setTimeout(() => response.write('two'), 150);
      setTimeout(() => response.destroy(), 300);
    });
    const stream = await client(endpoint).stream({ method: 'GET', path: '/x', deadlineMs: 100 });
    let seen = '';
    const read = async (): Promise<void> => {
      for await (const piece of stream) seen += Buffer.from(piece).toString();
    };
    await assert.rejects(read(), { code: 'TH_ENGINE_UNREACHABLE' });
    assert.equal(seen, 'onetwo');
  });

  test('a container the engine hangs on is listed by what the list says; the others are whole', async () => {
    const summary = (Id: string) => ({
      Id,
      Names: [`/${Id}`],
      Image: 'i',
      State: 'running',
      Status: 'Up 2 hours (unhealthy)',
      Labels: {},
      Created: 5,
    });
    const endpoint = await engineThat((request, response) => {
      if (request.url?.includes('/containers/json')) response.end(JSON.stringify([summary('good'), summary('stuck')]));
      else if (request.url?.includes('/good/'))
        response.end(JSON.stringify({ Id: 'good', State: { Status: 'paused' } }));
    });
    const host = endpoint.kind === 'tcp' ? `tcp://127.0.0.1:${endpoint.port}` : '';
    const engine = openDockerEngine({ DOCKER_HOST: host });
    open.push(async () => await engine.close());
    const [good, stuck] = await engine.listContainers({}, { deadlineMs: 500 });
    assert.deepEqual([good?.state, good?.partial], ['paused', undefined]);
    assert.deepEqual(
      [stuck?.state, stuck?.health, stuck?.name, stuck?.partial],
      ['running', 'unhealthy', 'stuck', true],
    );
  });

  test('a part of a path cannot become another path', () => {
    assert.equal(segment('a/b?c'), 'a%2Fb%3Fc');
    for (const bad of ['', '.', '..', 'a\0b']) assert.throws(() => segment(bad), { code: 'TH_ENGINE_REFUSED' });
  });
});
