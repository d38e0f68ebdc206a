import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MemorySite } from '../../test/support/memory-site.ts';
import type { Service } from '../compose/project.ts';
import type { GatewayConfig } from '../ports/gateway.ts';

const web = (path: string, changes: Service = {}, mode = 'pair'): Service => ({
  image: 'web:1',
  ports: [{ target: 80, published: '8080', protocol: 'tcp' }],
  'x-twinhull': { mode, gateway: { check: { path } } },
  ...changes,
});
const cluster = (replicas: number): Service => web('/one', { deploy: { replicas } }, 'cluster');
const RELOAD = 'reload shop-web-1 (its configuration changed); no connection through it is cut';

describe('a gateway whose configuration alone has changed', () => {
  let site: MemorySite;
  let isRefused: boolean;
  beforeEach(() => {
    site = new MemorySite();
    isRefused = false;
    const exec = () => (isRefused ? { exitCode: 1, stderr: 'unknown keyword' } : { exitCode: 0 });
    site.programs.set('', { exec });
  });
  afterEach(() => site.remove());

  const id = async (name: string): Promise<string | undefined> => (await site.containers())[name]?.id;
  const configOf = async (service: Service): Promise<GatewayConfig> => {
    const config = (await site.fleet({ web: service })).services[0]?.gateway?.config;
    assert.ok(config);
    return config;
  };
  const traffic = async (service: Service): Promise<string[]> => {
    const { servers } = await site.gateway(await configOf(service)).read();
    return servers.map((server) => `${server.member} ${server.traffic} ${server.check}`);
  };
  const bothIn = ['web-primary in passing', 'web-backup in passing'];
  /** It runs with what the file says, and would start with it. */
  const assertConfigured = async (service: Service): Promise<void> => {
    const config = await configOf(service);
    assert.equal((await site.gateway(config).read()).configuration, JSON.stringify(config));
    await site.up({ web: service });
    assert.deepEqual(site.calls, []);
  };
  const steps = (): string[] => site.lines.filter((line) => !/serves$|^pull /.test(line));

  it('is reloaded in its container, once', async () => {
    await site.up({ web: web('/one') });
    const before = await id('web-1');
    await site.up({ web: web('/two') });
    assert.deepEqual(steps(), [RELOAD]);
    assert.equal(await id('web-1'), before);
    await assertConfigured(web('/two'));
  });

  it('keeps the leader and who is in', async () => {
    await site.up({ web: web('/one') });
    await site.gateway(await configOf(web('/one'))).lead('web-backup');
    await site.up({ web: web('/two') });
    assert.equal((await site.gateway(await configOf(web('/two'))).read()).leader, 'web-backup');
    assert.deepEqual(await traffic(web('/two')), bothIn);
  });

  it('is reloaded when its cluster grows, and after those that go have finished when it shrinks', async () => {
    await site.up({ web: cluster(2) });
    const before = await id('web-1');
    await site.up({ web: cluster(4) });
    assert.deepEqual(
      steps().filter((line) => !/^(create|start) /.test(line)),
      [RELOAD],
    );
    await assertConfigured(cluster(4));
    await site.up({ web: cluster(3) });
    assert.deepEqual(steps(), [
      `${RELOAD}, and what is in flight in web-4 is waited for (at most 30s)`,
      'remove shop-web-4-1 (no longer wanted)',
    ]);
    assert.equal(await id('web-1'), before);
  });

  it('takes nobody out before it: in another mode all members go, and until then they serve', async () => {
    await site.up({ web: cluster(2) });
    await site.up({ web: web('/one') });
    assert.deepEqual(
      steps().filter((line) => !/^(create|start|remove) /.test(line)),
      [`${RELOAD}, and what is in flight in web-1, web-2 is waited for (at most 30s)`],
    );
    await assertConfigured(web('/one'));
  });

  it('is reloaded before its members are made anew', async () => {
    const changed = web('/two', { environment: { RELEASE: 'two' } });
    await site.up({ web: web('/one') });
    await site.up({ web: changed });
    const [first = '', ...rest] = steps();
    assert.ok(first.startsWith(RELOAD), first);
    assert.ok(
      rest.some((line) => line.startsWith('recreate shop-web-backup-1')),
      rest.join('\n'),
    );
    await assertConfigured(changed);
  });

  it('lets in again whom an interrupted deployment left out, before others are made anew', async () => {
    const changed = web('/two', { environment: { RELEASE: 'two' } });
    await site.up({ web: web('/one') });
    await site.gateway(await configOf(web('/one'))).takeOut('web-backup');
    await site.up({ web: changed });
    assert.deepEqual(await traffic(changed), bothIn);
  });

  it('goes on with the old one when the new one is no good, and up says why', async () => {
    await site.up({ web: web('/one') });
    isRefused = true;
    const { notServing } = await site.up({ web: web('/two') });
    assert.match(
      notServing[0]?.why ?? '',
      /cannot work with its new configuration: unknown keyword[^]*it serves as before/,
    );
    isRefused = false;
    await assertConfigured(web('/one'));
    await site.up({ web: web('/two') });
    await assertConfigured(web('/two'));
  });

  it('is made anew where its ports change, or where it does not answer', async () => {
    await site.up({ web: web('/one') });
    const first = await id('web-1');
    await site.up({ web: web('/one', { expose: ['81'] }) });
    const second = await id('web-1');
    assert.notEqual(second, first);
    await site.engine.pauseContainer('shop-web-1');
    await site.up({ web: web('/two', { expose: ['81'] }) });
    assert.notEqual(await id('web-1'), second);
    await assertConfigured(web('/two', { expose: ['81'] }));
  });

  it('that is stopped is started with the new one', async () => {
    await site.up({ web: web('/one') });
    const before = await id('web-1');
    await site.engine.stopContainer('shop-web-1', {});
    await site.up({ web: web('/two') });
    assert.equal(await id('web-1'), before);
    assert.ok(steps().includes('start shop-web-1'), steps().join('\n'));
  });

  it('is finished or as it was, wherever the process that reloaded it died', async () => {
    let reloads = 0;
    for (let call = 1; call <= 4; call++) {
      for (const when of ['before', 'after'] as const) {
        await site.up({ web: web('/one') });
        await site.up({ web: web('/two') }, {}, { call, when }).catch(() => undefined);
        await site.finishBegun(await site.fleet({ web: web('/two') }));
        reloads += site.lines.filter((line) => /had not taken its new configuration yet/.test(line)).length;
        const { configuration } = await site.gateway(await configOf(web('/two'))).read();
        await assertConfigured(web(configuration?.includes('/two') ? '/two' : '/one'));
        await site.up({ web: web('/two') });
        await assertConfigured(web('/two'));
      }
    }
    assert.ok(reloads > 0, 'some died between the file and the signal');
  });

  it('that cannot be finished holds up nothing else, and it is said', async () => {
    const told: string[] = [];
    for (let call = 1; call <= 4; call++) {
      await site.up({ web: web('/one') });
      await site.up({ web: web('/two') }, {}, { call, when: 'before' }).catch(() => undefined);
      isRefused = true;
      await site.finishBegun(await site.fleet({ web: web('/two') }));
      isRefused = false;
      told.push(...site.lines.filter((line) => /could not be reloaded: .*unknown keyword/.test(line)));
      await site.up({ web: web('/two') });
      await assertConfigured(web('/two'));
    }
    assert.ok(told.length > 0);
  });
});
