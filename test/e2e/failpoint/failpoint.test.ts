/**
 * The supervisor dies at each step of its journal, while a member is dead and requests come: once with traffic still to
 * be moved, once with the repair still to be made. What the one before left, begun or done or neither, the next one
 * brings to its end.
 */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openStore } from '../../../src/adapters/sqlite/store.ts';
import { JOURNAL_STEPS } from '../../../src/supervisor/failpoint.ts';
import { Deployment, webService } from '../../support/deployment.ts';
import { losesNoGet } from '../../support/under-load.ts';

const PORT = 18104;
const DEADLINE_MS = 20_000;
/** of the effects that follow the death of the primary: the first moves traffic, the third starts the dead one */
const EFFECTS = [
  { nth: 1, what: 'traffic is moved' },
  { nth: 3, what: 'the dead one is started' },
] as const;

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

  for (const { nth, what } of EFFECTS)
    for (const step of JOURNAL_STEPS)
      test(`${step}, when ${what}: the next one makes it whole within ${DEADLINE_MS / 1000} s, and no GET is lost`, async () => {
        await superviseWith(`${step}:${nth}`);
        const pid = await web.supervisorPid();
        const victim = await web.container(await web.primary('web'));
        await web.docker('update', '--restart=no', victim);
        await losesNoGet(PORT, async () => {
          const killedAt = Date.now();
          await web.docker('kill', victim);
          await web.until(
            'another supervisor, and all whole',
            DEADLINE_MS,
            ({ supervised, services: [service] }) =>
              supervised &&
              service?.serving === true &&
              service.members.every(({ verdict }) => verdict === 'healthy') &&
              Number(service.lastIncident?.startedAt ?? 0) >= killedAt - 1000 &&
              service.lastIncident?.endedAt != null,
          );
        });
        assert.notEqual(await web.supervisorPid(), pid, 'it has not died');
        assert.deepEqual(await containers(), [
          'th-failpoint-web-1',
          'th-failpoint-web-backup-1',
          'th-failpoint-web-primary-1',
        ]);
        assert.deepEqual(unfinished(), []);
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

  /** Actions and incidents that are still open on record. */
  function unfinished(): unknown[] {
    const [file] = globSync(join(web.folder, 'state/*/th-failpoint/state.db'));
    const store = openStore(dirname(file ?? ''), { now: () => Date.now() }, { readOnly: true });
    try {
      return [...store.pending(), ...store.incidents({ open: true })];
    } finally {
      store.close();
    }
  }
});
