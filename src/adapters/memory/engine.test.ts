import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerSpec, EngineEvent } from '../../ports/engine.ts';
import { MemoryClock } from './clock.ts';
import { MemoryEngine } from './engine.ts';

/** Everything that waits for nothing but its turn has had it. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const spec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  Image: 'i',
  Labels: { p: 'x' },
  HostConfig: {},
  Networks: [],
  ...more,
});
const always = { HostConfig: { RestartPolicy: { Name: 'always' } } };

async function running(more: Partial<ContainerSpec> = {}) {
  const clock = new MemoryClock();
  const engine = new MemoryEngine({ clock });
  engine.addImage('i');
  const id = await engine.createContainer('web', spec(more));
  await engine.startContainer(id);
  const state = async (): Promise<string | undefined> => (await engine.inspectContainer(id))?.state;
  return { clock, engine, id, state };
}

test('restarts wait 100 ms, doubling, up to a minute, and from the beginning after a good run', async () => {
  const { clock, engine, id, state } = await running(always);
  const waits = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000];
  for (const waitMs of waits) {
    engine.crash(id, 1);
    assert.equal(await state(), 'restarting');
    await clock.advance(waitMs - 1);
    assert.equal(await state(), 'restarting', `${waitMs} ms are not over`);
    await clock.advance(1);
    assert.equal(await state(), 'running');
  }
  await clock.advance(10_001);
  engine.crash(id, 1);
  await clock.advance(100);
  assert.equal(await state(), 'running');
  assert.equal((await engine.inspectContainer(id))?.restartCount, waits.length + 1);
});

test('a hung process ends by SIGKILL only, and answers no command', async () => {
  const { clock, engine, id, state } = await running();
  engine.hang(id);
  const stopping = engine.stopContainer(id, { timeoutSeconds: 10 });
  const asking = assert.rejects(engine.exec(id, ['true'], {}, { deadlineMs: 2000 }), { code: 'TH_ENGINE_UNREACHABLE' });
  await settled();
  await clock.advance(9_999);
  await asking;
  assert.equal(await state(), 'running');
  await clock.advance(1);
  await stopping;
  assert.deepEqual([await state(), (await engine.inspectContainer(id))?.exitCode], ['exited', 137]);
});

test('a container the engine is stuck on: its calls find their deadline, the list goes on', async () => {
  const { clock, engine, id } = await running();
  engine.jam(id);
  const inspecting = assert.rejects(engine.inspectContainer(id), { code: 'TH_ENGINE_UNREACHABLE' });
  await settled();
  await clock.advance(10_000);
  await inspecting;
  assert.deepEqual(
    (await engine.listContainers({})).map((container) => container.partial),
    [true],
  );
  const reason = new Error('enough');
  await assert.rejects(engine.startContainer(id, { signal: AbortSignal.abort(reason) }), reason);
});

test('an engine that is away answers nothing and restarts nothing; when it is back it does', async () => {
  const { clock, engine, id, state } = await running(always);
  const events = await engine.events({}, {});
  engine.goAway();
  await assert.rejects(engine.inspectContainer(id), { code: 'TH_ENGINE_UNREACHABLE' });
  await assert.rejects(drain(events), { code: 'TH_ENGINE_UNREACHABLE' });
  engine.crash(id);
  await clock.advance(1000);
  engine.comeBack();
  await settled();
  assert.equal(await state(), 'running');
});

test('lost events are lost, and the truth is in the list', async () => {
  const { engine, id, state } = await running();
  const abort = new AbortController();
  const actions: string[] = [];
  const events = await engine.events({ labels: { p: 'x' } }, { signal: abort.signal });
  const reading = (async () => {
    for await (const event of events) actions.push(event.action);
  })();
  engine.loseEvents();
  engine.crash(id);
  engine.loseEvents(false);
  await engine.startContainer(id);
  await settled();
  abort.abort();
  await reading;
  assert.deepEqual(actions, ['start']);
  assert.equal(await state(), 'running');
});

test('out of memory: an oom event before die, and the flag', async () => {
  const { engine, id } = await running();
  engine.crash(id, 137, { outOfMemory: true });
  const found = await engine.inspectContainer(id);
  assert.deepEqual([found?.oomKilled, found?.exitCode], [true, 137]);
});

test('a restart by policy after the container is gone does nothing', async () => {
  const { clock, engine, id } = await running(always);
  engine.crash(id);
  await engine.removeContainer(id, { force: true, volumes: true });
  await clock.advance(1000);
  assert.deepEqual(await engine.listContainers({}), []);
});

test('an image is there after a pull', async () => {
  const engine = new MemoryEngine({ clock: new MemoryClock() });
  engine.addPullable('far:1', { exposedPorts: ['80/tcp'] });
  const lines: string[] = [];
  await engine.pullImage('far:1', { onProgress: (line) => lines.push(line) });
  assert.deepEqual((await engine.inspectImage('far:1'))?.exposedPorts, ['80/tcp']);
  assert.ok(lines.length > 0);
  await assert.rejects(engine.pullImage('none:1', {}), { code: 'TH_ENGINE_REFUSED', status: 404 });
});

async function drain(events: AsyncIterable<EngineEvent>): Promise<void> {
  for await (const event of events) assert.notEqual(event.action, '');
}
