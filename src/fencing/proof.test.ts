import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { VirtualClock } from '../../test/support/memory-site.ts';
import { MemoryEngine } from '../adapters/memory/engine.ts';
import type { MemberPlan } from '../redundancy/fleet.ts';
import { fence, type Fenced, refuseSecondWriter } from './proof.ts';

const member = (role: 'primary' | 'backup'): MemberPlan => {
  const composeService = `db-${role}`;
  return {
    name: composeService,
    role,
    composeService,
    number: 1,
    containerName: `shop-${composeService}-1`,
    spec: { Image: 'db:1', Labels: {}, HostConfig: {}, Networks: [] },
    address: null,
    startsAtUp: role === 'primary',
    hash: '',
  };
};
const [primary, backup] = [member('primary'), member('backup')];
const fenced: Fenced = { project: 'shop', service: { name: 'db', members: [primary, backup] } };

describe('proof', () => {
  let clock: VirtualClock;
  let engine: MemoryEngine;
  beforeEach(() => {
    clock = new VirtualClock();
    engine = new MemoryEngine({ clock });
    for (const name of ['db:1', 'old:1', 'mine:1']) engine.addImage(name);
  });

  async function make(
    name: string,
    composeService: string,
    more: { image?: string; volume?: string; role?: string } = {},
  ): Promise<string> {
    const { image = 'db:1', volume = 'data', role = 'primary' } = more;
    return engine.createContainer(name, {
      Image: image,
      Labels: {
        'com.docker.compose.project': 'shop',
        'com.docker.compose.service': composeService,
        'com.docker.compose.container-number': '1',
        'twinhull.service': 'db',
        'twinhull.role': role,
      },
      HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: '/data' }], RestartPolicy: { Name: 'always' } },
      Networks: [],
    });
  }
  const refusal = (id: string): Promise<string> =>
    refuseSecondWriter(engine, fenced, id, {}).then(
      () => '',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );

  it('is that nothing of the other one runs; paused is running', async () => {
    const [one, other] = [await make('shop-db-primary-1', 'db-primary'), await make('shop-db-backup-1', 'db-backup')];
    assert.equal(await refusal(other), '');
    await engine.startContainer(one);
    assert.match(await refusal(other), /^shop-db-primary-1 is not proven stopped \(it is running\)/);
    assert.equal(await refusal(one), '', 'itself is no rival');
    await engine.pauseContainer(one);
    assert.match(await refusal(other), /it is paused/);
  });

  it('is none when the engine does not answer for that very container', async () => {
    const [one, other] = [await make('shop-db-primary-1', 'db-primary'), await make('shop-db-backup-1', 'db-backup')];
    engine.jam(one);
    assert.match(await refusal(other), /the engine does not answer for it/);
  });

  it('is asked of one that is being replaced, and of what was there before a change of mode', async () => {
    const other = await make('shop-db-backup-1', 'db-backup');
    await engine.startContainer(await make('shop-db-primary-1.replaced-started', 'db-primary'));
    assert.match(await refusal(other), /replaced-started is not proven stopped/);
    await fence({ engine, clock }, fenced, primary, new AbortController().signal);
    await engine.startContainer(await make('shop-db-1', 'db', { image: 'old:1' }));
    assert.match(await refusal(other), /^shop-db-1 is not proven stopped/);
  });

  it('is not asked of gateways, nor of what was committed from a member and writes nothing of it', async () => {
    const other = await make('shop-db-backup-1', 'db-backup');
    await engine.startContainer(await make('shop-db-1', 'db', { role: 'gateway' }));
    await engine.startContainer(await make('copy', 'db-primary', { image: 'mine:1', volume: 'elsewhere' }));
    assert.equal(await refusal(other), '');
  });

  it('is brought about by force: a paused one too, and the engine does not bring it back', async () => {
    const one = await make('shop-db-primary-1', 'db-primary');
    await engine.startContainer(one);
    await engine.pauseContainer(one);
    await fence({ engine, clock }, fenced, primary, new AbortController().signal);
    const found = await engine.inspectContainer(one);
    assert.deepEqual([found?.state, found?.exitCode, found?.restartPolicy], ['exited', 137, 'no']);
  });

  it('is not that the engine took the signal: SIGKILL takes effect a little later', async () => {
    const one = await make('shop-db-primary-1', 'db-primary');
    await engine.startContainer(one);
    const kill = engine.killContainer.bind(engine);
    let isSent = false;
    engine.killContainer = async (id, signalName, call) => {
      if (isSent) return;
      isSent = true;
      void clock.sleep(300).then(() => kill(id, signalName, call));
    };
    await fence({ engine, clock }, fenced, primary, new AbortController().signal);
    assert.equal((await engine.inspectContainer(one))?.state, 'exited');
  });

  it('ends nobody else', async () => {
    const [one, other] = [await make('shop-db-primary-1', 'db-primary'), await make('shop-db-backup-1', 'db-backup')];
    await engine.startContainer(one);
    await engine.startContainer(other);
    await fence({ engine, clock }, fenced, backup, new AbortController().signal);
    assert.deepEqual(
      [(await engine.inspectContainer(one))?.state, (await engine.inspectContainer(other))?.state],
      ['running', 'exited'],
    );
  });

  it('is given up with the signal where the engine is stuck', async () => {
    const one = await make('shop-db-primary-1', 'db-primary');
    await engine.startContainer(one);
    engine.jam(one);
    const over = new AbortController();
    const waiting = fence({ engine, clock }, fenced, primary, over.signal);
    setTimeout(() => over.abort(new Error('no end')), 20);
    await assert.rejects(waiting);
  });
});
