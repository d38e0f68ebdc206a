import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberSeen } from '../core/model.ts';
import type { EngineEvent } from '../ports/engine.ts';
import { hotPair, Story } from '../../test/support/story.ts';
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

test('what runs from an image committed from a member is no member, also when the member is gone', async () => {
  await using story = await Story.begin({ web: hotPair });
  const container = story.container(NAME);
  const picture = new Picture(story.fleet);
  picture.put({ ...container, id: 'stranger', name: 'debug', image: 'committed:1' });
  assert.equal(primaryIn(picture, container.startedAt).state, 'absent');
  picture.put({ ...container, name: `${container.name}.replaced-started`, image: 'earlier:1' });
  assert.equal(primaryIn(picture, container.startedAt).containerId, container.id);
});
