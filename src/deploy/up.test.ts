import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Death, MemorySite } from '../../test/support/memory-site.ts';
import type { Service } from '../compose/project.ts';
import { TwinhullError } from '../errors.ts';
import { orphansOf } from './plan.ts';

const web = (release: string, changes: Service = {}): Service => ({
  image: 'web:1',
  environment: { RELEASE: release },
  ports: [{ target: 80, published: '8080', protocol: 'tcp' }],
  'x-twinhull': { mode: 'pair' },
  ...changes,
});
const db = (release: string, changes: Service = {}): Service => ({
  image: 'db:1',
  environment: { RELEASE: release },
  restart: 'unless-stopped',
  'x-twinhull': { mode: 'single' },
  ...changes,
});
const worker = (release: string): Service => ({
  image: 'web:1',
  environment: { RELEASE: release },
  'x-twinhull': { mode: 'pair', gateway: 'none', standby: 'cold' },
});

describe('up', () => {
  let site: MemorySite;
  beforeEach(() => {
    site = new MemorySite();
  });
  afterEach(() => site.remove());

  const states = async (): Promise<Record<string, string>> =>
    Object.fromEntries(Object.entries(await site.containers()).map(([name, { state }]) => [name, state]));

  it('creates everything before it starts anything, and pulls what is missing first', async () => {
    const result = await site.up({
      db: db('one'),
      web: web('one', { depends_on: { db: { condition: 'service_started', required: true } } }),
    });
    assert.deepEqual(result, { serving: ['db', 'web'], finished: [], notServing: [], orphans: [] });
    const kinds = site.calls.map((call) => call.split(' ')[0]);
    assert.equal(kinds[0], 'pullImage');
    assert.ok(kinds.lastIndexOf('createContainer') < kinds.indexOf('startContainer'), site.calls.join('\n'));
    assert.deepEqual(await states(), {
      'db-1': 'running',
      'web-1': 'running',
      'web-backup-1': 'running',
      'web-primary-1': 'running',
    });
  });

  it('says exactly what to do when the image of gateways cannot be pulled and a local one is there', async () => {
    site.engine.pullImage = () => Promise.reject(new TwinhullError('TH_ENGINE_REFUSED', 'no such host'));
    const failure = () =>
      site.up({ web: web('one') }).then(
        () => assert.fail('it came up'),
        (error: unknown) => error as TwinhullError,
      );
    const without = await failure();
    assert.equal(without.code, 'TH_IMAGE_UNAVAILABLE');
    assert.match(
      without.message,
      /^gateways need the image memory\/gateway:1, which could not be pulled: no such host$/,
    );
    assert.match(without.next, /export TWINHULL_GATEWAY_IMAGE=IMAGE/);
    site.engine.addImage('twinhull-local/haproxy:latest', {});
    assert.match((await failure()).next, /export TWINHULL_GATEWAY_IMAGE=twinhull-local\/haproxy:latest and run/);
    assert.deepEqual(await states(), {});
  });

  it('changes nothing the second time', async () => {
    await site.up({ db: db('one'), web: web('one'), worker: worker('one') });
    await site.up({ db: db('one'), web: web('one'), worker: worker('one') });
    assert.deepEqual(site.calls, []);
  });

  it('leaves alone what runs from an image that was committed from a member', async () => {
    await site.up({ web: web('one') });
    const labels = (await site.containers())['web-primary-1']?.labels ?? {};
    const id = await site.engine.createContainer('debug', {
      Image: 'web:1',
      Labels: labels,
      HostConfig: {},
      Networks: [],
    });
    await site.engine.startContainer(id);
    await site.up({ web: web('one') });
    assert.equal((await site.engine.inspectContainer(id))?.state, 'running');
  });

  it('changes only the service whose configuration changed', async () => {
    await site.up({ db: db('one'), web: web('one') });
    const before = await site.containers();
    await site.up({ db: db('two'), web: web('one') });
    const now = await site.containers();
    assert.notEqual(now['db-1']?.id, before['db-1']?.id);
    assert.deepEqual([now['web-1']?.id, now['web-primary-1']?.id], [before['web-1']?.id, before['web-primary-1']?.id]);
  });

  it('makes containers anew whose image is another one under the same name', async () => {
    await site.up({ db: db('one'), web: web('one') });
    site.engine.addImage('db:1', { id: 'sha256:new', volumes: ['/data'] });
    await site.up({ db: db('one'), web: web('one') });
    assert.equal((await site.containers())['db-1']?.imageId, 'sha256:new');
    assert.ok(!site.lines.some((line) => /recreate shop-web/.test(line)), site.lines.join('\n'));
  });

  it('rolls a pair: the one without traffic first, the lead over, then the other', async () => {
    await site.up({ web: web('one') });
    await site.up({ web: web('two') });
    assert.deepEqual(
      site.lines.filter((line) => /recreate|move|leads/.test(line)),
      [
        'move traffic away from web-backup (at most 30s for what is in flight)',
        'recreate shop-web-backup-1 (its configuration changed)',
        'move traffic away from web-primary (at most 30s for what is in flight)',
        'web-backup leads now',
        'recreate shop-web-primary-1 (its configuration changed)',
      ],
    );
  });

  it('restarts after it, member by member, what depends on a changed service with restart: true, and nothing else', async () => {
    const on = (service: string, restart: boolean): Service => ({
      depends_on: { [service]: { condition: 'service_started', required: true, restart } },
    });
    const services = (release: string) => ({
      db: db(release),
      web: web('one', on('db', true)),
      far: db('one', on('web', true)),
      free: db('one', on('db', false)),
    });
    await site.up(services('one'));
    const result = await site.up(services('two'));
    assert.deepEqual(result.notServing, []);
    assert.deepEqual(
      site.lines.filter((line) => /^(recreate|restart|move)|leads/.test(line)),
      [
        'recreate shop-db-1 (its configuration changed)',
        'move traffic away from web-backup (at most 30s for what is in flight)',
        'restart shop-web-backup-1 (db, which it depends on, is changed)',
        'move traffic away from web-primary (at most 30s for what is in flight)',
        'web-backup leads now',
        'restart shop-web-primary-1 (db, which it depends on, is changed)',
        'restart shop-far-1 (web, which it depends on, is changed)',
      ],
    );
    await site.up(services('two'));
    assert.deepEqual(site.calls, []);
  });

  it('restarts nothing when what it depends on is only started again', async () => {
    const services = {
      db: db('one'),
      api: db('one', { depends_on: { db: { condition: 'service_started', required: true, restart: true } } }),
    };
    await site.up(services);
    await site.engine.stopContainer('shop-db-1', {});
    await site.up(services);
    assert.deepEqual(site.calls, ['startContainer shop-db-1']);
  });

  it('gives a member its traffic back that could not be restarted', async () => {
    const services = (release: string) => ({
      db: db(release),
      web: web('one', { depends_on: { db: { condition: 'service_started', required: true, restart: true } } }),
    });
    await site.up(services('one'));
    site.engine.restartContainer = () => Promise.reject(new TwinhullError('TH_ENGINE_REFUSED', 'no'));
    const result = await site.up(services('two'));
    assert.match(result.notServing[0]?.why ?? '', /restart shop-web-backup-1.*no\nit serves as before/);
    assert.ok(site.calls.includes('putIn web-backup'), site.calls.join('\n'));
  });

  it('leaves the leader alone when the new release does not pass its check', async () => {
    await site.up({ web: web('one') });
    site.sick.add('web-backup');
    const before = await site.containers();
    const result = await site.up({ web: web('two') });
    assert.match(result.notServing[0]?.why ?? '', /web-backup[\s\S]*it serves as before/);
    assert.equal((await site.containers())['web-primary-1']?.id, before['web-primary-1']?.id);
  });

  it('says of a job that has done its work that it has finished, not that it serves', async () => {
    site.programs.set('migration', { exits: { afterMs: 20, exitCode: 0 } });
    const result = await site.up({
      migrate: { image: 'db:1', environment: { RELEASE: 'migration' } },
      web: web('one', { depends_on: { migrate: { condition: 'service_completed_successfully', required: true } } }),
    });
    assert.deepEqual(result, { serving: ['web'], finished: ['migrate'], notServing: [], orphans: [] });
    assert.deepEqual(
      site.lines.filter((line) => /serves|finished/.test(line)),
      ['migrate has finished', 'web serves'],
    );
  });

  it('tells why a service does not serve, and does not begin what depends on it', async () => {
    site.programs.set('broken', {
      exits: { afterMs: 20, exitCode: 3 },
      output: [{ stream: 'stderr', text: 'cannot open the ledger' }],
    });
    const result = await site.up({
      db: db('broken', { restart: 'no' }),
      web: web('one', { depends_on: { db: { condition: 'service_healthy', required: true } } }),
      other: db('one', { depends_on: { db: { condition: 'service_healthy', required: false } } }),
    });
    assert.deepEqual(result.serving, ['other']);
    const why = Object.fromEntries(result.notServing.map((entry) => [entry.service, entry.why]));
    assert.match(why['db'] ?? '', /db ended with code 3\n {2}db \| cannot open the ledger/);
    assert.match(why['web'] ?? '', /not begun, because this failed: wait until db is healthy/);
    assert.equal((await site.containers())['web-primary-1']?.state, 'created');
  });

  it('carries anonymous volumes over', async () => {
    await site.up({ db: db('one') });
    const volume = (await site.containers())['db-1']?.mounts[0]?.name;
    await site.up({ db: db('two') });
    const mounts = (await site.containers())['db-1']?.mounts ?? [];
    assert.deepEqual(
      mounts.map(({ name, destination }) => [name, destination]),
      [[volume, '/data']],
    );
  });

  it('keeps the one of a cold pair that runs, whichever it is', async () => {
    await site.up({ worker: worker('one') });
    assert.deepEqual(await states(), { 'worker-backup-1': 'created', 'worker-primary-1': 'running' });
    await site.engine.stopContainer('shop-worker-primary-1', {});
    await site.engine.startContainer('shop-worker-backup-1');
    await site.up({ worker: worker('one') });
    assert.deepEqual(await states(), { 'worker-backup-1': 'running', 'worker-primary-1': 'exited' });
    await site.up({ worker: worker('two') });
    assert.deepEqual(await states(), { 'worker-backup-1': 'running', 'worker-primary-1': 'created' });
  });

  it('reports services that left the file, and removes them when asked', async () => {
    await site.up({ db: db('one'), web: web('one') });
    const result = await site.up({ web: web('one') });
    assert.deepEqual(result.orphans, ['shop-db-1']);
    assert.ok(site.lines.some((line) => /--remove-orphans.*shop-db-1/.test(line)));
    await site.up({ web: web('one') }, { removeOrphans: true });
    assert.equal((await site.containers())['db-1'], undefined);
  });

  it('calls nothing an orphan whose profile is only not active', async () => {
    await site.up({ db: db('one'), web: web('one') });
    const fleet = { ...(await site.fleet({ web: web('one') })), inactiveServices: ['db'] };
    assert.deepEqual(orphansOf(fleet, Object.values(await site.containers())), []);
  });

  it('gives a member the restart policy back that a quarantine took away', async () => {
    await site.up({ web: web('one') });
    await site.engine.setRestartPolicy('shop-web-backup-1', 'no');
    await site.engine.stopContainer('shop-web-backup-1', {});
    await site.up({ web: web('one') });
    const { state, restartPolicy } = (await site.containers())['web-backup-1'] ?? {};
    assert.deepEqual([state, restartPolicy], ['running', 'unless-stopped']);
  });

  it('takes back a service that another tool has made anew', async () => {
    await site.up({ web: web('one') });
    await site.engine.removeContainer('shop-web-1', { force: true, volumes: false });
    const id = await site.engine.createContainer('shop_web_1', {
      Image: 'web:1',
      Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
      HostConfig: {},
      Networks: [],
    });
    await site.engine.startContainer(id);
    const result = await site.up({ web: web('one') });
    assert.deepEqual(result.serving, ['web']);
    assert.equal(await site.engine.inspectContainer(id), null);
  });

  it('takes back data that Compose handed to a container of its own', async () => {
    await site.up({ db: db('one'), web: web('one') });
    const volume = (await site.containers())['db-1']?.mounts[0]?.name ?? '';
    await site.engine.removeContainer('shop-db-1', { force: true, volumes: false });
    await site.engine.createContainer('shop_db_1', {
      Image: 'db:1',
      Labels: {
        'com.docker.compose.project': 'shop',
        'com.docker.compose.service': 'db',
        'com.docker.compose.container-number': '1',
      },
      HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: '/data' }] },
      Networks: [],
    });
    await site.up({ db: db('one'), web: web('one') });
    const now = await site.containers();
    assert.deepEqual(Object.keys(now), ['db-1', 'web-1', 'web-backup-1', 'web-primary-1']);
    assert.equal(now['db-1']?.mounts[0]?.name, volume);
  });

  describe('killed at any call that changes something', () => {
    const one = { db: db('one'), web: web('one'), worker: worker('one') };
    const two = {
      db: db('two'),
      web: web('two', { ports: [{ target: 80, published: '8081', protocol: 'tcp' }] }),
      worker: worker('two'),
    };
    for (const when of ['before', 'after'] as const) {
      it(`is finished by the next up: first start, ${when} the call took effect`, () =>
        dieAtEveryCall(when, null, one));
      it(`is finished by the next up: a change of everything, ${when} the call took effect`, () =>
        dieAtEveryCall(when, one, two));
    }
  });

  async function dieAtEveryCall(
    when: Death['when'],
    before: Record<string, Service> | null,
    wanted: Record<string, Service>,
  ): Promise<void> {
    for (let call = 1; ; call++) {
      site.remove();
      site = new MemorySite();
      if (before) await site.up(before);
      const volume = (await site.containers())['db-1']?.mounts[0]?.name;
      const died = await site.up(wanted, {}, { call, when }).then(
        ({ notServing }) => notServing.length > 0,
        () => true,
      );
      const result = await site.up(wanted);
      const at = `died ${when} call ${call}`;
      assert.deepEqual(result.notServing, [], at);
      const expected = ['db-1', 'web-1', 'web-backup-1', 'web-primary-1', 'worker-backup-1', 'worker-primary-1'];
      const now = await site.containers();
      assert.deepEqual(Object.keys(now), expected, at);
      assert.deepEqual(
        Object.values(now)
          .map(({ name, state }) => (state === 'running' ? null : name))
          .filter(Boolean),
        ['shop-worker-backup-1'],
        at,
      );
      if (before)
        assert.equal(
          now['db-1']?.mounts.find(({ destination }) => destination === '/data')?.name,
          volume,
          `${at}: the data is the same`,
        );
      await site.up(wanted);
      assert.deepEqual(site.calls, [], at);
      if (!died) return;
    }
  }
});
