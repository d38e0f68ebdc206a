import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { HaproxyDriver } from '../../src/adapters/haproxy/driver.ts';
import type { MemberCondition } from '../../src/adapters/memory/gateway.ts';
import { isCode } from '../../src/errors.ts';
import type { Gateway, GatewayConfig, RunBeside } from '../../src/ports/gateway.ts';
import { gatewayContract, type Rig, rigConfig, type RigOptions, type RigResponse } from './gateway.ts';

// Real HAProxy processes under the real start script, before small HTTP servers on loopback addresses. Each
// shell that may be PID 1 of a gateway gets its turn at it: dash here, busybox in test/e2e/gateway.
if (spawnSync('haproxy', ['-v']).error) throw new Error('haproxy is not installed: run script/bootstrap');
gatewayContract('HAProxy', haproxyRig);

describe('gateway: requests that wait in the queue of a hung leader', { timeout: 20_000 }, () => {
  for (const way of ['lead', 'drain'] as const) {
    it(`move to the other member on ${way}`, async () => {
      const members = [{ name: 'a' }, { name: 'b' }];
      const rig = await haproxyRig({ protocols: ['http'], balance: 'leader', members, maxConnections: 2 });
      try {
        while (!(await rig.gateway.read()).servers.every(({ check }) => check === 'passing')) await pause(20);
        await rig.become('a', 'hung');
        const posts = Array.from({ length: 8 }, () => rig.request(rig.ports[0] ?? 0, { method: 'POST' }));
        await pause(50);
        assert.equal((await rig.gateway.read()).servers[0]?.queued, 6);
        if (way === 'lead') await rig.gateway.lead('b');
        else await rig.gateway.drain('a');
        await pause(50);
        assert.deepEqual(
          (await rig.gateway.read()).servers.map(({ queued, sessions }) => ({ queued, sessions })),
          [
            { queued: 0, sessions: 2 },
            { queued: 0, sessions: 0 },
          ],
        );
        await rig.become('a', 'up');
        const answered = (await Promise.all(posts)).filter(({ member }) => member === 'b');
        assert.equal(answered.length, 6);
      } finally {
        await rig.close();
      }
    });
  }
});

