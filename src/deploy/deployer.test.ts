import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MemorySite } from '../../test/support/memory-site.ts';
import type { Service } from '../compose/project.ts';
import type { GatewayPlan, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';

const services = {
  db: { image: 'db:1', 'x-twinhull': { mode: 'single' } },
  web: { image: 'web:1', ports: [{ target: 80, protocol: 'tcp' }], 'x-twinhull': { mode: 'pair' } },
} satisfies Record<string, Service>;

describe('what the supervisor makes anew', () => {
  let site: MemorySite;
  let db: ServicePlan;
  let web: ServicePlan;
  const { signal } = new AbortController();
  beforeEach(async () => {
    site = new MemorySite();
    await site.up(services);
    const fleet = await site.fleet(services);
    [db, web] = fleet.services as [ServicePlan, ServicePlan];
  });
  afterEach(() => site.remove());

  const only = (service: ServicePlan): MemberPlan => service.members[0] as MemberPlan;
  const mounts = async (): Promise<unknown> =>
    (await site.containers())['db-1']?.mounts.map(({ name, destination }) => [name, destination]);

  it('is a member: another container, the same data', async () => {
    const before = [await mounts(), (await site.containers())['db-1']?.id];
    await site.rebuilding().member(db, only(db), true, signal);
    assert.deepEqual(await mounts(), before[0]);
    const { id, state } = (await site.containers())['db-1'] ?? {};
    assert.notEqual(id, before[1]);
    assert.equal(state, 'running');
  });

  it('is a member that is gone', async () => {
    await site.engine.removeContainer('shop-db-1', { force: true, volumes: false });
    await site.rebuilding().member(db, only(db), true, signal);
    assert.equal((await site.containers())['db-1']?.state, 'running');
  });

  it('deploys nothing: the image stays, though its name means another one by now', async () => {
    const before = (await site.containers())['db-1']?.imageId ?? '';
    const image = await site.engine.inspectImage('db:1');
    site.engine.addImage(before, image ?? {});
    site.engine.addImage('db:1', { id: 'sha256:new', volumes: ['/data'] });
    await site.rebuilding().member(db, only(db), true, signal);
    assert.equal((await site.containers())['db-1']?.imageId, before);
  });

  it('is finished by a second call, wherever the first one died', async () => {
    const data = await mounts();
    for (let call = 1; call < 10; call++) {
      for (const when of ['before', 'after'] as const) {
        await site
          .rebuilding({ call, when })
          .member(db, only(db), true, signal)
          .catch(() => undefined);
        await site.rebuilding().member(db, only(db), true, signal);
        assert.deepEqual(Object.keys(await site.containers()), ['db-1', 'web-1', 'web-backup-1', 'web-primary-1']);
        assert.deepEqual(await mounts(), data, `died ${when} call ${call}`);
      }
    }
  });

  it('is a gateway, with the leader and the states that lie in its folder', async () => {
    const path = join(site.stateFolder, 'gateways', 'web', 'gateway.json');
    writeFileSync(path, 'as it stands');
    const before = (await site.containers())['web-1']?.id;
    await site.rebuilding().gateway(web, web.gateway as GatewayPlan, signal);
    assert.equal(readFileSync(path, 'utf8'), 'as it stands');
    const { id, state } = (await site.containers())['web-1'] ?? {};
    assert.notEqual(id, before);
    assert.equal(state, 'running');
  });

  it('is nothing, after a down of another tool: what it left is cleared away', async () => {
    await site.engine.removeContainer('shop-web-1', { force: true, volumes: false });
    await site.rebuilding().clearAway(signal);
    assert.deepEqual(await site.containers(), {});
  });
});
