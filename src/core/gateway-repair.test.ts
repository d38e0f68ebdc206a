/** Gateways: what of them is a failure, and what is left alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calmStory, CoreStory, keysOf, lineOf, serviceModel } from '../../test/support/core-story.ts';
import type { GatewaySeen } from './model.ts';

function calm(): CoreStory {
  return calmStory(serviceModel('web'));
}

function seeGateway(story: CoreStory, change: Partial<GatewaySeen>): void {
  const { gateway } = story.service('web');
  if (gateway) story.see('web', { gateway: { ...gateway, ...change } });
}

const refused = (key: string) =>
  ({ kind: 'action_ended', key, service: 'web', outcome: 'failed', missedCheck: false, detail: 'no' }) as const;

test('one that runs and does not answer us goes on serving: it is told after half a minute, and left alone', () => {
  const story = calm();
  seeGateway(story, { state: 'silent' });
  const early = story.pass(29);
  assert.deepEqual(keysOf(early), []);
  const late = story.pass(300);
  assert.deepEqual(keysOf(late), []);
  assert.equal([...early, ...late].filter((action) => lineOf(action).startsWith('alert')).length, 1);
});

test('one that was killed is started, and when that fails made anew: what our own try left is no stop by hand', () => {
  const story = calm();
  seeGateway(story, { state: 'exited', ended: 'failed' });
  assert.deepEqual(keysOf(story.decide()), ['start_gateway web web']);
  seeGateway(story, { ended: 'unseen' });
  story.now += 100;
  const next = [...story.decide(refused('start_gateway web web')), ...story.pass(5)];
  assert.deepEqual(keysOf(next), ['replace_gateway web web']);
});

test('repairs of a gateway that do not help are further and further apart', () => {
  const story = calm();
  seeGateway(story, { state: 'absent', ended: 'failed' });
  let tries = 0;
  for (let second = 0; second < 120; second++) {
    if (keysOf(story.pass(1)).length === 0) continue;
    tries += 1;
    story.decide(refused('replace_gateway web web'));
  }
  assert.ok(tries >= 3 && tries <= 8, String(tries));
});

test('one that was stopped on request stays stopped, and so does one whose end is not clear yet', () => {
  const story = calm();
  seeGateway(story, { state: 'exited', ended: 'unclear', unclearUntil: story.now + 3000 });
  assert.deepEqual(keysOf(story.decide()), []);
  seeGateway(story, { ended: 'asked' });
  assert.deepEqual(keysOf(story.pass(60)), []);
});

test('one that has lost a network is given it back', () => {
  const story = calm();
  seeGateway(story, { attached: false });
  assert.deepEqual(keysOf(story.decide()), ['reconnect_gateway web web']);
});
