import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, keysOf, serviceModel } from '../../test/support/core-story.ts';

const names = ['web-primary', 'web-backup'];

function story(): CoreStory {
  const web = new CoreStory([serviceModel('web')]);
  web.decide();
  web.now += 60_000;
  web.decide();
  return web;
}

function exit(web: CoreStory, finishedAt: number): void {
  for (const name of names)
    web.seeMember('web', name, { state: 'exited', exitCode: 143, ended: 'unseen', finishedAt, gateway: null });
  const { gateway } = web.service('web');
  if (gateway) web.see('web', { gateway: { ...gateway, state: 'exited', ended: 'asked', finishedAt } });
}

test('the engine is killed and stops everything when it comes back: all of it is started again', () => {
  const web = story();
  web.engineAnswers = false;
  web.decide({ kind: 'engine_lost' });
  web.now += 5000;
  exit(web, web.now - 1000);
  web.engineAnswers = true;
  assert.deepEqual(keysOf(web.decide()), ['start_gateway web web', 'start web web-primary', 'start web web-backup']);
});

test('what a person stopped before the engine went away, or after it was back, stays stopped', () => {
  for (const offset of [-60_000, 10_000]) {
    const web = story();
    if (offset < 0) {
      exit(web, web.now);
      web.decide();
      web.now -= offset;
    }
    web.engineAnswers = false;
    web.decide({ kind: 'engine_lost' });
    web.now += 1000;
    web.engineAnswers = true;
    web.decide();
    web.now += 10_000;
    if (offset > 0) exit(web, web.now);
    assert.deepEqual(keysOf(web.decide()), [], `${offset}`);
  }
});
