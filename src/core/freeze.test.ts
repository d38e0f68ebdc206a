import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, keysOf, lineOf, serviceModel } from '../../test/support/core-story.ts';
import type { MemberSeen } from './model.ts';
import { resumed } from './memory.ts';

const dead: Partial<MemberSeen> = { state: 'exited', ended: 'failed', exitCode: 137 };
const alone = serviceModel('alone', {
  mode: 'single',
  balance: null,
  members: [{ name: 'alone', role: 'primary', startsAtUp: true }],
});

function calm(): CoreStory {
  const story = new CoreStory([serviceModel('web'), alone]);
  story.decide();
  story.now += 20_000;
  return story;
}

const maintenance = (service: string, on: boolean, until: number | null = null) =>
  ({ kind: 'maintenance_asked', service, on, until }) as const;

test('frozen: what fails is told and led away from, nothing is started or ended; thawed: it is repaired', () => {
  const story = calm();
  story.decide({ kind: 'freeze_asked', reason: 'moving the disk' });
  story.seeMember('web', 'web-primary', dead);
  story.seeMember('alone', 'alone', dead);
  const actions = story.pass(5);
  assert.deepEqual(keysOf(actions), ['lead web web-backup', 'take_out web web-primary']);
  const told = actions.map(lineOf).filter((line) => /^(open|consider)_incident/.test(line));
  assert.deepEqual(told, [
    'open_incident web-primary container_exit: web-primary exited with code 137 (signal 9)',
    'consider_incident web-primary: it is left alone: repairs are frozen by a person: moving the disk',
    'open_incident alone container_exit: alone exited with code 137 (signal 9)',
    'consider_incident alone: it is left alone: repairs are frozen by a person: moving the disk',
  ]);
  const thawed = story.decide({ kind: 'thaw_asked' });
  assert.deepEqual(keysOf(thawed), ['start web web-primary', 'start alone alone']);
  assert.match(lineOf(thawed[0] ?? assert.fail()), /repairs go on; they were frozen for 5 s/);
});

test('frozen: a gateway that is gone is told and not made anew', () => {
  const story = calm();
  story.decide({ kind: 'freeze_asked', reason: '' });
  const { gateway } = story.service('web');
  assert.ok(gateway);
  story.see('web', { gateway: { ...gateway, state: 'absent', ended: 'failed' } });
  const actions = story.pass(10);
  assert.deepEqual(keysOf(actions), []);
  assert.equal(actions.filter(({ kind }) => kind === 'open_incident').length, 1);
  story.decide({ kind: 'thaw_asked' });
  assert.deepEqual(story.pending(), ['replace_gateway web web']);
});

test('frozen: neither a quarantine that was not heeded nor a foreign container is a reason to stop anything', () => {
  const story = calm();
  const member = story.memory.services['web']?.members['web-backup'];
  assert.ok(member);
  member.quarantinedAt = story.now;
  story.decide({ kind: 'freeze_asked', reason: '' });
  story.see('alone', { foreign: 'another', foreignSharesVolumeWith: ['alone'] });
  assert.deepEqual(
    keysOf(story.pass(3)).filter((key) => /^(stop|quarantine)/.test(key)),
    [],
  );
  story.decide({ kind: 'thaw_asked' });
  assert.deepEqual(
    story.pending().filter((key) => /^(stop|quarantine)/.test(key)),
    ['quarantine web web-backup', 'stop alone alone'],
  );
});

test('maintenance: a gateway that is gone, or silent for long, is no incident and no alert', () => {
  const story = calm();
  story.decide(maintenance('web', true));
  const { gateway } = story.service('web');
  assert.ok(gateway);
  for (const state of ['silent', 'absent'] as const) {
    story.see('web', { gateway: { ...gateway, state, ended: 'failed' } });
    const told = story.pass(40).filter(({ kind }) => kind === 'alert' || kind === 'open_incident');
    assert.deepEqual(told, [], state);
  }
});

