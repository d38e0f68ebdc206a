import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { isCode, TwinhullError } from '../errors.ts';
import { explained } from './explained.ts';
import type { Step } from './steps.ts';

const step: Step = {
  id: 'start:shop-web-1',
  after: [],
  service: 'web',
  kind: 'start_container',
  name: 'shop-web-1',
  paused: false,
  restartPolicy: null,
};
const refused = (why: string): TwinhullError =>
  new TwinhullError(
    'TH_ENGINE_REFUSED',
    `driver failed programming external connectivity on endpoint shop-web-1 (eaafcf2e42ab): ${why}`,
  );

async function messageOf(why: string): Promise<string> {
  const error = await explained(refused(why), step, new AbortController().signal);
  assert.ok(isCode(error, 'TH_PORT_IN_USE'));
  return error.message;
}

test('a port of the host that a process holds: one line with the port, its holder and what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const message = await messageOf(
    `Error starting userland proxy: listen tcp4 0.0.0.0:${port}: bind: address already in use`,
  );
  server.close();
  assert.match(
    message,
    new RegExp(
      `^port ${port} of the host, which web publishes, is taken by \\S+ \\(process ${process.pid}\\); stop it, or publish another port$`,
    ),
  );
});

test('a port whose holder cannot be seen, in the words of every engine', async () => {
  const expected = 'port 1 of the host, which web publishes, is taken; stop what holds it, or publish another port';
  for (const why of [
    'Error starting userland proxy: listen tcp4 0.0.0.0:1: bind: address already in use',
    'failed to bind host port for 0.0.0.0:1:172.18.0.2:80/tcp: address already in use',
    'Bind for 0.0.0.0:1 failed: port is already allocated',
    'Bind for :::1 failed: port is already allocated',
    'Ports are not available: exposing port TCP 127.0.0.1:1 -> 0.0.0.0:0: listen tcp 127.0.0.1:1: bind: address already in use',
  ])
    assert.equal(await messageOf(why), expected);
});
