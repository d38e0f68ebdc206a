/** What befalls a Docker daemon, and what must be true after. By title, in order: each begins where the last one ended. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EffectAction, EffectKind } from '../../../src/core/actions.ts';
import type { Deployment } from '../../support/deployment.ts';
import { loadDuring } from '../../support/under-load.ts';
import type { Daemon } from './daemon.ts';

export const PORT = 18107;
const SERVICES = ['web', 'db'] as const;
const TRAFFIC: ReadonlySet<EffectKind> = new Set(['lead', 'drain', 'take_out', 'put_in']);
/** What starts again what ended with the daemon. */
const BRING_BACK: ReadonlySet<EffectKind> = new Set([
  ...TRAFFIC,
  'start',
  'start_standby',
  'start_gateway',
  'reconnect',
]);

export interface Scene {
  /** a hot pair "web" and a pair "db" of which one writes */
  readonly shop: Deployment;
  readonly daemon: Daemon;
}

export const scenarios: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  'stopped for 8 s under load, then continued: nothing is lost, and nothing is done to any container': async ({
    shop,
    daemon,
  }) => {
    await changesNothing(shop, `http://127.0.0.1:${PORT}`, async () => {
      daemon.signal('SIGSTOP');
      await sleep(8000);
      daemon.signal('SIGCONT');
      await sleep(2000);
    });
  },

  'killed, and started again: containers end with it, and all are whole within 60 s, none made anew or given up':
    async ({ shop, daemon }) => {
      await comesBack(shop, async () => {
        await daemon.end('SIGKILL');
        await sleep(1000);
        await daemon.start(false);
      });
    },

  'ended in order, and started again: all are whole within 60 s, none made anew or given up': async ({
    shop,
    daemon,
  }) => {
    await comesBack(shop, async () => {
      await daemon.end('SIGTERM');
      await sleep(1000);
      await daemon.start(true);
    });
  },

  'with live-restore, killed and started again under load: no request through the gateway is lost, and no container restarted':
    async ({ shop, daemon }) => {
      await changesNothing(shop, await gatewayUrl(shop), async () => {
        await daemon.end('SIGKILL');
        await sleep(2000);
        await daemon.start(true);
        await sleep(3000);
      });
    },

  'with live-restore, ended in order and started again under load: no request through the gateway is lost, and no container restarted':
    async ({ shop, daemon }) => {
      await changesNothing(shop, await gatewayUrl(shop), async () => {
        await daemon.end('SIGTERM');
        await sleep(2000);
        await daemon.start(true);
        await sleep(3000);
      });
    },
};

/** Whatever happens, every request is answered, every container goes on as it is, and nobody calls it a failure. */
async function changesNothing(shop: Deployment, url: string, happens: () => Promise<void>): Promise<void> {
  await allWhole(shop, 60_000);
  const since = Date.now();
  const before = await runs(shop);
  const { failed, failedByMethod } = await loadDuring(url, happens);
  assert.equal(failed, 0, JSON.stringify(failedByMethod));
  await allWhole(shop, 20_000);
  assert.deepEqual(await runs(shop), before);
  assert.deepEqual(doneSince(shop, since, TRAFFIC), []);
  assert.deepEqual(
    shop.onRecord((store) => store.incidents().filter(({ startedAt }) => startedAt >= since)),
    [],
  );
}

async function comesBack(shop: Deployment, happens: () => Promise<void>): Promise<void> {
  await allWhole(shop, 60_000);
  const since = Date.now();
  const before = await containers(shop);
  await happens();
  await allWhole(shop, 60_000);
  assert.deepEqual(await containers(shop), before);
  assert.deepEqual(doneSince(shop, since, BRING_BACK), []);
  assert.deepEqual(
    shop.onRecord((store) => store.incidents({ open: true })),
    [],
  );
  const ofDb = (await runs(shop)).filter((line) => line.includes(`${shop.name}-db-`) && line.includes(' true '));
  assert.equal(ofDb.length, 2, `not its gateway and one writer: ${ofDb.join('; ')}`);
}

async function allWhole(shop: Deployment, withinMs: number): Promise<void> {
  for (const service of SERVICES) await shop.allHealthy(service, withinMs);
}

/** What was done since then, other than this. */
function doneSince(shop: Deployment, since: number, fine: ReadonlySet<EffectKind>): string[] {
  const actions = shop.onRecord((store) => store.journal({ sinceMs: since, untilMs: Date.now() }));
  const effects = actions.map(({ action }) => action as EffectAction);
  return effects
    .filter(({ kind }) => !fine.has(kind))
    .map(({ kind, member, reason }) => `${kind} ${member}: ${reason}`);
}

async function containers(shop: Deployment): Promise<string[]> {
  const { stdout } = await shop.docker(
    'ps',
    '-aq',
    '--no-trunc',
    '--filter',
    `label=com.docker.compose.project=${shop.name}`,
  );
  return stdout.split('\n').filter(Boolean).sort();
}

/** Each container with its run. */
async function runs(shop: Deployment): Promise<string[]> {
  const format = '{{.Id}} {{.Name}} {{.State.Running}} {{.State.StartedAt}}';
  const { stdout } = await shop.docker('inspect', '-f', format, ...(await containers(shop)));
  return stdout.split('\n').filter(Boolean);
}

/**
 * The gateway's own address. Its published port is Docker's: dockerd 20.10 makes its proxies and rules anew when it
 * starts, live-restore or not, and some 30 requests are lost with that.
 */
async function gatewayUrl(shop: Deployment): Promise<string> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  const { stdout } = await shop.docker('inspect', '-f', format, `${shop.name}-web-1`);
  const [address] = stdout.trim().split(' ');
  return `http://${address}:80`;
}
