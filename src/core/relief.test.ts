import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, lineOf, serviceModel } from '../../test/support/core-story.ts';
import { done, effectsIn, fullMemory, littleMemory, MIB, pass, using } from '../../test/support/core-signs.ts';
import type { ServiceModel } from './model.ts';

const single: ServiceModel = serviceModel('web', {
  mode: 'single',
  balance: null,
  members: [{ name: 'web', role: 'primary', startsAtUp: true }],
});
const cluster: ServiceModel = serviceModel('web', {
  mode: 'cluster',
  balance: 'spread',
  members: ['web-1', 'web-2', 'web-3'].map((name) => ({ name, role: 'replica' as const, startsAtUp: true })),
});

function well(model = serviceModel('web')): CoreStory {
  const story = new CoreStory([model]);
  story.decide();
  story.now += 20_000;
  story.decide();
  return story;
}

const alertsIn = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('alert'));

test('memory near its limit, and another one serves: requests go there, its own finish, then it is restarted', () => {
  const story = well();
  story.read('web', 'web-primary', { sessions: 3 });
  story.seeMember('web', 'web-primary', fullMemory);
  const first = story.decide().map(lineOf);
  assert.deepEqual(effectsIn(first), ['lead web web-backup'], first.join('\n'));
  assert.match(
    first.join('\n'),
    /resource_exhaustion: web-primary uses 94 % of its memory limit \(256 MiB\) or more for 1 min/,
  );
  assert.match(first.join('\n'), /scale_up is not available: no maximum is set/);
  done(story, 'lead web web-backup');
  assert.deepEqual(effectsIn(pass(story, 5)), [], 'three requests are still inside it');
  story.read('web', 'web-primary', { sessions: 0 });
  assert.deepEqual(effectsIn(pass(story, 1)), ['take_out web web-primary']);
  const restart = done(story, 'take_out web web-primary');
  assert.deepEqual(effectsIn(restart), ['restart_soft web web-primary']);
  assert.match(restart.join('\n'), /restart_soft web web-primary \(60000 ms\)/);
  done(story, 'restart_soft web web-primary');
  const end = done(story, 'put_in web web-primary');
  assert.match(end.join('\n'), /close_incident web-primary repaired, 0 ms without service/);
});

test('requests that do not finish have the time to drain, and no more', () => {
  const story = well();
  story.read('web', 'web-primary', { sessions: 1 });
  story.seeMember('web', 'web-primary', fullMemory);
  story.decide();
  done(story, 'lead web web-backup');
  assert.deepEqual(effectsIn(pass(story, 28)), []);
  assert.deepEqual(effectsIn(pass(story, 3)), ['take_out web web-primary']);
});

test('a member of a cluster is drained before it is restarted', () => {
  const story = well(cluster);
  story.read('web', 'web-2', { sessions: 2 });
  story.seeMember('web', 'web-2', fullMemory);
  assert.deepEqual(effectsIn(story.decide().map(lineOf)), ['drain web web-2']);
  done(story, 'drain web web-2');
  assert.deepEqual(effectsIn(pass(story, 3)), []);
  story.read('web', 'web-2', { sessions: 0 });
  assert.deepEqual(effectsIn(pass(story, 1)), ['take_out web web-2']);
  assert.deepEqual(effectsIn(done(story, 'take_out web web-2')), ['restart_soft web web-2']);
});

test('nobody else serves: it is left alone, and that is told once', () => {
  const story = well(single);
  story.seeMember('web', 'web', fullMemory);
  const lines = [...story.decide().map(lineOf), ...pass(story, 600)];
  assert.deepEqual(effectsIn(lines), []);
  assert.equal(alertsIn(lines).length, 1, lines.join('\n'));
  assert.match(alertsIn(lines)[0] ?? '', /memory limit.*it is the only one/);
});

test('what swings about the threshold is told once; what comes back after a good while is told again', () => {
  const story = well(single);
  const lines: string[] = [];
  for (let swings = 0; swings < 10; swings++) {
    story.seeMember('web', 'web', swings % 2 === 0 ? fullMemory : littleMemory);
    lines.push(...pass(story, 10));
  }
  assert.equal(alertsIn(lines).length, 1);
  story.seeMember('web', 'web', littleMemory);
  lines.push(...pass(story, 301));
  story.seeMember('web', 'web', fullMemory);
  lines.push(...pass(story, 1));
  assert.equal(alertsIn(lines).length, 2);
});