test('what is under way when the freeze comes ends, and no next rung follows', () => {
  const story = calm();
  story.seeMember('alone', 'alone', dead);
  assert.deepEqual(keysOf(story.decide()), ['start alone alone']);
  story.decide({ kind: 'freeze_asked', reason: '' });
  const ended = { kind: 'action_ended', key: 'start alone alone', service: 'alone', missedCheck: false } as const;
  story.decide({ ...ended, outcome: 'failed', detail: 'no space left' });
  assert.deepEqual(keysOf(story.pass(90)), []);
  story.decide({ kind: 'thaw_asked' });
  assert.deepEqual(keysOf(story.pass(3)), ['start alone alone'], 'from the mildest rung again, after the usual wait');
});

test('a freeze outlives the supervisor', () => {
  const story = calm();
  story.decide({ kind: 'freeze_asked', reason: '' });
  story.memory = resumed(story.memory, story.now);
  story.seeMember('alone', 'alone', dead);
  assert.deepEqual(keysOf(story.pass(10)), []);
});

test('thawing what is not frozen says nothing', () => {
  assert.deepEqual(calm().decide({ kind: 'thaw_asked' }), []);
});

test('maintenance of one service: no incident, no alert, no repair, and the other one is repaired as ever', () => {
  const story = calm();
  story.decide(maintenance('web', true));
  story.seeMember('web', 'web-primary', dead);
  story.seeMember('alone', 'alone', dead);
  const actions = story.pass(10);
  assert.deepEqual(keysOf(actions), ['lead web web-backup', 'take_out web web-primary', 'start alone alone']);
  const notes = actions.filter(({ kind }) => kind === 'open_incident' || kind === 'alert');
  assert.deepEqual(
    notes.map((note) => 'service' in note && note.service),
    ['alone'],
  );
});

test('maintenance ends by itself when its time is over, and what fails then is an incident from then on', () => {
  const story = calm();
  story.decide(maintenance('web', true, story.now + 30_000));
  story.seeMember('web', 'web-primary', dead);
  assert.deepEqual(
    story.pass(29).filter(({ kind }) => kind === 'open_incident' || kind === 'start'),
    [],
  );
  assert.ok(story.wakeAt <= story.now + 1000, 'asks to be asked when it is over');
  story.now += 1000;
  const actions = story.decide();
  assert.deepEqual(keysOf(actions), ['start web web-primary']);
  const opened = actions.find(({ kind }) => kind === 'open_incident');
  assert.equal(opened?.kind === 'open_incident' && opened.startedAt, story.now);
  assert.ok(
    actions.map(lineOf).includes('maintenance web: maintenance of web is over after 30 s; it is repaired again'),
  );
});

test('maintenance closes what was open; off ends it at once', () => {
  const story = calm();
  story.seeMember('alone', 'alone', { ...dead, exitCode: 1 });
  story.decide();
  const closed = story.decide(maintenance('alone', true)).filter(({ kind }) => kind === 'close_incident');
  assert.equal(closed.length, 1);
  const off = story.decide(maintenance('alone', false)).map(lineOf);
  assert.match(off[0] ?? '', /was ended/);
  assert.deepEqual(story.decide(maintenance('alone', false)).map(lineOf), []);
});

test('what fails in maintenance is no sign of a common cause: the brake is not on for the others', () => {
  const pairs = ['a', 'b', 'c'].map((name) => serviceModel(name));
  const story = new CoreStory(pairs);
  story.decide();
  story.now += 20_000;
  story.decide(maintenance('a', true), maintenance('b', true));
  const sick = { check: 'failing', failuresInARow: 5 } as const;
  for (const member of ['a-primary', 'a-backup']) story.read('a', member, sick);
  for (const member of ['b-primary', 'b-backup']) story.read('b', member, sick);
  story.read('c', 'c-primary', sick);
  const lines = story.pass(5).map(lineOf);
  assert.equal(lines.filter((line) => line.startsWith('restart_soft c c-primary')).length, 1, lines.join('\n'));
});
