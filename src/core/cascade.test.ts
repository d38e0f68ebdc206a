import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pass } from '../../test/support/core-signs.ts';
import { CoreStory, lineOf, serviceModel } from '../../test/support/core-story.ts';

const names = ['web', 'api', 'auth', 'shop'];

function fourPairs(hostActions = 12): CoreStory {
  const story = new CoreStory(
    names.map((name) => serviceModel(name)),
    hostActions,
  );
  story.decide();
  story.now += 20_000;
  return story;
}

function sicken(story: CoreStory, service: string, member: string, failuresInARow: number): void {
  story.read(service, member, { check: 'failing', failuresInARow });
}

test('half of everything is bad at once: nothing is cut or restarted, and it is said once', () => {
  const story = fourPairs();
  for (const name of names) sicken(story, name, `${name}-primary`, 5);
  const lines = pass(story, 30);
  assert.equal(
    lines.filter((line) => /^alert project: .* running members of 4 services are bad/.test(line)).length,
    1,
    lines.join('\n'),
  );
  assert.deepEqual(
    lines.filter((line) => /^(take_out|restart|replace|quarantine)/.test(line)),
    [],
  );
});

test('what failed together may come back one after another: nobody is restarted for being slower', () => {
  const story = new CoreStory([serviceModel('web')]);
  story.decide();
  story.now += 20_000;
  for (const name of ['web-primary', 'web-backup']) sicken(story, 'web', name, 5);
  pass(story, 20);
  story.read('web', 'web-primary', { check: 'passing', failuresInARow: 0 });
  sicken(story, 'web', 'web-backup', 40);
  const lines = pass(story, 8);
  assert.deepEqual(
    lines.filter((line) => /^(take_out|restart|replace)/.test(line)),
    [],
  );
  assert.equal(
    pass(story, 5).filter((line) => line.startsWith('restart_soft web web-backup')).length,
    1,
    'in the end it is',
  );
});

test('a moment in which both were in doubt does not spare the one that hangs', () => {
  const story = new CoreStory([serviceModel('web')]);
  story.decide();
  story.now += 20_000;
  const fails = (member: string): string[] =>
    story
      .decide({ kind: 'check_failed', service: 'web', member, port: 80, checkFailure: 'other', detail: '' })
      .map(lineOf);
  fails('web-primary');
  fails('web-backup');
  story.now += 200;
  story.decide({ kind: 'check_passed', service: 'web', member: 'web-backup', port: 80 });
  story.now += 300;
  const lines = fails('web-primary');
  assert.equal(lines.filter((line) => line.startsWith('take_out web web-primary')).length, 1, lines.join('\n'));
});

test('after a minute under the brake members are tried one at a time', () => {
  const story = fourPairs();
  for (const name of names) sicken(story, name, `${name}-primary`, 5);
  const restarts = pass(story, 75).filter((line) => line.startsWith('restart'));
  assert.equal(restarts.length, 1, restarts.join('\n'));
});

test('a quarter of everything is bad: no brake', () => {
  const story = fourPairs();
  for (const name of ['web', 'api']) sicken(story, name, `${name}-primary`, 5);
  const lines = pass(story, 5);
  assert.equal(lines.filter((line) => line.startsWith('restart_soft')).length, 2, lines.join('\n'));
});

test('exited containers are started under any brake: that takes nothing from anybody', () => {
  const story = fourPairs();
  for (const name of names)
    story.seeMember(name, `${name}-primary`, { state: 'exited', ended: 'failed', exitCode: 137 });
  const starts = pass(story, 2).filter((line) => line.startsWith('start '));
  assert.equal(starts.length, 4);
});

test('more repairs on the host than services explain: who still serves is left alone, and it is said', () => {
  const story = fourPairs(2);
  for (const name of names)
    story.seeMember(name, `${name}-primary`, { state: 'exited', ended: 'failed', exitCode: 137 });
  const lines = pass(story, 3);
  assert.equal(lines.filter((line) => line.startsWith('start ')).length, 2, lines.join('\n'));
  assert.equal(lines.filter((line) => line.startsWith('alert project: 2 repairs')).length, 1);
});

test('failures of three services within five minutes are a cascade, and it is said', () => {
  const story = fourPairs();
  const lines: string[] = [];
  for (const name of names.slice(0, 3)) {
    story.seeMember(name, `${name}-primary`, { state: 'exited', ended: 'failed', exitCode: 1 });
    lines.push(...pass(story, 20));
  }
  assert.equal(lines.filter((line) => line.includes('within five minutes')).length, 1, lines.join('\n'));
});
