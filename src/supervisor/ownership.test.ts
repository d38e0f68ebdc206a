import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hotPair, single, Story } from '../../test/support/story.ts';

const composeLabels = (service: string): Record<string, string> => ({
  'com.docker.compose.project': 'shop',
  'com.docker.compose.service': service,
  'com.docker.compose.container-number': '1',
  'com.docker.compose.oneoff': 'False',
});

async function composeUp(story: Story, service: string, binds: readonly string[] = []): Promise<void> {
  const id = await story.engine.createContainer(`shop_${service}_1`, {
    Image: 'shop/web:1',
    Labels: composeLabels(service),
    HostConfig: { Binds: binds },
    Networks: [],
  });
  await story.engine.startContainer(id);
}

test('a container that is not ours holds the name: foreign, told once, nothing is done any more', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.stop('web');
  await story.remove('web');
  await composeUp(story, 'web');
  await story.advance('5s');
  story.expectVerdicts({ 'web-primary': 'foreign', 'web-backup': 'foreign' });
  assert.match(story.service('web').reason, /^a container that is not ours/);
  const done = story.done();
  await story.kill('web-primary');
  await story.advance('60s');
  assert.deepEqual(story.done(), done, story.told());
  assert.equal(story.events('alert').length, 1);
});

test('a one-off container of compose run is nobody', async () => {
  await using story = await Story.begin({ web: hotPair });
  const id = await story.engine.createContainer('shop_web_run_1', {
    Image: 'shop/web:1',
    Labels: { ...composeLabels('web'), 'com.docker.compose.oneoff': 'True' },
    HostConfig: {},
    Networks: [],
  });
  await story.engine.startContainer(id);
  await story.advance('15s');
  story.expectVerdicts({ 'web-primary': 'healthy' });
});

test('docker-compose stop on the original file stops the gateway: the service is stopped, and stays so', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.stop('web');
  await story.advance('60s');
  assert.equal(story.service('web').serving, false);
  assert.match(story.service('web').reason, /gateway was stopped on request/);
  assert.deepEqual(story.done(), [], story.told());
  await story.start('web');
  await story.advance('5s');
  assert.equal(story.service('web').serving, true, story.told());
});

test('docker-compose restart on the original file restarts the gateway: members untouched, serving again', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.during(story.engine.restartContainer(story.container('web').id, { timeoutSeconds: 1 }));
  await story.advance('5s');
  assert.deepEqual(story.done(), [], story.told());
  assert.equal(story.service('web').serving, true);
});

test('docker kill of the gateway: started again, the primary is the same', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.kill('web');
  await story.advance('5s');
  assert.deepEqual(story.done(), ['start_gateway web'], story.told());
  story.expectLeader('web-primary');
  assert.equal(story.service('web').serving, true);
  assert.ok(
    story.incidents().every(({ endedAt }) => endedAt !== null),
    story.told(),
  );
});

test('docker rm -f of the gateway: made anew', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  await story.remove('web');
  await story.advance('10s');
  assert.deepEqual(story.done(), ['replace_gateway web'], story.told());
  assert.equal(story.service('web').serving, true);
});

test('docker pause of the gateway: unpaused', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.pause('web');
  await story.advance('5s');
  assert.deepEqual(story.done(), ['unpause_gateway web'], story.told());
});

test('down of everything by another tool: the supervisor ends', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  for (const name of ['web', 'alone', 'web-primary', 'web-backup']) {
    await story.stop(name);
    await story.remove(name);
  }
  await story.advance('5s');
  assert.equal(await story.during(story.ended()), 'gone');
});

test('down on the original file leaves members behind: they are removed, and the supervisor ends', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  for (const name of ['web', 'alone']) {
    await story.stop(name);
    await story.remove(name);
  }
  await story.advance('5s');
  assert.equal(await story.during(story.ended()), 'gone');
  assert.deepEqual(await story.engine.listContainers({ labels: { 'twinhull.service': '' } }), []);
});

test('a removal of one service among others is no down', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  await story.stop('alone');
  await story.remove('alone');
  await story.advance('60s');
  story.expectVerdicts({ alone: 'stopped', 'web-primary': 'healthy' });
  assert.deepEqual(story.done(), []);
});
