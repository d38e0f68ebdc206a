/** The checks of the gateway against servers that speak each protocol, well or ill, and configurations HAProxy must accept. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { HaproxyDriver } from '../../src/adapters/haproxy/driver.ts';
import { probeFor } from '../../src/adapters/haproxy/probe.ts';
import type { CheckConfig, CheckState, GatewayConfig, GatewayPort } from '../../src/ports/gateway.ts';

const driver = new HaproxyDriver({ image: 'none', user: '0:0' });

/** What a server says when somebody connects, and to what it is told. */
interface Script {
  readonly title: string;
  readonly kind: CheckConfig['kind'];
  readonly greeting?: string;
  readonly answers?: string;
  readonly expected: CheckState;
}

const handshake = `\x4a\0\0\0\x0a8.0.36\0${'\x01'.repeat(66)}`;
const scripts: readonly Script[] = [
  { title: 'redis', kind: 'redis', answers: '+PONG\r\n', expected: 'passing' },
  {
    title: 'redis with a password',
    kind: 'redis',
    answers: '-NOAUTH Authentication required.\r\n',
    expected: 'passing',
  },
  { title: 'redis that still loads', kind: 'redis', answers: '-LOADING Redis is loading\r\n', expected: 'failing' },
  {
    title: 'postgres that wants a password',
    kind: 'postgres',
    answers: 'R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0',
    expected: 'passing',
  },
  {
    title: 'postgres that does not know us',
    kind: 'postgres',
    answers: 'E\0\0\0\x40SFATAL\0VFATAL\0C28000\0Mno entry\0\0',
    expected: 'passing',
  },
  {
    title: 'postgres that starts up',
    kind: 'postgres',
    answers: 'E\0\0\0\x40SFATAL\0VFATAL\0C57P03\0Mstarting up\0\0',
    expected: 'failing',
  },
  {
    title: 'mysql that denies us',
    kind: 'mysql',
    greeting: handshake,
    answers: '\x17\0\0\x02\xff\x15\x04#28000Access denied',
    expected: 'passing',
  },
  {
    title: 'mysql that is full',
    kind: 'mysql',
    greeting: '\x17\0\0\0\xff\x10\x04Too many connections',
    expected: 'failing',
  },
  { title: 'smtp', kind: 'smtp', greeting: '220 mail ESMTP\r\n', answers: '250 mail\r\n', expected: 'passing' },
  { title: 'smtp that is busy', kind: 'smtp', greeting: '421 too busy\r\n', expected: 'failing' },
  { title: 'anything that accepts', kind: 'connect', expected: 'passing' },
  { title: 'a mute server where HTTP is expected', kind: 'http', expected: 'failing' },
];

describe('checks', { timeout: 30_000 }, () => {
  it('tell well servers from ill ones, for every protocol', async () => {
    const servers = await Promise.all(scripts.map(actor));
    const config = configOf(scripts.map(({ kind }, at) => portOf(portAt(servers, at), { kind })));
    await using folder = await written(config);
    const script = spawn('/bin/sh', [join(folder.path, 'start.sh')], {
      env: { ...process.env, TWINHULL_BIND: '127.0.0.1' },
      stdio: 'ignore',
    });
    try {
      const gateway = driver.open(config, folder.path);
      await pause(1500);
      const { servers: read } = await gateway.read();
      const found = scripts.map(({ title }, at) => `${title}: ${read[at]?.check} ${read[at]?.checkStatus}`);
      for (const [at, { title, expected }] of scripts.entries())
        assert.equal(read[at]?.check, expected, `${title}\n${found.join('\n')}`);
    } finally {
      script.kill('SIGTERM');
      await once(script, 'exit');
      for (const server of servers) server.close();
    }
  });

  it('tell that there is no way to a member', async () => {
    const config = configOf([portOf(8080, { kind: 'http' })]);
    await using folder = await written(config);
    // in a network of its own, where not even the loopback interface is up
    const script = spawn('unshare', ['--net', '/bin/sh', join(folder.path, 'start.sh')], { stdio: 'ignore' });
    try {
      await pause(1000);
      const [server] = (await driver.open(config, folder.path).read()).servers;
      assert.equal(server?.checkFailure, 'unreachable', server?.checkStatus);
    } finally {
      script.kill('SIGTERM');
      await once(script, 'exit');
    }
  });

  it('probes of ours are answered by servers that work', async () => {
    const spoken = scripts.filter(
      ({ kind, expected }) => expected === 'passing' && !['connect', 'mysql', 'http'].includes(kind),
    );
    const servers = await Promise.all(spoken.map(actor));
    for (const [at, { title, kind }] of spoken.entries()) {
      const port = portAt(servers, at);
      const probe = probeFor(configOf([]), '127.0.0.11', port, portOf(port, { kind }).check);
      assert.ok(probe, title);
      assert.notEqual(await probe.ask(1000, new AbortController().signal), null, title);
    }
    for (const server of servers) server.close();
  });
});

describe('configuration', () => {
  const oddities: Partial<CheckConfig>[] = [
    { path: `/a b?q="x'y"&z=#$HOME\\%\t\r\nü` },
    { host: `we'b "x" $HOME %[src] #` },
    { expect: 'any' },
    { port: 9000 },
    { intervalMs: 0.4, timeoutMs: 86_400_000 },
  ];
  for (const balance of ['leader', 'spread'] as const) {
    it(`HAProxy accepts whatever stands in it (${balance})`, async () => {
      const http = oddities.map((oddity, at) => portOf(8001 + at, { kind: 'http', ...oddity }));
      const others = scripts.map(({ kind }, at) => portOf(9001 + at, { kind }));
      const ports = [...http, ...others, { ...portOf(9100, { kind: 'http', port: 8001 }), protocol: 'tcp' as const }];
      await using folder = await written({ ...configOf(ports), balance, leader: balance === 'leader' ? 'a' : null });
      const { stderr } = await promisify(execFile)('haproxy', ['-c', '-f', 'haproxy.cfg'], { cwd: folder.path });
      const warnings = stderr
        .split('\n')
        .filter((line) => line.includes('WARNING') && !line.includes('changed from server-state'));
      assert.deepEqual(warnings, []);
    });
  }
});

function configOf(ports: readonly GatewayPort[]): GatewayConfig {
  const members = [{ name: 'a', address: '127.0.0.11', takesTraffic: true }];
  return {
    project: 'contract',
    service: 'web',
    members,
    balance: 'leader',
    leader: 'a',
    ports,
    maxConnectionsPerMember: 100,
  };
}

function portOf(port: number, check: Partial<CheckConfig>): GatewayPort {
  return {
    port,
    protocol: check.kind === 'http' ? 'http' : 'tcp',
    check: { kind: 'connect', intervalMs: 250, timeoutMs: 200, ...check },
  };
}

/** A gateway's files in a folder of their own, gone when the test is over, however it ends. */
async function written(config: GatewayConfig): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'twinhull-checks-'));
  for (const [name, { text, mode }] of Object.entries(driver.files(config)))
    await writeFile(join(path, name), text, { mode });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function actor({ greeting, answers }: Script): Promise<Server> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    if (greeting !== undefined) socket.write(Buffer.from(greeting, 'latin1'));
    socket.on('data', () => (answers === undefined ? undefined : socket.write(Buffer.from(answers, 'latin1'))));
  });
  server.listen(0, '127.0.0.11');
  await once(server, 'listening');
  return server;
}

const portAt = (servers: readonly Server[], at: number): number =>
  (servers[at]?.address() as AddressInfo | undefined)?.port ?? 0;