describe('gateway: a HAProxy that is taken over from', { timeout: 60_000 }, () => {
  const pair: RigOptions = { protocols: ['http'], balance: 'leader', members: [{ name: 'a' }, { name: 'b' }] };
  const nobody = { members: [], timeoutMs: 0 };
  let rig: HaproxyRig;
  beforeEach(async () => {
    rig = await haproxyRig(pair);
    while (!(await rig.gateway.read()).serving) await pause(20);
  });
  afterEach(() => rig.close());

  const reload = async (intervalMs: number): Promise<void> =>
    (await rig.reopen({ ...pair, check: { intervalMs } })).reload(rig.beside, nobody);
  const ask = (takesMs = 0): Promise<RigResponse> => rig.request(rig.ports[0] ?? 0, { method: 'POST', takesMs });

  it('goes on with what it had where the new configuration is no good, and so does one that crashes then', async () => {
    const { configuration } = await rig.gateway.read();
    const twins = { ...pair, members: [{ name: 'a' }, { name: 'a' }] };
    const next = await rig.reopen(twins);
    await assert.rejects(
      next.reload(rig.beside, nobody),
      (error) => isCode(error, 'TH_GATEWAY_REFUSED') && /server 'a'|name 'a'/.test(error.message),
    );
    assert.equal((await ask()).status, 200);
    await rig.crash();
    assert.equal((await rig.gateway.read()).configuration, configuration);
    assert.equal((await ask()).status, 200);
  });

  it('goes on where the new one ends before it serves, and a later one is taken over to', async () => {
    const [serving] = await haproxiesOf(rig.script);
    const good = await readFile(rig.file('haproxy.cfg'), 'utf8');
    await writeFile(rig.file('haproxy.cfg'), 'nonsense\n');
    process.kill(rig.script.pid ?? 0, 'SIGHUP');
    await pause(200);
    assert.deepEqual(await haproxiesOf(rig.script), [serving]);
    assert.equal((await ask()).status, 200);
    await writeFile(rig.file('haproxy.cfg'), good);
    await reload(300);
    assert.notDeepEqual(await haproxiesOf(rig.script), [serving]);
    assert.equal((await ask()).status, 200);
  });

  it('reads nothing that the gateway put in the place of its configuration', async () => {
    await rm(rig.file('haproxy.cfg'));
    spawnSync('mkfifo', [rig.file('haproxy.cfg')]);
    await reload(300);
    assert.equal((await ask()).status, 200);
    await rig.crash();
    assert.equal((await ask()).status, 200);
  });

  it('would start with the new configuration where nobody waited to see it taken', async () => {
    const { configuration } = await rig.gateway.read();
    const next = await rig.reopen({ ...pair, check: { intervalMs: 300 } });
    const interruption = new AbortController();
    const interrupted: RunBeside = async (command) => {
      const end = await rig.beside(command);
      if (command.includes('reload')) interruption.abort(new Error('interrupted'));
      return end;
    };
    await assert.rejects(next.reload(interrupted, nobody, interruption.signal), /interrupted/);
    while ((await rig.gateway.read()).configuration === configuration) await pause(20);
    await rig.crash();
    assert.notEqual((await rig.gateway.read()).configuration, configuration);
  });

  it('answers once more on a connection that rested, by those that stay, whoever goes', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const askAgain = (): Promise<RigResponse> => request(rig.ports[0] ?? 0, { agent });
    assert.equal((await askAgain()).member, 'a');
    const next = await rig.reopen({ ...pair, members: [{ name: 'c' }, { name: 'd' }] });
    await next.reload(rig.beside, { members: ['a', 'b'], timeoutMs: 3000 });
    assert.equal((await haproxiesOf(rig.script)).length, 2, 'the connection keeps the old one');
    await rig.become('a', 'refusing');
    await rig.become('b', 'refusing');
    const { status, member, headers } = await askAgain();
    assert.deepEqual(
      { status, member, connection: headers['connection'] },
      { status: 200, member: 'c', connection: 'close' },
    );
    agent.destroy();
    while ((await haproxiesOf(rig.script)).length > 1) await pause(20);
  });

  it('leads to all it had again where the new configuration is not taken', async () => {
    const next = await rig.reopen({ ...pair, members: [{ name: 'c' }] });
    const deaf: RunBeside = async (command) =>
      command.includes('reload') ? { exitCode: 1, output: '' } : await rig.beside(command);
    await assert.rejects(next.reload(deaf, { members: ['a', 'b'], timeoutMs: 0 }), (error) =>
      isCode(error, 'TH_GATEWAY_REFUSED'),
    );
    assert.deepEqual(
      (await rig.gateway.read()).servers.map(({ traffic }) => traffic),
      ['in', 'in'],
    );
    assert.equal((await ask()).member, 'a');
  });

  it('finishes what it has while the new one crashes and is started again', async () => {
    const slow = ask(900);
    await pause(50);
    await reload(300);
    assert.equal((await haproxiesOf(rig.script)).length, 2);
    await rig.crash();
    assert.equal((await ask()).status, 200);
    assert.equal((await slow).status, 200);
    await pause(100);
    assert.equal((await haproxiesOf(rig.script)).length, 1);
  });

  it('does not stay for ever: of many, the oldest ends', async () => {
    const slow: Promise<RigResponse>[] = [];
    for (let reloads = 0; reloads < 6; reloads += 1) {
      slow.push(ask(4000));
      await pause(50);
      await reload(300 + reloads);
    }
    assert.equal((await slow[0])?.status, 0);
    assert.equal((await haproxiesOf(rig.script)).length, 6, 'five that finish what they have, and one that serves');
    assert.deepEqual(
      (await Promise.all(slow)).map(({ status }) => status),
      [0, 200, 200, 200, 200, 200],
    );
  });

  it('ends with everything else when the gateway is told to stop', async () => {
    const slow = ask(400);
    await pause(50);
    await reload(300);
    rig.script.kill('SIGUSR1');
    assert.equal((await slow).status, 200);
    if (rig.script.exitCode === null) await once(rig.script, 'exit');
    assert.equal(rig.script.exitCode, 0);
  });
});

interface HaproxyRig extends Rig {
  readonly script: ChildProcess;
  /** a file of the gateway's folder */
  file(name: string): string;
}