test('near its limit again soon after the restart: that is its size, so it is left alone and told', () => {
  const story = well();
  story.seeMember('web', 'web-primary', fullMemory);
  story.decide();
  done(story, 'lead web web-backup');
  done(story, 'take_out web web-primary');
  done(story, 'restart_soft web web-primary');
  done(story, 'put_in web web-primary');
  pass(story, 70);
  story.seeMember('web', 'web-primary', fullMemory);
  const lines = pass(story, 400);
  assert.deepEqual(effectsIn(lines), []);
  assert.match(
    alertsIn(lines).join('\n'),
    /restarted for that a short while ago, so this is what it needs: raise the limit/,
  );
  assert.equal(effectsIn(pass(story, 200))[0], 'take_out web web-primary', 'a slow leak is met again');
});

test('both near their limit: one at a time, and the brake is not for that', () => {
  const story = well();
  for (const name of ['web-primary', 'web-backup']) story.seeMember('web', name, fullMemory);
  const lines = pass(story, 1);
  assert.deepEqual(effectsIn(lines), ['lead web web-backup']);
  assert.equal(story.memory.services['web']?.freeze, null);
});

test('the other one fails meanwhile: the one that serves goes on serving', () => {
  const story = well();
  story.read('web', 'web-primary', { sessions: 1 });
  story.seeMember('web', 'web-primary', fullMemory);
  story.decide();
  done(story, 'lead web web-backup');
  story.seeMember('web', 'web-backup', { state: 'exited', ended: 'failed', exitCode: 1 });
  const lines = pass(story, 2);
  assert.ok(effectsIn(lines).includes('lead web web-primary'), lines.join('\n'));
  assert.ok(
    !effectsIn(lines).some((line) => line.endsWith('web-primary') && !line.startsWith('lead')),
    lines.join('\n'),
  );
});

test('being busy is no failure: it is told, and nothing is done', () => {
  const story = well();
  story.seeMember('web', 'web-primary', using({ cpu: { share: 0.97, limit: 0.5 }, throttledShare: 0.8 }));
  const lines = pass(story, 120);
  assert.deepEqual(effectsIn(lines), []);
  assert.deepEqual(
    alertsIn(lines).map((line) => line.replace(/^alert web: /, '')),
    [
      'web-primary uses 97 % of its 0.5 processors for 1 min; it is left alone as long as it answers',
      'web-primary is held back by its quota in 80 % of the time for 1 min; it is left alone as long as it answers',
    ],
  );
});

test('busy and slow while the other one is not busy: it is lost in a loop, and restarted', () => {
  const busy = { cpu: { share: 0.97, limit: 2 }, checkShare: 0.6 };
  const idle = { cpu: { share: 0.2, limit: 2 }, checkShare: 0.01 };
  const story = well();
  story.seeMember('web', 'web-backup', using(busy));
  story.seeMember('web', 'web-primary', using(busy));
  assert.deepEqual(effectsIn(pass(story, 30)), [], 'where all are busy there is work');
  story.seeMember('web', 'web-primary', using(idle));
  assert.deepEqual(effectsIn(pass(story, 1)), ['take_out web web-backup']);
});

test('busy and failing its checks: repaired as one that fails, and the kind says why', () => {
  const story = well();
  story.seeMember('web', 'web-primary', using({ cpu: { share: 0.97, limit: 2 } }));
  story.read('web', 'web-primary', { check: 'failing', failuresInARow: 5 });
  const lines = pass(story, 3);
  assert.match(lines.join('\n'), /open_incident web-primary resource_exhaustion: .*97 % of its 2 processors/);
  assert.ok(effectsIn(lines).includes('restart_soft web web-primary'), lines.join('\n'));
});

test('processes and open files near their limits are used up too', () => {
  for (const use of [{ pids: { share: 0.96, limit: 50 } }, { descriptors: { share: 0.96, limit: 50 } }]) {
    const story = well();
    story.seeMember('web', 'web-backup', using(use));
    const lines = pass(story, 1);
    assert.match(
      lines.join('\n'),
      /resource_exhaustion: web-backup has 48 of at most 50 (processes|open files) for 1 min/,
    );
    assert.deepEqual(effectsIn(lines), ['take_out web web-backup']);
  }
});

