import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MemorySite } from '../../test/support/memory-site.ts';
import type { Service } from '../compose/project.ts';
import type { GatewayConfig, GatewayReading } from '../ports/gateway.ts';

const db = (release = '1', changes: Service = {}): Service => ({
  image: 'db:1',
  restart: 'unless-stopped',
  expose: ['6379'],
  environment: { RELEASE: release },
  volumes: [{ type: 'volume', source: 'data', target: '/data' }],
  stop_grace_period: '3s',
  'x-twinhull': { mode: 'pair' },
  ...changes,
});
const withoutGateway = (release = '1'): Service => db(release, { 'x-twinhull': { mode: 'pair', gateway: 'none' } });
const lone = (release = '1'): Service => db(release, { 'x-twinhull': { mode: 'single' } });
const shared = (release = '1'): Service => db(release, { 'x-twinhull': { mode: 'pair', shared_volumes: true } });
const warm = (release = '1'): Service =>
  db(release, { image: 'web:1', volumes: [], expose: ['80'], 'x-twinhull': { mode: 'pair', standby: 'warm' } });

const MEMBERS = ['db-primary-1', 'db-backup-1'];

describe('up of a pair of which one writes', () => {
  let site: MemorySite;
  beforeEach(() => (site = new MemorySite()));
  afterEach(() => site.remove());

  const up = async (service: Service): Promise<void> => {
    const { notServing } = await site.up({ db: service });
    assert.deepEqual(notServing, [], site.lines.join('\n'));
  };
  const atWork = async (): Promise<string[]> => (await site.running()).filter((name) => MEMBERS.includes(name));
  const release = async (name: string): Promise<string> => {
    const container = (await site.containers())[name];
    return container?.labels['twinhull.config-hash'] ?? '';
  };
  const configOf = async (service: Service): Promise<GatewayConfig> => {
    const config = (await site.fleet({ db: service })).services[0]?.gateway?.config;
    assert.ok(config);
    return config;
  };
  const reading = async (service: Service): Promise<GatewayReading> => site.gateway(await configOf(service)).read();
  const takingTraffic = async (service: Service): Promise<string[]> =>
    (await reading(service)).servers.filter(({ traffic }) => traffic === 'in').map(({ member }) => member);
  /** As a supervisor leaves it after a failover. */
  const failOver = async (service: Service): Promise<void> => {
    const gateway = site.gateway(await configOf(service));
    await gateway.takeOut('db-primary');
    await site.engine.stopContainer('shop-db-primary-1', {});
    await site.engine.startContainer('shop-db-backup-1');
    await gateway.putIn('db-backup', 10_000);
    await gateway.lead('db-backup');
  };
  const position = (what: RegExp): number => site.calls.findIndex((call) => what.test(call));

  for (const [where, make] of [
    ['with a gateway', db],
    ['without one', withoutGateway],
  ] as const) {
    it(`creates both, starts one, and finds nothing to do the next time: ${where}`, async () => {
      await up(make());
      assert.deepEqual(await atWork(), ['db-primary-1']);
      assert.equal((await site.containers())['db-backup-1']?.state, 'created');
      await up(make());
      assert.deepEqual(site.calls, []);
    });

    it(`changes the standby first, then the one that works, in its place: ${where}`, async () => {
      await up(make('1'));
      await up(make('2'));
      assert.deepEqual(site.writers.second, []);
      assert.deepEqual(await atWork(), ['db-primary-1']);
      assert.equal((await site.containers())['db-backup-1']?.state, 'created');
      const [backup, primary] = [
        position(/^createContainer shop-db-backup/),
        position(/^createContainer shop-db-primary/),
      ];
      assert.ok(backup >= 0 && backup < primary, site.calls.join('\n'));
      assert.ok(
        site.lines.some((line) =>
          /^recreate shop-db-primary-1 .*nothing of db serves until it has started$/.test(line),
        ),
        site.lines.join('\n'),
      );
    });

    it(`stops the second one that somebody has started, by force, and starts nothing beside it: ${where}`, async () => {
      await up(make());
      await site.engine.startContainer('shop-db-backup-1');
      site.writers.second.length = 0;
      await up(make());
      assert.deepEqual(await atWork(), ['db-primary-1']);
      assert.equal((await site.containers())['db-backup-1']?.exitCode, 137);
      assert.deepEqual(site.writers.second, []);
    });

    it(`is finished by the next one wherever it dies, and two never run: ${where}`, async () => {
      for (const before of [null, make('1'), lone('1'), shared('1')]) {
        for (let call = 1, isOver = false; !isOver; call++) {
          for (const when of ['before', 'after'] as const) {
            site.remove();
            site = new MemorySite();
            if (before) await up(before);
            site.writers.second.length = 0; // both of a shared pair run before
            isOver = await site.up({ db: make('2') }, {}, { call, when }).then(
              ({ notServing }) => notServing.length === 0,
              () => false,
            );
            await up(make('2'));
            assert.deepEqual(site.writers.second, [], `call ${call}, ${when}\n${site.lines.join('\n')}`);
            assert.deepEqual(await atWork(), ['db-primary-1'], `call ${call}, ${when}`);
          }
        }
      }
    });
  }

  it('leaves the backup at work after a failover, and changes it in its place', async () => {
    await up(db('1'));
    await failOver(db('1'));
    await up(db('1'));
    assert.deepEqual(site.calls, []);
    await up(db('2'));
    assert.deepEqual(site.writers.second, []);
    assert.deepEqual(await atWork(), ['db-backup-1']);
    assert.equal((await reading(db('2'))).leader, 'db-backup');
    assert.ok(position(/^createContainer shop-db-primary/) < position(/^createContainer shop-db-backup/));
    assert.notEqual(await release('db-primary-1'), '');
  });

  it('starts the one that led when both were stopped, and lets it in', async () => {
    await up(db());
    await failOver(db());
    await site.engine.stopContainer('shop-db-backup-1', {});
    await up(db());
    assert.deepEqual(await atWork(), ['db-backup-1']);
    assert.deepEqual(await takingTraffic(db()), ['db-backup']);
  });

  it('makes a new gateway know that the backup works', async () => {
    await up(db());
    await failOver(db());
    await up(db('1', { expose: ['6379', '6380'] }));
    assert.deepEqual(site.writers.second, []);
    assert.deepEqual(await atWork(), ['db-backup-1']);
    assert.ok((await reading(db('1', { expose: ['6379', '6380'] }))).serving);
  });

  it('stops a lone container before it becomes a pair, and the pair before it becomes one', async () => {
    await up(lone());
    await up(db());
    assert.deepEqual(site.writers.second, []);
    assert.deepEqual(await site.running(), ['db-1', 'db-primary-1']);
    await up(lone());
    assert.deepEqual(site.writers.second, []);
    assert.deepEqual(await site.running(), ['db-1']);
  });

  it('of two that might share their data leaves one when they may no longer', async () => {
    await up(shared());
    assert.equal((await atWork()).length, 2);
    site.writers.second.length = 0;
    await up(db());
    assert.deepEqual(site.writers.second, []);
    assert.deepEqual(await atWork(), ['db-primary-1']);
  });

  it('replaces one that does not run by one that does not run, and refuses to start a second one', async () => {
    await up(db());
    const [service] = (await site.fleet({ db: db() })).services;
    const backup = service?.members[1];
    assert.ok(service && backup);
    const { signal } = new AbortController();
    await site.rebuilding().member(service, backup, false, signal);
    assert.deepEqual(await atWork(), ['db-primary-1']);
    await assert.rejects(site.rebuilding().member(service, backup, true, signal), /db-primary-1 is not proven stopped/);
    assert.deepEqual(await atWork(), ['db-primary-1']);
    assert.deepEqual(site.writers.second, []);
  });

  it('puts a container back that was being replaced, and does not start it when the other one runs by now', async () => {
    await up(db());
    await site.engine.stopContainer('shop-db-primary-1', {});
    await site.engine.renameContainer('shop-db-primary-1', 'shop-db-primary-1.replaced-started');
    await site.engine.startContainer('shop-db-backup-1');
    await site.finishBegun(await site.fleet({ db: db() }));
    assert.deepEqual(await atWork(), ['db-backup-1']);
    assert.match(site.lines[0] ?? '', /is not started, since shop-db-backup-1 runs and writes the same data/);
  });
});

