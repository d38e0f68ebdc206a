import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isCode, TwinhullError } from '../errors.ts';
import type { EventRecord } from '../ports/store.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { ControlClient } from './control-client.ts';
import { type ControlServer, type ProjectControl, serveControl, type UpOptions } from './control.ts';

const upOptions: UpOptions = { removeOrphans: false, forceRecreate: false, waitTimeoutMs: null };
const fleet = { project: 'shop', services: [] } as unknown as Fleet;
const never = new AbortController().signal;

function control(changes: Partial<ProjectControl> = {}): ProjectControl {
  const refuse = (): never => {
    throw new Error('not asked for');
  };
  return {
    info: () => ({ pid: 7, startedAt: 1, version: '0', kind: 'process' }),
    status: async () => ({
      project: 'shop',
      supervised: true,
      frozen: '',
      freeze: null,
      emergency: null,
      unrecorded: null,
      services: [],
    }),
    why: refuse,
    events: refuse,
    up: refuse,
    failover: refuse,
    drill: refuse,
    order: refuse,
    restart: refuse,
    down: refuse,
    stop: refuse,
    ...changes,
  };
}

describe('the control socket', () => {
  let folder: string;
  let server: ControlServer | null;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'th-control-'));
    server = null;
  });
  afterEach(async () => {
    await server?.close();
    rmSync(folder, { recursive: true });
  });
  const at = (name = 'supervisor.sock'): string => join(folder, name);
  const serve = async (changes: Partial<ProjectControl>, path = at()): Promise<ControlClient> => {
    server = await serveControl(control(changes), path);
    return new ControlClient(path);
  };

  test('is open to its owner alone', async () => {
    await serve({});
    assert.equal(statSync(at()).mode & 0o777, 0o600);
  });

  test('status tells who supervises', async () => {
    const answer = await (await serve({})).status();
    assert.equal(answer?.supervisor.pid, 7);
    assert.equal(answer?.status?.project, 'shop');
  });

  test('nobody there: status is null, an operation says that the supervisor is silent', async () => {
    const client = new ControlClient(at());
    assert.equal(await client.status(), null);
    await assert.rejects(client.stop(never), (error) => isCode(error, 'TH_SUPERVISOR_SILENT'));
  });

  test('a socket that a killed supervisor left behind is nobody, and the next one takes its place', async () => {
    const dead = createServer().listen(at());
    await once(dead, 'listening');
    const { renameSync, linkSync } = await import('node:fs');
    linkSync(at(), at('kept'));
    dead.close();
    await once(dead, 'close');
    renameSync(at('kept'), at());
    assert.equal(await new ControlClient(at()).status(), null);
    assert.notEqual(await (await serve({})).status(), null);
  });

  test('progress comes line by line, then the result', async () => {
    const seen: string[] = [];
    const client = await serve({
      up: async (given, options, report) => {
        report({ at: 1, service: 'web', text: `create ${given.project}` });
        report({ at: 2, service: null, text: String(options.forceRecreate) });
        return { serving: ['web'], finished: [], notServing: [], orphans: [] };
      },
    });
    const result = await client.up(fleet, upOptions, ({ text }) => seen.push(text), never);
    assert.deepEqual(seen, ['create shop', 'false']);
    assert.deepEqual(result, { serving: ['web'], finished: [], notServing: [], orphans: [] });
  });

  test('an error keeps its code, its state and what to do next', async () => {
    const failure = new TwinhullError('TH_SWITCH_REFUSED', 'web-backup is ill', {
      state: 'nothing moved',
      next: 'wait',
    });
    const client = await serve({ failover: () => Promise.reject(failure) });
    await assert.rejects(
      client.failover({ service: 'web', to: null }, () => undefined, never),
      failure,
    );
  });

  test('why is asked by name, and an unknown one is refused as such', async () => {
    const explanation = {
      name: 'web',
      service: 'web',
      is: 'serving',
      since: null,
      reason: '',
      facts: [],
      next: [],
    } as const;
    const client = await serve({
      why: async (name) => {
        if (name !== 'we b/x') throw new TwinhullError('TH_UNKNOWN_NAME', 'no such');
        return { ...explanation, members: [] };
      },
    });
    assert.equal((await client.why('we b/x')).is, 'serving');
    await assert.rejects(client.why('web'), (error) => isCode(error, 'TH_UNKNOWN_NAME'));
  });

  test('orders come through as they were given', async () => {
    const heard: unknown[] = [];
    const order: ProjectControl['order'] = async (given) => {
      heard.push(given);
      return ['told'];
    };
    const client = await serve({ order });
    const orders = [
      { kind: 'freeze_asked', reason: 'moving' },
      { kind: 'thaw_asked' },
      { kind: 'maintenance_asked', service: 'web', on: true, until: 5 },
      { kind: 'maintenance_asked', service: 'web', on: false, until: null },
    ] as const;
    for (const given of orders) assert.deepEqual(await client.order(given, never), ['told']);
    assert.deepEqual(heard, orders);
  });

  test('a request without what it needs is refused as bad usage', async () => {
    const client = await serve({});
    await assert.rejects(
      client.restart({ target: '' }, () => undefined, never),
      (error) => isCode(error, 'TH_USAGE'),
    );
  });

  test('a caller that leaves ends its operation', async () => {
    const leave = new AbortController();
    const begun = Promise.withResolvers<AbortSignal>();
    const client = await serve({
      up: (_fleet, _options, _report, signal) => {
        begun.resolve(signal);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('left'))));
      },
    });
    const call = client.up(fleet, upOptions, () => undefined, leave.signal).catch(() => 'ended');
    const signal = await begun.promise;
    leave.abort();
    assert.equal(await call, 'ended');
    if (!signal.aborted) await once(signal, 'abort');
  });

  test('events are told as they come, until the caller has enough', async () => {
    const event = (id: number): EventRecord => ({
      id,
      time: id,
      kind: 'lead',
      service: 'web',
      member: null,
      incident: null,
      message: 'm',
    });
    const client = await serve({
      events: async function* (selection) {
        yield event((selection.afterId ?? 0) + 1);
        yield event((selection.afterId ?? 0) + 2);
      },
    });
    const ids: number[] = [];
    for await (const { id } of client.events({ afterId: 4, follow: true }, never)) ids.push(id);
    assert.deepEqual(ids, [5, 6]);
  });

  test('a path longer than the kernel takes works for both sides', async () => {
    const deep = join(folder, 'x'.repeat(120));
    mkdirSync(deep);
    const path = join(deep, 'supervisor.sock');
    const client = await serve({}, path);
    assert.notEqual(await client.status(), null);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test('a supervisor that vanishes in the middle is no success', async () => {
    const client = await serve({
      down: () => new Promise(() => void setTimeout(() => void server?.close(), 50)),
    });
    await assert.rejects(
      client.down({ volumes: false, timeoutSeconds: null }, () => undefined, never),
      (error) => isCode(error, 'TH_SUPERVISOR_SILENT'),
    );
  });
});
