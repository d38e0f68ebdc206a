import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryClock } from '../adapters/memory/clock.ts';
import { refused } from '../adapters/memory/engine-refusal.ts';
import { MemoryEngine } from '../adapters/memory/engine.ts';
import type { MemberSeen } from '../core/model.ts';
import type { EngineEvent } from '../ports/engine.ts';
import { hotPair, Story } from '../../test/support/story.ts';
import { OwnEnds } from './own-ends.ts';
import { Picture } from './picture.ts';

const NAME = 'web-primary';

function eventOf(containerId: string, action: string, at: number): EngineEvent {
  return { type: 'container', action, containerId, at, attributes: { signal: '9', exitCode: '137' } };
}

function primaryIn(picture: Picture, now: number): MemberSeen {
  const [service] = picture.observe(now, [], 0).services;
  return service?.members.find(({ name }) => name === NAME) ?? assert.fail(`no ${NAME}`);
}

test('a container that has just started is not called cut off by what was known of it before', async () => {
  await using story = await Story.begin({ web: hotPair });
  const container = story.container(NAME);
  const picture = new Picture(story.fleet);
  picture.put({ ...container, state: 'created', startedAt: 0, networks: {} });
  picture.see(eventOf(container.id, 'start', 1000), 1000);
  assert.equal(primaryIn(picture, 1000).attached, null);
  picture.put({ ...container, networks: {} });
  assert.equal(primaryIn(picture, 1001).attached, false);
});

test('the die of a container that is being removed leaves nothing that could be started', async () => {
  await using story = await Story.begin({ web: hotPair });
  const container = story.container(NAME);
  const picture = new Picture(story.fleet);
  picture.put({ ...container, state: 'removing' });
  const at = container.startedAt + 1000;
  picture.see(eventOf(container.id, 'die', at), at);
  assert.equal(primaryIn(picture, at).state, 'removing');
  picture.see(eventOf(container.id, 'destroy', at + 1), at + 1);
  assert.equal(primaryIn(picture, at + 1).state, 'absent');
});

test("an end that we asked for is ours however late its events come; that of the next run is somebody else's", async () => {
  await using story = await Story.begin({ web: hotPair });
  const container = story.container(NAME);
  const ownEnds = new OwnEnds();
  const picture = new Picture(story.fleet, ownEnds);
  picture.put(container);
  const stopAt = (at: number): void => {
    picture.see({ ...eventOf(container.id, 'kill', at), attributes: { signal: '15' } }, at);
    for (const action of ['die', 'stop']) picture.see(eventOf(container.id, action, at), at);
  };
  await story.during(ownEnds.watch(story.engine).stopContainer(container.id, {}));
  const later = container.startedAt + 60_000;
  stopAt(later);
  assert.deepEqual([primaryIn(picture, later).state, primaryIn(picture, later).ended], ['exited', 'unseen']);
  picture.see(eventOf(container.id, 'start', later + 1), later + 1);
  stopAt(later + 2);
  assert.equal(primaryIn(picture, later + 2).ended, 'asked');
});

test('a run that no event told of begins without what is known of the last one', async () => {
  await using story = await Story.begin({ web: hotPair });
  const container = story.container(NAME);
  const picture = new Picture(story.fleet);
  picture.put(container);
  const at = container.startedAt + 1000;
  for (const action of ['die', 'stop']) picture.see(eventOf(container.id, action, at), at);
  assert.equal(primaryIn(picture, at).ended, 'asked');
  picture.put({ ...container, startedAt: at + 1000 });
  picture.see(eventOf(container.id, 'die', at + 2000), at + 2000);
  assert.equal(primaryIn(picture, at + 9000).ended, 'failed');
});

test('an end that the engine refused to us is not ours, unless another one of ours is under way', async () => {
  await using story = await Story.begin({ web: hotPair });
  const { id } = story.container(NAME);
  const ownEnds = new OwnEnds();
  const engine = ownEnds.watch(story.engine);
  const refusedRemoval = () => assert.rejects(engine.removeContainer(id, { force: false, volumes: false }), /running/);
  await refusedRemoval();
  assert.equal(ownEnds.has(id), false);
  story.engine.hang(id);
  const stopping = engine.stopContainer(id, { timeoutSeconds: 5 });
  await refusedRemoval();
  assert.equal(ownEnds.has(id), true);
  await story.during(stopping);
});

test('a restart that ended the run and could not begin the next is ours, although it failed', async () => {
  const ownEnds = new OwnEnds();
  const engine = Object.assign(new MemoryEngine({ clock: new MemoryClock() }), {
    restartContainer: () => Promise.reject(refused(500, 'failed to create task')),
  });
  await assert.rejects(ownEnds.watch(engine).restartContainer('some', {}));
  assert.equal(ownEnds.has('some'), true);
});

test('what runs from an image committed from a member is no member, also when the member is gone', async () => {
  await using story = await Story.begin({ web: hotPair });
  const container = story.container(NAME);
  const picture = new Picture(story.fleet);
  picture.put({ ...container, id: 'stranger', name: 'debug', image: 'committed:1' });
  assert.equal(primaryIn(picture, container.startedAt).state, 'absent');
  picture.put({ ...container, name: `${container.name}.replaced-started`, image: 'earlier:1' });
  assert.equal(primaryIn(picture, container.startedAt).containerId, container.id);
});

test('who is not in the first list and cannot be asked for is unknown, not gone, until the engine says so', async () => {
  await using story = await Story.begin({ web: hotPair });
  const gateway = story.fleet.services[0]?.gateway?.containerName ?? '';
  const name = story.container(NAME).name;
  const picture = new Picture(story.fleet);
  picture.replaceAll([], new Set(), new Set([name, gateway]));
  assert.equal(primaryIn(picture, 0).state, 'unknown');
  assert.equal(picture.observe(0, [], 0).services[0]?.gateway?.state, 'unknown');
  picture.replaceAll([], new Set());
  assert.equal(primaryIn(picture, 0).state, 'absent');
  assert.equal(picture.observe(0, [], 0).services[0]?.gateway?.state, 'absent');
});

test('what is seen once more as it was is no news; what is seen otherwise is, until it was observed', async () => {
  await using story = await Story.begin({ web: hotPair });
  const container = story.container(NAME);
  const reading = await story.gateway('web').read();
  const picture = new Picture(story.fleet);
  const told = (action: string): EngineEvent => eventOf(container.id, action, container.startedAt + 1000);
  const looks: readonly (readonly [isNews: boolean, look: () => void])[] = [
    [true, () => picture.put(container)],
    [false, () => picture.put(structuredClone(container))],
    [true, () => picture.put({ ...container, health: 'unhealthy' })],
    [true, () => picture.setReading('web', reading, 1000)],
    [false, () => picture.setReading('web', structuredClone(reading), 2000)],
    [true, () => picture.setReading('web', null, 3000)],
    [false, () => picture.see(told('exec_die'), 3000)],
    [true, () => picture.see(told('die'), 3000)],
  ];
  for (const [isNews, look] of looks) {
    picture.observe(1000, [], 0);
    look();
    assert.equal(picture.hasNews, isNews, String(look));
  }
});