describe('up of a pair of which one is paused', () => {
  let site: MemorySite;
  beforeEach(() => (site = new MemorySite()));
  afterEach(() => site.remove());

  const states = async (): Promise<string[]> => {
    const containers = await site.containers();
    return MEMBERS.map((name) => containers[name]?.state ?? 'absent');
  };

  it('starts both, and leaves alone the one that a supervisor has paused', async () => {
    await site.up({ db: warm() });
    assert.deepEqual(await states(), ['running', 'running']);
    await site.engine.pauseContainer('shop-db-backup-1');
    await site.up({ db: warm() });
    assert.deepEqual(site.calls, []);
    assert.deepEqual(await states(), ['running', 'paused']);
  });

  it('rolls both: the paused one first, and it is let in before the other one is stopped', async () => {
    await site.up({ db: warm('1') });
    await site.engine.pauseContainer('shop-db-backup-1');
    const { notServing } = await site.up({ db: warm('2') });
    assert.deepEqual(notServing, [], site.lines.join('\n'));
    assert.deepEqual(await states(), ['running', 'running']);
    const order = [
      /^createContainer shop-db-backup/,
      /^putIn db-backup/,
      /^lead db-backup/,
      /^createContainer shop-db-primary/,
    ];
    const at = order.map((what) => site.calls.findIndex((call) => what.test(call)));
    assert.deepEqual(
      at,
      at.toSorted((one, other) => one - other),
      site.calls.join('\n'),
    );
    assert.ok(
      at.every((index) => index >= 0),
      site.calls.join('\n'),
    );
  });
});
