/** Disks that are full: of the state folder, and of a folder that members read. Small file systems of their own. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Deployment, webService } from '../../support/deployment.ts';
import { SmallDisk } from '../../support/small-disk.ts';
import { losesNoGet } from '../../support/under-load.ts';

const PORT = 18106;
const KILL_HAPROXY =
  'for p in /proc/[0-9]*; do read -r name <$p/comm; [ "$name" = haproxy ] && kill -9 ${p#/proc/} && killed=1; done; [ "$killed" = 1 ]';

describe('a disk is full', () => {
  let web: Deployment;
  let state: SmallDisk;
  let data: SmallDisk;
  before(async () => {
    state = new SmallDisk(16);
    data = new SmallDisk();
    web = new Deployment(
      'th-disk',
      `x-twinhull: { monitoring_interval: 2s, resources: { window: 15s } }
services:\n  web:${webService(`
ports: ["${PORT}:80"]
volumes: ["${data.folder}:/data:ro"]
x-twinhull: { mode: pair }`)}`,
    );
    web.env['TWINHULL_STATE_DIR'] = join(state.folder, 'twinhull');
    await web.up();
    await web.allHealthy('web');
  });
  after(async () => {
    await web[Symbol.asyncDispose]();
    state.remove();
    data.remove();
  });

  test("the members' is full: an alert says so within 30 s, and nothing is done to anybody", async () => {
    const filledAt = Date.now();
    data.fill();
    const isTold = (): boolean =>
      web.onRecord((store) =>
        store
          .events({ sinceMs: filledAt })
          .some(({ kind, message }) => kind === 'alert' && /full to \d+ %/.test(message)),
      );
    await web.until('an alert', 30_000, isTold);
    await web.allHealthy('web');
    assert.deepEqual(
      web.onRecord((store) => [store.journal({ sinceMs: filledAt, untilMs: Date.now() }), store.incidents()]),
      [[], []],
    );
    data.makeRoom();
  });

  test("the state's is full and the primary dies: traffic moves, it is started again within 20 s, no GET is lost", async () => {
    state.fill();
    const primary = await web.primary('web');
    await failsOver(primary);
    assert.match((await web.status()).unrecorded?.reason ?? '', /cannot be written/);
  });

  test("the state's is full: what a person asks for is refused and not done, and status says why", async () => {
    const primary = await web.primary('web');
    for (const command of [['freeze'], ['maintenance', 'on', 'web'], ['failover', 'web'], ['restart', 'web']]) {
      const { code, stderr } = await web.twinhull(...command);
      assert.equal(code, 1, command.join(' '));
      assert.match(stderr, /cannot be written/);
    }
    const { stdout } = await web.twinhull('status');
    assert.match(stdout.replaceAll(/\s+/g, ' '), /the record cannot be written since/);
    assert.doesNotMatch(stdout, /frozen|in maintenance/);
    assert.equal(await web.primary('web'), primary);
  });

  test("the state's is full and HAProxy is killed in its gateway: the switch is not lost", async () => {
    const primary = await web.primary('web');
    const [map] = globSync(join(state.folder, 'twinhull/*/th-disk/**/leader.map'));
    assert.match(readFileSync(map ?? '', 'utf8'), new RegExp(`\\b${primary}\\b`));
    assert.equal((await web.docker('exec', 'th-disk-web-1', '/bin/sh', '-c', KILL_HAPROXY)).code, 0);
    await web.allHealthy('web', 10_000);
    assert.equal(await web.primary('web'), primary);
  });

  test("the state's is full and the supervisor is killed: another one supervises within 10 s, and fails over", async () => {
    const pid = await web.supervisorPid();
    process.kill(pid, 'SIGKILL');
    await web.until('another supervisor', 10_000, ({ supervised }) => supervised);
    assert.notEqual(await web.supervisorPid(), pid);
    await failsOver(await web.primary('web'));
  });

  test('there is room again: the record has all of it within 10 s, and orders are obeyed', async () => {
    const switched = await web.primary('web');
    state.makeRoom();
    await web.until('everything on record', 10_000, ({ unrecorded }) => unrecorded === null);
    const [last] = web.onRecord((store) => store.incidents());
    assert.deepEqual([last?.outcome, last?.member === switched], ['repaired', false]);
    assert.deepEqual(
      web.onRecord((store) => [...store.pending(), ...store.incidents({ open: true })]),
      [],
    );
    for (const command of ['freeze', 'thaw']) assert.equal((await web.twinhull(command)).code, 0);
  });

  async function failsOver(primary: string): Promise<void> {
    const container = await web.container(primary);
    await web.docker('update', '--restart=no', container);
    await losesNoGet(PORT, async () => {
      await web.docker('kill', container);
      await web.until('the other one leads, and all whole', 20_000, ({ services: [service] }) => {
        const isWhole = service?.members.every(({ verdict }) => verdict === 'healthy') === true;
        return isWhole && service.members.some(({ name, role }) => name !== primary && role === 'primary');
      });
    });
    assert.equal(await web.container(primary), container, 'it was made anew');
  }
});
