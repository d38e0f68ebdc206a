import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hotPair, single, Story } from '../../test/support/story.ts';
import type { EffectAction } from '../core/actions.ts';
import { decide } from '../core/decide.ts';

const stopLast: EffectAction = {
  kind: 'stop',
  service: 'alone',
  member: 'web-backup',
  incident: null,
  reason: 'a defect',
  deadlineMs: 1000,
};

test('a decision that breaks a rule is not carried out: repairs are frozen, it is told, traffic goes on; the next supervisor repairs', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  await story.killSupervisor();
  let isFaulty = false;
  story.decide = (model, memory, observation, signals, now) => {
    const decision = decide(model, memory, observation, signals, now);
    return isFaulty ? { ...decision, actions: [...decision.actions, stopLast] } : decision;
  };
  await story.killSupervisor();
  story.supervise();
  await story.advance('5s');
  isFaulty = true;
  await story.advance('12s');
  isFaulty = false;
  assert.deepEqual(story.done(), [], story.told());
  const [freeze] = story.events('freeze');
  assert.match(freeze?.message ?? '', /a rule was broken: stop alone web-backup: no member of the service/);
  assert.equal(story.events('alert').length, 1);
  assert.equal(story.supervisor.status().freeze?.cause, 'rule');
  await story.kill('web-primary');
  await story.advance('10s');
  assert.deepEqual(story.done(), ['lead web-backup', 'take_out web-primary'], story.told());
  story.decide = undefined;
  await story.killSupervisor();
  story.supervise();
  await story.advance('1s');
  assert.equal(story.supervisor.status().freeze, null);
});
