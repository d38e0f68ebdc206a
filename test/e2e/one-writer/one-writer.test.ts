import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment } from '../../support/deployment.ts';

const PORT = 18094;
const NAME = 'th-one-writer';

/** Appends who it is to the data every few milliseconds, and tells it on its port. A run of it has a name of its own. */
const writer = `
const fs = require("fs"), run = process.env.SERVICE_ROLE + "/" + require("os").hostname() + "/" + process.hrtime.bigint();
const file = fs.openSync("/data/log", "a");
setInterval(() => fs.writeSync(file, run + "\\n"), 3);
require("http").createServer((q, s) => s.end(run)).listen(80);
`;
const compose = `services:
  db:
    image: twinhull-local/node:latest
    command: ["node", "-e", ${JSON.stringify(writer)}]
    ports: ["${PORT}:80"]
    stop_grace_period: 3s
    volumes: ["data:/data"]
    x-twinhull: { mode: pair, gateway: { protocol: http, check: { path: / } } }
volumes: { data: }
`;

/** By whom the data was written, one run after another. A second writer beside the first shows as a run that comes twice. */
function runsIn(log: string): string[] {
  const lines = log.split('\n').filter(Boolean);
  return lines.filter((run, index) => run !== lines[index - 1]);
}

describe('a pair of which one writes', () => {
  let db: Deployment;
  let log = '';
  let seen = 0;

  before(async () => {
    db = new Deployment(NAME, compose);
    await db.up();
    const { stdout } = await db.docker('volume', 'inspect', '--format', '{{.Mountpoint}}', `${NAME}_data`);
    log = join(stdout.trim(), 'log');
  });
  after(() => db[Symbol.asyncDispose]());
  beforeEach(async () => {
    await db.allHealthy('db');
    seen = readFileSync(log).length;
  });

  const writtenSince = (): string[] => runsIn(readFileSync(log, 'utf8').slice(seen));

  /** No run was ever seen again after another one had begun. */
  function expectNeverTwo(runs: readonly string[]): void {
    assert.deepEqual(runs, [...new Set(runs)], 'two wrote at the same time');
  }

  async function serving(): Promise<string | null> {
    const response = await fetch(`http://127.0.0.1:${PORT}/`, { signal: AbortSignal.timeout(1000) }).catch(() => null);
    return response?.ok ? await response.text() : null;
  }

  async function untilServes(what: string, timeoutMs: number, isIt: (run: string) => boolean): Promise<string> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const run = await serving();
      if (run !== null && isIt(run)) return run;
      assert.ok(Date.now() < end, `${what}: not within ${timeoutMs} ms; ${run} serves\n${await events()}`);
      await sleep(100);
    }
  }

  const events = async (): Promise<string> => (await db.twinhull('events', '--no-follow')).stdout;
  const stateOf = async (container: string): Promise<{ Status: string; ExitCode: number; Pid: number }> =>
    JSON.parse((await db.docker('inspect', '--format', '{{json .State}}', container)).stdout) as never;

  for (const [signal, withinMs] of [
    ['SIGKILL', 10_000],
    ['SIGSTOP', 40_000],
  ] as const) {
    test(`${signal} to the writer: ended for certain, then its twin writes and serves within ${withinMs / 1000} s, never two`, async () => {
      const leader = await db.primary('db');
      const container = await db.container(leader);
      const before = await serving();
      process.kill((await stateOf(container)).Pid, signal);
      const now = await untilServes('the twin serves', withinMs, (run) => run !== before);
      const { Status, ExitCode } = await stateOf(container);
      assert.deepEqual([Status, ExitCode], ['exited', 137]);
      assert.notEqual(await db.primary('db'), leader);
      await db.allHealthy('db');
      const runs = writtenSince();
      assert.deepEqual(runs, [before, now]);
      expectNeverTwo(runs);
    });
  }

  test('the writer is paused: it counts as running, is unpaused within 10 s and goes on, and its twin never starts', async () => {
    const leader = await db.primary('db');
    const before = await serving();
    await db.docker('pause', await db.container(leader));
    await untilServes('it serves', 10_000, (run) => run === before);
    await db.allHealthy('db');
    assert.equal(await db.primary('db'), leader);
    assert.deepEqual(writtenSince(), [before]);
  });

  test('the writer is paused and cannot be unpaused for good: it is ended before its twin begins, within 40 s, never two', async () => {
    const leader = await db.primary('db');
    const container = await db.container(leader);
    const before = await serving();
    process.kill((await stateOf(container)).Pid, 'SIGSTOP'); // unpaused, it does not go on
    await db.docker('pause', container);
    const now = await untilServes('the twin serves', 40_000, (run) => run !== before);
    assert.equal((await stateOf(container)).Status, 'exited');
    await db.allHealthy('db');
    assert.deepEqual(writtenSince(), [before, now]);
  });

  test('somebody starts the standby: it is killed within 5 s, and the writer goes on', async () => {
    const leader = await db.primary('db');
    const before = await serving();
    const standby = (await db.service('db')).members.find(({ role }) => role === 'backup')?.containerId ?? '';
    await db.docker('start', standby);
    await db.until('the standby stands by', 5000, ({ services }) =>
      (services[0]?.members ?? []).some(({ containerId, verdict }) => containerId === standby && verdict === 'standby'),
    );
    assert.deepEqual([(await stateOf(standby)).Status, (await stateOf(standby)).ExitCode], ['exited', 137]);
    assert.equal(await db.primary('db'), leader);
    assert.equal(await serving(), before);
  });

  test('everything dies at once with the supervisor, as in a reboot: who wrote is started where it was within 20 s, and nobody else', async () => {
    const leader = await db.primary('db');
    await db.killSupervisor();
    const { stdout } = await db.docker('ps', '-q', '--filter', `label=com.docker.compose.project=${NAME}`);
    for (const container of stdout.split('\n').filter(Boolean)) process.kill((await stateOf(container)).Pid, 'SIGKILL');
    seen = readFileSync(log).length;
    await using _supervisor = supervise();
    const now = await untilServes('it serves again', 20_000, () => true);
    await db.allHealthy('db');
    assert.equal(await db.primary('db'), leader);
    assert.deepEqual(writtenSince(), [now]);
  });

  /** As the supervisor's container would after a reboot: with what is on record alone. */
  function supervise(): AsyncDisposable {
    const twinhull = resolve(import.meta.dirname, '../../../bin/twinhull');
    const child = spawn(twinhull, ['supervise', '--project', NAME], { cwd: db.folder, env: db.env, stdio: 'ignore' });
    const ended = new Promise((done) => child.once('exit', done));
    return {
      [Symbol.asyncDispose]: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
});
