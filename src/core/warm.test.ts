import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, keysOf, serviceModel } from '../../test/support/core-story.ts';

test('a standby that was woken and is still seen paused is not woken again at once: the engine may be late', () => {
  const { policy } = serviceModel('web');
  const story = new CoreStory([serviceModel('web', { policy: { ...policy, standby: 'warm' } })]);
  story.seeMember('web', 'web-backup', { state: 'paused' });
  story.read('web', 'web-backup', { traffic: 'out', check: 'unknown' });
  story.decide();
  story.seeMember('web', 'web-primary', { state: 'exited', ended: 'failed', exitCode: 137 });
  const key = 'start_standby web web-backup';
  assert.ok(keysOf(story.decide()).includes(key));
  const woken = { kind: 'action_ended', key, service: 'web', outcome: 'done', missedCheck: false, detail: '' } as const;
  assert.ok(!keysOf(story.decide(woken)).includes(key));
  story.now += 999;
  assert.ok(!keysOf(story.decide()).includes(key));
  story.now += 1;
  assert.ok(keysOf(story.decide()).includes(key));
});
