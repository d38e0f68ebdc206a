import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment, webService } from '../../support/deployment.ts';
import { losesNothing } from '../../support/under-load.ts';

const PORT = 18086;
const URL = `http://127.0.0.1:${PORT}`;
const compose = (replicas: number, interval: string, mode = 'cluster'): string => `services:
  web:${webService(`
ports: ["${PORT}:80"]
${mode === 'cluster' ? `deploy: { replicas: ${replicas} }` : ''}
x-twinhull: { mode: ${mode}, gateway: { check: { path: /health, interval: ${interval} } } }`)}
`;

describe('a gateway gets another configuration while it serves', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment('th-reload', compose(3, '500ms'));
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  const gateway = async (): Promise<string> =>
    (await web.docker('ps', '-q', '--no-trunc', '--filter', 'label=twinhull.role=gateway')).stdout;

  const pidAndRestarts = async (id: string): Promise<[number, number]> => {
    const { stdout } = await web.docker('inspect', '-f', '{{.State.Pid}} {{.RestartCount}}', id);
    const [pid = 0, restarts = 0] = stdout.split(' ').map(Number);
    return [pid, restarts];
  };

  const change = async (replicas: number, interval: string, mode?: string): Promise<void> => {
    web.edit(compose(replicas, interval, mode));
    const { code, stdout, stderr } = await web.twinhull('up', '-d');
    assert.equal(code, 0, stderr);
    assert.match(`${stdout}${stderr}`, /reload th-reload-web-1 /);
  };

  test('an edited setting, a cluster that grows and shrinks: no request fails, what was open stays open', async () => {
    const container = await gateway();
    const slow = fetch(`${URL}/?ms=20000`);
    const socket = await upgraded();
    await losesNothing(PORT, () => change(3, '600ms'));
    await losesNothing(PORT, () => change(5, '600ms'));
    await losesNothing(PORT, () => change(3, '600ms'));
    assert.equal(await echo(socket, 'still here'), 'still here');
    socket.destroy();
    assert.equal((await slow).status, 200);
    assert.equal(await gateway(), container);
    await web.allHealthy('web');
  });

  test('a cluster becomes a pair, with other members, and a cluster again: no request fails', async () => {
    await losesNothing(PORT, () => change(3, '600ms', 'pair'));
    await web.allHealthy('web');
    await losesNothing(PORT, () => change(3, '600ms'));
    await web.allHealthy('web');
  });

  test('what is up to date is left alone', async () => {
    const { stdout, stderr } = await web.twinhull('up', '-d');
    assert.doesNotMatch(`${stdout}${stderr}`, /reload/);
  });

  test('the supervisor listens to the one that serves: a dead member is noticed and repaired', async () => {
    const before = (await web.service('web')).lastIncident?.id;
    await web.docker('kill', await web.container('web-2'));
    await web.until('the incident is over', 30_000, ({ services }) => {
      const incident = services[0]?.lastIncident;
      return incident?.id !== before && incident?.endedAt !== null;
    });
    await web.allHealthy('web');
  });

  test('Docker starts it again after it was killed, as before it was reloaded', async () => {
    const id = (await gateway()).trim();
    const [pid, restarts] = await pidAndRestarts(id);
    process.kill(pid, 'SIGKILL');
    await sleep(3000);
    assert.equal((await fetch(`${URL}/`)).status, 200);
    assert.equal((await gateway()).trim(), id);
    assert.equal((await pidAndRestarts(id))[1], restarts + 1, 'a start by somebody else would not count');
  });
});

async function upgraded(): Promise<Socket> {
  const request = http.get(URL, { agent: false, headers: { Connection: 'Upgrade', Upgrade: 'echo' } });
  const [, socket] = (await once(request, 'upgrade')) as [http.IncomingMessage, Socket];
  return socket;
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  return String((await once(socket, 'data', { signal: AbortSignal.timeout(3000) }))[0]);
}
