import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCounts, readJob, renewLease, splitJob, submitJob, takeWork } from './company.ts';
import { Redis } from './redis.ts';

/** The real programs against a real Redis, both started here. */

let folder: string;
let port: number;
let server: ChildProcess;
let redis: Redis;
const children = new Set<ChildProcess>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ai-company-'));
  port = await freePort();
  const settings = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
    '--save',
    '',
  ];
  server = spawn('redis-server', settings, { stdio: 'ignore' });
  redis = new Redis({ host: '127.0.0.1', port });
  await eventually(10_000, () =>
    redis.send(['PING']).then(
      (reply) => reply === 'PONG',
      () => false,
    ),
  );
});

after(async () => {
  for (const child of children) child.kill('SIGKILL');
  redis.close();
  server.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function start(program: string, environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, program)], {
    env: {
      ...process.env,
      QUEUE_HOST: '127.0.0.1',
      QUEUE_PORT: String(port),
      HEARTBEAT_FILE: join(folder, 'heartbeat'),
      LEASE_MS: '600',
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Asks them to end, and waits until they did. */
async function stop(...programs: readonly ChildProcess[]): Promise<void> {
  const running = programs.filter((child) => children.has(child));
  await Promise.all(
    running.map((child) => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      return ended;
    }),
  );
}

async function eventually(withinMs: number, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) assert.fail(`not within ${withinMs} ms: ${holds.toString()}`);
    await sleep(50);
  }
}

const allDone = (ids: readonly string[]) => async (): Promise<boolean> =>
  (await Promise.all(ids.map((id) => readJob(redis, id)))).every((job) => job?.state === 'done');

test('jobs survive workers that are killed and frozen in the middle, and each is done once', async () => {
  const managers = [start('pm-worker.ts', { WORK_MS: '5' }), start('pm-worker.ts', { WORK_MS: '5' })];
  const workers = [1, 2, 3].map(() => start('task-worker.ts', { WORK_MS: '10' }));
  const ids = Array.from({ length: 150 }, (_, index) => `killed-${index}`);
  const before = await readCounts(redis);
  for (const [index, id] of ids.entries()) {
    assert.equal(await submitJob(redis, id, 3), true);
    if (index === 50) managers[0]?.kill('SIGKILL');
    if (index === 70) workers[0]?.kill('SIGKILL');
    if (index === 90) workers[1]?.kill('SIGSTOP');
    await sleep(10);
  }
  await eventually(20_000, allDone(ids));
  workers[1]?.kill('SIGCONT'); // wakes up with a task that was given to another
  await sleep(500);
  const counts = await readCounts(redis);
  assert.equal(counts.in - before.in, 150);
  assert.equal(counts.done - before.done, 150);
  assert.equal(counts.twice, 0);
  await stop(...managers, ...workers);
});

test('a worker that froze while it waited for work keeps none of what comes later', async () => {
  const frozen = start('task-worker.ts');
  await eventually(10_000, async () => (await readCounts(redis)).workers === 1);
  frozen.kill('SIGSTOP');
  const others = [start('pm-worker.ts'), start('task-worker.ts')];
  await submitJob(redis, 'thawed', 5);
  await eventually(10_000, allDone(['thawed']));
  frozen.kill('SIGKILL');
  await stop(...others);
});

test('a worker that is asked to end finishes its piece first', async () => {
  const worker = start('task-worker.ts', { WORK_MS: '300' });
  const manager = start('pm-worker.ts', { WORK_MS: '0' });
  await submitJob(redis, 'polite', 1);
  await eventually(10_000, async () => (await readJob(redis, 'polite'))?.state === 'working');
  await eventually(10_000, async () => (await redis.send(['LLEN', 'queue:tasks'])) === 0);
  await stop(worker, manager);
  assert.equal((await readJob(redis, 'polite'))?.state, 'done');
});

test('the same job twice is one job, and what was taken back cannot be booked', async () => {
  const before = await readCounts(redis);
  assert.equal(await submitJob(redis, 'once', 2), true);
  assert.equal(await submitJob(redis, 'once', 2), false);
  assert.equal((await readCounts(redis)).in, before.in + 1);
  await renewLease(redis, 'me', 3000);
  assert.equal(await takeWork(redis, 'jobs', 'me', 1000), 'once');
  assert.equal(await takeWork(redis, 'jobs', 'me', 1000), 'once', 'what is held is worked on before anything new');
  assert.equal(await splitJob(redis, 'another', 'once'), false);
  assert.equal(await splitJob(redis, 'me', 'once'), true);
  assert.equal(await splitJob(redis, 'me', 'once'), false);
  assert.equal(await redis.send(['LLEN', 'queue:tasks']), 2);
  await redis.send(['DEL', 'queue:tasks', 'queue:jobs', 'held:jobs:me']);
});

test('the front door takes a job, tells how it stands, and refuses nonsense', async () => {
  const httpPort = await freePort();
  const api = start('api.ts', { PORT: String(httpPort), SERVICE_ROLE: 'primary' });
  const at = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${httpPort}${path}`, init);
  const post = (body: string): Promise<Response> => at('/jobs', { method: 'POST', body });
  await eventually(10_000, () =>
    at('/health').then(
      (response) => response.ok,
      () => false,
    ),
  );
  assert.equal(((await (await at('/')).json()) as { startedAs: string }).startedAs, 'primary');
  const taken = await post('{"id":"door","tasks":2}');
  assert.equal(taken.status, 202);
  assert.deepEqual(await taken.json(), { id: 'door' });
  assert.deepEqual(await (await at('/jobs/door')).json(), { id: 'door', state: 'submitted', tasks: 2, tasksLeft: 2 });
  assert.equal((await post('')).status, 202);
  for (const body of ['{', '[]', '{"tasks":0}', '{"tasks":1e9}', '{"id":"../x"}', `"${'x'.repeat(70_000)}"`]) {
    assert.equal((await post(body)).status, 400, body.slice(0, 20));
  }
  assert.equal((await at('/jobs/none')).status, 404);
  assert.equal((await at('/jobs', { method: 'DELETE' })).status, 405);
  api.kill('SIGTERM');
  assert.equal(await new Promise((resolve) => api.once('exit', resolve)), 0);
});

test('the dashboard shows the counts', async () => {
  const httpPort = await freePort();
  const dashboard = start('monitoring-dashboard.ts', {
    PORT: String(httpPort),
    DATA_FOLDER: folder,
    REPORT_FOLDER: folder,
  });
  const at = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${httpPort}${path}`);
  await eventually(10_000, () =>
    at('/health').then(
      (response) => response.ok,
      () => false,
    ),
  );
  assert.equal(((await (await at('/status')).json()) as { twice: number }).twice, 0);
  assert.match(await (await at('/')).text(), /<td>done<\/td>/);
  await stop(dashboard);
});

test('the queue going away fails what was asked of it, and it is found again', async () => {
  await assert.rejects(redis.send(['NONSENSE']), /unknown command/);
  const wrong = new Redis({ host: '127.0.0.1', port: 1 });
  await assert.rejects(wrong.send(['PING'], 500));
  redis.close();
  assert.equal(await redis.send(['PING']), 'PONG');
});