test('a single process that the kernel ended inside is told; as many as the setting says are a failure', () => {
  const story = well();
  const oom = (events: number) => ({ oom: { kills: events, killsInWindow: events, events, eventsBefore: 0 } });
  story.seeMember('web', 'web-backup', oom(1));
  const first = pass(story, 5);
  assert.deepEqual(effectsIn(first), []);
  assert.match(
    alertsIn(first).join('\n'),
    /1 process ended for want of memory within 1 min \(the kernel's counter: 1 since its start; the engine: 1 oom event\)/,
  );
  story.seeMember('web', 'web-backup', oom(3));
  assert.deepEqual(effectsIn(pass(story, 1)), ['take_out web web-backup']);
});

test('ended by the kernel for want of memory: all that tells of it is told together, and it is started', () => {
  const story = well();
  story.seeMember('web', 'web-primary', {
    state: 'exited',
    ended: 'failed',
    exitCode: 137,
    oomKilled: true,
    oom: { kills: 2, killsInWindow: 2, events: 1, eventsBefore: 0 },
  });
  const lines = story.decide().map(lineOf);
  assert.match(
    lines.join('\n'),
    /open_incident web-primary resource_exhaustion: web-primary was ended by the kernel: out of memory \(exit code 137, the engine's flag, 1 oom event, the kernel's counter \(2\)\)/,
  );
  assert.ok(effectsIn(lines).includes('start web web-primary'));
});

test('its checks fail, and then the kernel ends it for want of memory: that is told too, once', () => {
  const story = well();
  const kill = { kills: null, killsInWindow: null, events: 1, eventsBefore: 0 };
  story.seeMember('web', 'web-primary', { oom: kill });
  story.read('web', 'web-primary', { check: 'failing', failuresInARow: 5 });
  assert.match(story.decide().map(lineOf).join('\n'), /open_incident web-primary resource_exhaustion/);
  story.seeMember('web', 'web-primary', { state: 'exited', ended: 'failed', exitCode: 137, oomKilled: true });
  const told = [...story.decide(), ...story.pass(5)]
    .map(lineOf)
    .filter((line) => /^update_incident.*out of memory/.test(line));
  assert.equal(told.length, 1, told.join('\n'));
  assert.match(told[0] ?? '', /\(exit code 137, the engine's flag, 1 oom event\)/);
});

test('exit code 137 alone is a kill, and no want of memory', () => {
  const story = well();
  story.seeMember('web', 'web-primary', { state: 'exited', ended: 'failed', exitCode: 137 });
  assert.match(story.decide().map(lineOf).join('\n'), /open_incident web-primary container_exit/);
});

test('what the engine started again after the kernel had ended it is on record as that', () => {
  const story = well();
  story.seeMember('web', 'web-primary', {
    restartCount: 1,
    startedAt: story.now,
    oom: { kills: 0, killsInWindow: 0, events: 0, eventsBefore: 1 },
  });
  assert.match(
    story.decide().map(lineOf).join('\n'),
    /open_incident web-primary resource_exhaustion: web-primary ran out of memory, and the kernel ended it; the engine restarted it/,
  );
});

test('a restart that the engine refuses is followed by the next step', () => {
  const story = well();
  story.seeMember('web', 'web-primary', fullMemory);
  story.decide();
  done(story, 'lead web web-backup');
  done(story, 'take_out web web-primary');
  const key = 'restart_soft web web-primary';
  const failed = {
    kind: 'action_ended',
    key,
    service: 'web',
    outcome: 'failed',
    missedCheck: false,
    detail: 'no',
  } as const;
  const lines = [...story.decide(failed).map(lineOf), ...pass(story, 3)];
  assert.ok(effectsIn(lines).includes('restart_hard web web-primary'), lines.join('\n'));
});

test('a frozen project, a spent budget, or alert_only: it is only told', () => {
  const frozen = well();
  frozen.decide({ kind: 'freeze_asked', reason: 'work' });
  const spent = well(
    serviceModel('web', { policy: { ...serviceModel('web').policy, budget: { actions: 0, windowMs: 600_000 } } }),
  );
  const { policy } = serviceModel('web');
  const alertOnly = { ...policy.reactions, resource_exhaustion: { ladder: null, alertOnly: true } };
  const told = well(serviceModel('web', { policy: { ...policy, reactions: alertOnly } }));
  for (const story of [frozen, spent, told]) {
    story.seeMember('web', 'web-primary', fullMemory);
    const lines = pass(story, 30);
    assert.deepEqual(effectsIn(lines), []);
    assert.equal(alertsIn(lines).length, 1, lines.join('\n'));
  }
});

test('near its limit and well: the words are beside its verdict', () => {
  const story = well(single);
  story.seeMember('web', 'web', using({ memory: { share: 0.94, limitBytes: 64 * MIB } }));
  pass(story, 1);
  const { verdict, reason } = story.memory.services['web']?.members['web'] ?? {};
  assert.deepEqual([verdict, reason], ['healthy', 'uses 94 % of its memory limit (64 MiB) or more for 1 min']);
});
