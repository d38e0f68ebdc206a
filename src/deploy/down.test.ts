import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MemorySite } from '../../test/support/memory-site.ts';
import type { Service } from '../compose/project.ts';
import { wavesOf } from './down.ts';

const services = {
  db: { image: 'db:1', 'x-twinhull': { mode: 'single' } },
  web: {
    image: 'web:1',
    ports: [{ target: 80, protocol: 'tcp' }],
    'x-twinhull': { mode: 'pair' },
    depends_on: { db: { condition: 'service_started', required: true } },
  },
} satisfies Record<string, Service>;

describe('down', () => {
  let site: MemorySite;
  beforeEach(async () => {
    site = new MemorySite();
    await site.up(services);
  });
  afterEach(() => site.remove());

  it('ends gateways first, then members, then what they depend on', async () => {
    const waves = wavesOf(Object.values(await site.containers()), await site.fleet(services));
    assert.deepEqual(
      waves.map((wave) => wave.map(({ name }) => name).sort()),
      [['shop-web-1'], ['shop-web-backup-1', 'shop-web-primary-1'], ['shop-db-1']],
    );
  });

  it('ends gateways first also where only labels are known', async () => {
    const [first] = wavesOf(Object.values(await site.containers()), null);
    assert.deepEqual(
      first?.map(({ name }) => name),
      ['shop-web-1'],
    );
  });

  it('leaves nothing but volumes, and has nothing to do the second time', async () => {
    const volume = (await site.containers())['db-1']?.mounts[0]?.name ?? '';
    await site.down();
    assert.deepEqual(await site.containers(), {});
    assert.deepEqual(await site.engine.listNetworks({ labels: { 'com.docker.compose.project': 'shop' } }), []);
    assert.ok(await site.engine.inspectVolume(volume));
    await site.down();
    assert.deepEqual([site.calls, site.lines], [[], []]);
  });

  it('removes volumes when asked, those nobody named too', async () => {
    const volume = (await site.containers())['db-1']?.mounts[0]?.name ?? '';
    await site.down(null, { volumes: true });
    assert.equal(await site.engine.inspectVolume(volume), null);
  });

  it('leaves a network that others use, and says so', async () => {
    const id = await site.engine.createContainer('guest', {
      Image: 'web:1',
      Labels: {},
      HostConfig: {},
      Networks: [{ network: 'shop_default', aliases: [] }],
    });
    await site.engine.startContainer(id);
    await site.down();
    assert.ok(
      site.lines.some((line) => /shop_default is still in use/.test(line)),
      site.lines.join('\n'),
    );
  });

  it('goes on with the rest when one container cannot be removed, and names it', async () => {
    const stuck = (await site.containers())['db-1']?.id;
    const remove = site.engine.removeContainer.bind(site.engine);
    site.engine.removeContainer = (id, ...rest) =>
      id === stuck ? Promise.reject(new Error('it hangs')) : remove(id, ...rest);
    await assert.rejects(site.down(), /shop-db-1: it hangs/);
    assert.deepEqual(Object.keys(await site.containers()), ['db-1']);
  });

  describe('beside another project of the same name', () => {
    const theirs = async (service: string): Promise<string> => {
      const id = await site.engine.createContainer(`shop_${service}_1`, {
        Image: 'web:1',
        Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': service },
        HostConfig: {},
        Networks: [],
      });
      await site.engine.startContainer(id);
      return id;
    };

    for (const known of [true, false]) {
      it(`leaves its containers alone, fleet ${known ? 'known' : 'lost'}`, async () => {
        const id = await theirs('cron');
        await site.down(known ? await site.fleet(services) : null);
        assert.equal((await site.engine.inspectContainer(id))?.state, 'running');
        assert.equal(Object.keys(await site.containers()).length, 1);
        assert.match(site.lines.join('\n'), /left alone: shop_cron_1/);
      });
    }

    it('takes away what Compose made of a service of ours', async () => {
      const id = await theirs('web');
      await site.down(await site.fleet(services));
      assert.equal(await site.engine.inspectContainer(id), null);
    });

    it('leaves its volumes alone, even when asked to remove ours', async () => {
      await site.engine.createVolume({ name: 'shop_precious', labels: { 'com.docker.compose.project': 'shop' } });
      await site.down(await site.fleet(services), { volumes: true });
      assert.ok(await site.engine.inspectVolume('shop_precious'));
    });
  });
});
