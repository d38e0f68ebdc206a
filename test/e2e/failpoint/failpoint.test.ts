/**
 * The supervisor dies at a step of its journal, while a member is dead and requests come. What it left, begun or done or
 * neither, the next one brings to its end. Of the effects that follow the death of a primary the first moves traffic,
 * and the third starts the dead one.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JournalStep } from '../../../src/supervisor/failpoint.ts';
import { Deployment, webService } from '../../support/deployment.ts';
import { losesNoGet } from '../../support/under-load.ts';

const PORT = 18104;
const deaths: readonly (readonly [step: JournalStep, nth: number, when: string])[] = [
  ['after-begin', 1, 'traffic is to be moved'],
  ['before-begin', 3, 'the dead one is to be started'],
  ['after-begin', 3, 'the dead one is to be started'],
  ['after-action', 3, 'an action of three is done'],
  ['before-complete', 3, 'an action of three is to be completed'],
  ['after-complete', 3, 'an action of three is completed'],
];

describe('the supervisor is killed at a step of its journal', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment(
      'th-failpoint',
      `services:\n  web:${webService(`
ports: ["${PORT}:80"]
x-twinhull: { mode: pair }`)}`,
    );
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());

  for (const [step, nth, when] of deaths)
    test(`${step}, when ${when}: the next one makes it whole within 20 s, and no GET is lost`, async () => {
      await superviseWith(`${step}:${nth}`);
      const pid = await web.supervisorPid();
      const victim = await web.container(await web.primary('web'));
      await web.docker('update', '--restart=no', victim);
      await losesNoGet(PORT, async () => {
        const killedAt = Date.now();
        await web.docker('kill', victim);
        await web.until('another supervisor, and all whole', 20_000, ({ supervised, services: [service] }) => {
          const { startedAt = 0, endedAt = null } = service?.lastIncident ?? {};
          const isWhole = service?.members.every(({ verdict }) => verdict === 'healthy') === true;
          return supervised && isWhole && Number(startedAt) >= killedAt - 1000 && endedAt !== null;
        });
      });
      assert.notEqual(await web.supervisorPid(), pid, 'it has not died');
      assert.deepEqual(await containers(), [
        'th-failpoint-web-1',
        'th-failpoint-web-backup-1',
        'th-failpoint-web-primary-1',
      ]);
      assert.deepEqual(
        web.onRecord((store) => [...store.pending(), ...store.incidents({ open: true })]),
        [],
      );
    });

  /** Another supervisor, with a failpoint, over what is there. */
  async function superviseWith(failpoint: string): Promise<void> {
    await web.killSupervisor();
    web.env['TWINHULL_FAILPOINT'] = failpoint;
    await web.up();
    delete web.env['TWINHULL_FAILPOINT'];
    await web.allHealthy('web');
  }

  async function containers(): Promise<string[]> {
    const label = 'label=com.docker.compose.project=th-failpoint';
    const { stdout } = await web.docker('ps', '-a', '--filter', label, '--format', '{{.Names}}');
    return stdout.split('\n').filter(Boolean).sort();
  }
});
