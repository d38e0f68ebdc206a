/** Against a real Redis and a real HTTP server of this machine. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/adapters/node/clock.ts';
import { NetworkProber } from '../../src/adapters/node/prober.ts';
import { sendCommands } from '../../src/adapters/redis/connection.ts';
import { proberContract, type ProberRig } from './prober.ts';

const HOST = '127.0.0.1';

proberContract('network', networkRig);

async function networkRig(): Promise<ProberRig> {
  const redisPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'twinhull-redis-'));
  const settings = ['--port', String(redisPort), '--bind', HOST, '--save', '', '--dir', folder];
  const redis = spawn('redis-server', settings, { stdio: 'ignore' });
  const pages = await startPages();
  await fill(redisPort);
  return {
    prober: new NetworkProber(systemClock),
    host: HOST,
    redisPort,
    httpPort: portOf(pages),
    freePort: await freePort(),
    close: async () => {
      redis.kill('SIGKILL');
      pages.closeAllConnections();
      await new Promise((resolve) => pages.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

async function fill(port: number): Promise<void> {
  const commands = [
    ['RPUSH', 'tasks', 'one', 'two', 'three'],
    ['SET', 'done', '42'],
    ['XADD', 'jobs', '1764288000000-0', 'a', '1'],
    ['XADD', 'jobs', '1764288001000-0', 'a', '2'],
    ['XADD', 'jobs', '1764288002000-0', 'a', '3'],
    ['XGROUP', 'CREATE', 'jobs', 'workers', '0'],
    ['XREADGROUP', 'GROUP', 'workers', 'c', 'COUNT', '2', 'STREAMS', 'jobs', '>'],
    ['XACK', 'jobs', 'workers', '1764288000000-0'],
  ];
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      await sendCommands(HOST, port, commands, AbortSignal.timeout(1000));
      return;
    } catch {
      await pause(50);
    }
  }
  assert.fail('Redis did not start');
}

async function startPages(): Promise<Server> {
  const texts: Readonly<Record<string, string>> = {
    '/stats': '{"queue": {"length": 7}}',
    '/metrics': '# TYPE jobs gauge\njobs{kind="a"} 3\njobs{kind="b"} 4\n',
    '/ok': 'ok',
  };
  const server = createHttpServer(({ url = '' }, response) => {
    if (url === '/silent') return;
    if (url === '/elsewhere') response.setHeader('location', '/ok');
    response.statusCode = url === '/elsewhere' ? 302 : url in texts ? 200 : 500;
    response.end(texts[url] ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