async function haproxyRig(options: RigOptions): Promise<HaproxyRig> {
  const ports = await freePorts(options.protocols.length);
  const config = rigConfig(options, ports);
  const members = new Map<string, Member>();
  /** those that are there keep their address */
  const withMembers = async (wanted: RigOptions): Promise<GatewayConfig> => {
    for (const { name, condition } of wanted.members) {
      if (members.has(name)) continue;
      const member = new Member(name, `127.0.0.${11 + members.size}`, ports);
      members.set(name, member);
      await member.become(condition ?? 'up');
    }
    const planned = rigConfig(wanted, ports);
    const address = (name: string): string => members.get(name)?.address ?? '';
    return { ...planned, members: planned.members.map((member) => ({ ...member, address: address(member.name) })) };
  };
  await withMembers(options);

  // Longer than a socket's address may be, as a state folder can be.
  const folder = join(await mkdtemp(join(tmpdir(), 'twinhull-gateway-')), 'x'.repeat(100));
  const driver = new HaproxyDriver({ image: 'none', user: '0:0' });
  await writeFolder(folder, driver.files(config));
  const script = spawn('/bin/sh', [join(folder, 'start.sh')], {
    env: { ...process.env, TWINHULL_BIND: '127.0.0.1' },
    stdio: 'ignore',
  });
  const gateway = driver.open(config, folder);
  await answers(gateway);

  return {
    gateway,
    script,
    file: (name) => join(folder, name),
    beside: async (command) => {
      const [file = '', ...argv] = command.map((word) => word.replace('/gw', folder));
      const env = { ...process.env, TWINHULL_BIND: '127.0.0.1', TWINHULL_PID: String(script.pid) };
      const { status, stdout, stderr } = spawnSync(file, argv, { env, encoding: 'utf8' });
      return { exitCode: status ?? -1, output: `${stderr}${stdout}` };
    },
    reopen: async (wanted) => driver.open(await withMembers(wanted), folder),
    ports,
    become: async (member, condition) => await members.get(member)?.become(condition),
    request,
    crash: async () => {
      process.kill((await haproxiesOf(script)).at(-1) ?? 0, 'SIGKILL');
      await pause(5);
      await answers(gateway);
    },
    close: async () => {
      if (script.exitCode === null) {
        script.kill('SIGTERM');
        await once(script, 'exit');
      }
      for (const member of members.values()) await member.become('refusing');
      await rm(join(folder, '..'), { recursive: true, force: true });
    },
  };
}

/** A member of the service: one HTTP server a port, that answers with its name. */
class Member {
  readonly #name: string;
  readonly address: string;
  readonly #ports: readonly number[];
  #servers: http.Server[] = [];
  #condition: MemberCondition = 'refusing';
  #hanging: (() => void)[] = [];

  constructor(name: string, address: string, ports: readonly number[]) {
    this.#name = name;
    this.address = address;
    this.#ports = ports;
  }

  async become(condition: MemberCondition): Promise<void> {
    this.#condition = condition;
    if (condition === 'refusing') await this.#stop();
    else await this.#listen();
    if (condition !== 'hung') for (const answer of this.#hanging.splice(0)) answer();
  }

  async #listen(): Promise<void> {
    if (this.#servers.length > 0) return;
    for (const port of this.#ports) {
      const server = http.createServer((incoming, response) => this.#serve(incoming, response));
      this.#servers.push(server);
      server.listen(port, this.address);
      await once(server, 'listening');
    }
  }

  async #stop(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    }
  }

  #serve(incoming: http.IncomingMessage, response: http.ServerResponse): void {
    const answer = (): void => {
      const sick = this.#condition === 'sick' && incoming.url === '/health';
      response.writeHead(sick ? 500 : 200, { 'x-member': this.#name }).end();
    };
    if (this.#condition === 'hung') this.#hanging.push(answer);
    else setTimeout(answer, Number(incoming.headers['x-takes-ms'] ?? 0));
  }
}

function request(
  port: number,
  options: { readonly method?: string; readonly takesMs?: number; readonly agent?: http.Agent } = {},
): Promise<RigResponse> {
  return new Promise((resolve) => {
    const cut: RigResponse = { status: 0, member: null, headers: {} };
    const headers = { 'x-takes-ms': String(options.takesMs ?? 0) };
    const outgoing = http.request(
      { host: '127.0.0.1', port, method: options.method ?? 'GET', headers, agent: options.agent ?? false },
      (response) => {
        response.resume();
        const { statusCode, headers: received } = response;
        const named = Object.fromEntries(Object.entries(received).map(([key, value]) => [key, String(value)]));
        resolve({ status: statusCode ?? 0, member: named['x-member'] ?? null, headers: named });
      },
    );
    outgoing.on('error', () => resolve(cut)).end();
  });
}

async function writeFolder(folder: string, texts: ReturnType<HaproxyDriver['files']>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, { text, mode }] of Object.entries(texts)) await writeFile(join(folder, name), text, { mode });
}

async function answers(gateway: Gateway): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (
      await gateway.read().then(
        () => true,
        () => false,
      )
    )
      return;
    await pause(10);
  }
  throw new Error('HAProxy did not start');
}

/** The one that serves last, those that finish what they have before it. */
async function haproxiesOf(script: Pick<ChildProcess, 'pid'>): Promise<number[]> {
  const children = await readFile(`/proc/${script.pid}/task/${script.pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () =>
    createServer((socket: Socket) => socket.destroy()).listen(0, '127.0.0.1'),
  );
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) server.close();
  return ports;
}
