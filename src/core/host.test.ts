import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, lineOf, serviceModel } from '../../test/support/core-story.ts';
import { effectsIn, pass } from '../../test/support/core-signs.ts';
import type { HostSeen } from './model.ts';

const ENGINE = 'the engine (/var/lib/docker)';
const disk = (diskShare: number, inodesShare: number | null = 0.1): HostSeen => ({
  memoryShare: 0.5,
  fileSystems: [{ what: ENGINE, diskShare, inodesShare, isEngines: true }],
});

function pairAndSingle(): CoreStory {
  const alone = serviceModel('alone', {
    mode: 'single',
    balance: null,
    members: [{ name: 'alone', role: 'primary', startsAtUp: true }],
  });
  const story = new CoreStory([serviceModel('web'), alone]);
  story.decide();
  story.now += 20_000;
  story.decide();
  return story;
}

/** What was asked for last came to nothing. */
function fails(story: CoreStory, key: string): string[] {
  story.now += 100;
  const service = key.split(' ')[1] ?? '';
  const ended = { kind: 'action_ended', key, service, outcome: 'failed', missedCheck: false, detail: 'no' } as const;
  return story.decide(ended).map(lineOf);
}

test('a host that is nearly full is told once, and nothing is done to members that are well', () => {
  const story = pairAndSingle();
  story.host = {
    memoryShare: 0.97,
    fileSystems: [
      { what: ENGINE, diskShare: 0.96, inodesShare: 0.99, isEngines: true },
      { what: '/srv/data', diskShare: 0.99, inodesShare: null, isEngines: false },
    ],
  };
  assert.deepEqual(pass(story, 300), [
    "alert project: the host's memory is used to 97 %; nothing is done to members for that",
    `alert project: the disk of ${ENGINE} is full to 96 %; until there is room, no container is replaced by a new one`,
    `alert project: the inodes of ${ENGINE} are used to 99 %; until there is room, no container is replaced by a new one`,
    'alert project: the disk of /srv/data is full to 99 %',
  ]);
});

test('with the disk full no container is replaced: what is milder is tried again', () => {
  const story = pairAndSingle();
  story.host = disk(0.97);
  story.seeMember('alone', 'alone', { state: 'exited', ended: 'failed', exitCode: 1 });
  assert.deepEqual(effectsIn(pass(story, 1)), ['start alone alone']);
  fails(story, 'start alone alone');
  const lines = fails(story, 'restart_hard alone alone');
  assert.match(lines.join('\n'), /it is not replaced by a new container: the disk of the engine is nearly full/);
  const next = pass(story, 10);
  assert.deepEqual(effectsIn(next), ['start alone alone'], next.join('\n'));
});

test('when there is room again, it is replaced', () => {
  const story = pairAndSingle();
  story.seeMember('alone', 'alone', { state: 'exited', ended: 'failed', exitCode: 1 });
  story.decide();
  fails(story, 'start alone alone');
  const lines = fails(story, 'restart_hard alone alone');
  assert.deepEqual(effectsIn(lines), ['replace alone alone'], lines.join('\n'));
});

test('a member that has no container is made anew with the disk full only when nobody else serves', () => {
  const story = pairAndSingle();
  story.host = disk(0.1, 0.97);
  for (const [service, member] of [
    ['alone', 'alone'],
    ['web', 'web-backup'],
  ] as const) {
    story.seeMember(service, member, { state: 'absent', ended: 'failed' });
  }
  const replaced = (lines: readonly string[]): string[] =>
    effectsIn(lines).filter((line) => line.startsWith('replace'));
  assert.deepEqual(replaced(pass(story, 30)), ['replace alone alone']);
  story.host = disk(0.5);
  assert.deepEqual(replaced(pass(story, 2)), ['replace web web-backup']);
});

test('a disk of which nobody knows anything is no full disk', () => {
  const story = pairAndSingle();
  story.host = { memoryShare: null, fileSystems: [] };
  story.seeMember('alone', 'alone', { state: 'absent', ended: 'failed' });
  assert.deepEqual(effectsIn(pass(story, 1)), ['replace alone alone']);
});
