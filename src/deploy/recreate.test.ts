import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { VirtualClock } from '../../test/support/memory-site.ts';
import { MemoryEngine } from '../adapters/memory/engine.ts';
import type { Container, ContainerSpec } from '../ports/engine.ts';
import { carryVolumes, recoverReplaced, recreateContainer } from './recreate.ts';

const Labels = { 'com.docker.compose.project': 'shop', 'twinhull.service': 'db' };
const spec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  Image: 'db:1',
  Labels,
  HostConfig: {},
  Networks: [],
  ...more,
});

describe('recreateContainer', () => {
  let clock: VirtualClock;
  let engine: MemoryEngine;
  beforeEach(() => {
    clock = new VirtualClock();
    engine = new MemoryEngine({ clock });
    engine.addImage('db:1', { volumes: ['/data'] });
  });

  const names = async (): Promise<string[]> =>
    (await engine.listContainers({})).map(({ name, state }) => `${name} ${state}`).sort();

  async function running(): Promise<string> {
    const id = await engine.createContainer('db', spec());
    await engine.startContainer(id);
    return id;
  }

  it('leaves one container, new, running, under the old name', async () => {
    const old = await running();
    const fresh = await recreateContainer({ engine, clock }, old, {
      name: 'db',
      spec: spec(),
      start: true,
      stopTimeoutMs: 1000,
    });
    assert.notEqual(fresh, old);
    assert.deepEqual(await names(), ['db running']);
  });

  it('creates one where there is none', async () => {
    await recreateContainer({ engine, clock }, 'db', { name: 'db', spec: spec(), start: false, stopTimeoutMs: null });
    assert.deepEqual(await names(), ['db created']);
  });

  it('takes a paused one away, which cannot hear a polite signal', async () => {
    const old = await running();
    await engine.pauseContainer(old);
    await recreateContainer({ engine, clock }, old, { name: 'db', spec: spec(), start: true, stopTimeoutMs: 600_000 });
    assert.deepEqual(await names(), ['db running']);
  });

  it('puts the old one back, running, when the new one cannot be created', async () => {
    const old = await running();
    const wanted = { name: 'db', spec: spec({ Image: 'nowhere:1' }), start: true, stopTimeoutMs: 1000 };
    await assert.rejects(recreateContainer({ engine, clock }, old, wanted));
    assert.deepEqual(await names(), ['db running']);
    assert.equal((await engine.inspectContainer('db'))?.id, old);
  });

  it('puts the old one back, running, when the new one cannot be started', async () => {
    await engine.createNetwork({ name: 'net', labels: {}, ipam: { config: [{ subnet: '10.9.0.0/24' }] } });
    const Networks = [{ network: 'net', aliases: [], ipv4Address: '10.9.0.5' }];
    await engine.startContainer(await engine.createContainer('holder', spec({ Networks })));
    const old = await running();
    await assert.rejects(
      recreateContainer({ engine, clock }, old, {
        name: 'db',
        spec: spec({ Networks }),
        start: true,
        stopTimeoutMs: 1000,
      }),
      /address/i,
    );
    assert.deepEqual(await names(), ['db running', 'holder running']);
    assert.equal((await engine.inspectContainer('db'))?.id, old);
  });

  describe('a replacement that nobody finished', () => {
    it('is undone while the new one had not started: the old one runs again', async () => {
      const old = await running();
      await engine.renameContainer(old, 'db.replaced-started');
      await engine.createContainer('db', spec());
      await engine.stopContainer(old, {});
      await recoverReplaced(engine, 'shop');
      assert.deepEqual(await names(), ['db running']);
      assert.equal((await engine.inspectContainer('db'))?.id, old);
    });

    it('is finished once the new one had started', async () => {
      const old = await running();
      await engine.renameContainer(old, 'db.replaced-started');
      await engine.stopContainer(old, {});
      const fresh = await running();
      await recoverReplaced(engine, 'shop');
      assert.deepEqual(await names(), ['db running']);
      assert.equal((await engine.inspectContainer('db'))?.id, fresh);
    });

    it('does not start a standby that was not to run', async () => {
      const old = await engine.createContainer('db.replaced-idle', spec());
      await recoverReplaced(engine, 'shop');
      assert.deepEqual(await names(), ['db created']);
      assert.equal((await engine.inspectContainer('db'))?.id, old);
    });

    it('of another name is left to whoever works on it', async () => {
      await engine.createContainer('db.replaced-idle', spec());
      await recoverReplaced(engine, 'shop', undefined, 'web');
      assert.deepEqual(await names(), ['db.replaced-idle created']);
    });
  });
});

describe('carryVolumes', () => {
  const hex = 'a'.repeat(64);
  const mount = (changes: Partial<Container['mounts'][number]>): Container['mounts'][number] => ({
    type: 'volume',
    name: hex,
    source: '',
    destination: '/data',
    writable: true,
    ...changes,
  });
  const carried = (wanted: ContainerSpec, mounts: Container['mounts'], image: readonly string[] = ['/data']): unknown =>
    carryVolumes(wanted, { mounts }, image).HostConfig['Mounts'];

  it('mounts what the image declares where it was', () => {
    assert.deepEqual(carried(spec(), [mount({})]), [{ Type: 'volume', Source: hex, Target: '/data', ReadOnly: false }]);
  });

  it('gives a nameless volume of the file its old content', () => {
    const wanted = spec({
      HostConfig: {
        Mounts: [
          { Type: 'volume', Target: '/data' },
          { Type: 'volume', Source: 'kept', Target: '/kept' },
        ],
      },
    });
    assert.deepEqual(carried(wanted, [mount({})], []), [
      { Type: 'volume', Source: 'kept', Target: '/kept' },
      { Type: 'volume', Source: hex, Target: '/data', ReadOnly: false },
    ]);
  });

  for (const [what, wanted, mounts, image] of [
    ['a named volume', spec(), [mount({ name: 'pgdata' })], ['/data']],
    ['a folder of the host', spec(), [mount({ type: 'bind', name: '' })], ['/data']],
    ['what nobody declares any more', spec(), [mount({})], []],
    [
      'a path with a mount of its own now',
      spec({ HostConfig: { Mounts: [{ Type: 'bind', Source: '/x', Target: '/data' }] } }),
      [mount({})],
      ['/data'],
    ],
    ['a path with a bind of its own now', spec({ HostConfig: { Binds: ['/x:/data:ro'] } }), [mount({})], ['/data']],
    ['a path with a tmpfs now', spec({ HostConfig: { Tmpfs: { '/data': '' } } }), [mount({})], ['/data']],
  ] as const) {
    it(`does not carry ${what}`, () => {
      assert.equal(carryVolumes(wanted, { mounts }, image), wanted);
    });
  }
});
