/** The disk of the state folder is full while something fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hotPair, single, Story, writerPair, writerVolumes } from '../../test/support/story.ts';

const alerts = (story: Story): string[] => story.log.filter((line) => /the record cannot be written/.test(line));

/** On disk: nothing is open, and every action has its end. */
function expectWholeRecord(story: Story): void {
  assert.deepEqual(story.store.pending(), []);
  assert.deepEqual(story.store.incidents({ open: true }), [], story.told());
  assert.equal(story.supervisor.status().unrecorded, null);
}

test('a member dies: traffic moves, it is started again, somebody is told once, and the record has it all when there is room', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.store.isFull = true;
  await story.kill('web-primary');
  assert.equal(await story.load('web', 8000), 0);
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  story.expectLeader('web-backup');
  assert.match(story.supervisor.status().unrecorded?.reason ?? '', /full/);
  assert.deepEqual(story.incidents(), []);
  await story.advance('60s');
  assert.equal(alerts(story).length, 1, story.told());
  story.store.isFull = false;
  await story.advance('11s');
  assert.deepEqual(
    story.done().slice(0, 3),
    ['lead web-backup', 'take_out web-primary', 'start web-primary'],
    story.told(),
  );
  assert.deepEqual(
    story.incidents().map(({ outcome }) => outcome),
    ['repaired'],
  );
  assert.match(story.events('record')[0]?.message ?? '', /written again after 1 min.*nothing missing/);
  expectWholeRecord(story);
});

test('a member hangs: it gets no traffic, and is not ended before that can be on record', async () => {
  await using story = await Story.begin({ web: hotPair });
  const { startedAt } = story.container('web-primary');
  story.store.isFull = true;
  story.hang('web-primary');
  await story.advance('60s');
  assert.equal(story.container('web-primary').startedAt, startedAt, story.told());
  story.expectLeader('web-backup');
  assert.equal(await story.load('web', 1000), 0);
  const { next, facts } = story.supervisor.why('web-primary') ?? { next: [], facts: [] };
  assert.match(JSON.stringify([next, facts]), /has to be on record before it begins/);
  story.store.isFull = false;
  await story.advance('20s');
  assert.notEqual(story.container('web-primary').startedAt, startedAt);
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  expectWholeRecord(story);
});

test('the disk is full at the very moment of an action that must be on record: it is not begun', async () => {
  await using story = await Story.begin({ web: hotPair });
  story.hang('web-primary');
  const announce = story.store.announce.bind(story.store);
  story.store.announce = (...call) => {
    const { kind } = call[1] as { kind: string };
    story.store.isFull = kind.startsWith('restart');
    return announce(...call);
  };
  const { startedAt } = story.container('web-primary');
  await story.advance('30s');
  assert.equal(story.container('web-primary').startedAt, startedAt, story.told());
  assert.equal(alerts(story).length, 1, story.told());
  story.store.announce = announce;
  story.store.isFull = false;
  await story.advance('30s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy' });
  expectWholeRecord(story);
});

test('one writer, it dies: started where it was, and the other one is not', async () => {
  await using story = await Story.begin({ db: writerPair }, writerVolumes);
  story.store.isFull = true;
  await story.kill('db-primary');
  await story.advance('10s');
  assert.equal(story.expectOneRuns('db-primary', 'db-backup'), 'db-primary');
  assert.equal(story.service('db').serving, true, story.told());
  story.store.isFull = false;
  await story.advance('20s');
  assert.deepEqual(
    story.done().filter((line) => !/put_in|take_out|lead/.test(line)),
    ['start db-primary'],
    story.told(),
  );
  assert.deepEqual(story.secondWriters, []);
  expectWholeRecord(story);
});

test('one writer, it hangs: it is not fenced before that can be on record; then the other one takes over', async () => {
  await using story = await Story.begin({ db: writerPair }, writerVolumes);
  story.store.isFull = true;
  story.hang('db-primary');
  await story.advance('30s');
  assert.equal(story.expectOneRuns('db-primary', 'db-backup'), 'db-primary');
  story.store.isFull = false;
  await story.advance('40s');
  assert.equal(story.expectOneRuns('db-primary', 'db-backup'), 'db-backup', story.told());
  assert.deepEqual(story.secondWriters, []);
  expectWholeRecord(story);
});

test('one writer, the disk is full in the middle of a change: the change is brought to its end', async () => {
  await using story = await Story.begin({ db: writerPair }, writerVolumes);
  const saveDocument = story.store.saveDocument.bind(story.store);
  story.store.saveDocument = (...call) => {
    saveDocument(...call);
    if (JSON.stringify(call).includes('"step":"fence"')) story.store.isFull = true;
  };
  story.hang('db-primary');
  await story.advance('40s');
  assert.equal(story.expectOneRuns('db-primary', 'db-backup'), 'db-backup', story.told());
  assert.equal(story.service('db').serving, true, story.told());
  assert.deepEqual(story.secondWriters, []);
  assert.notEqual(story.supervisor.status().unrecorded, null);
  story.store.saveDocument = saveDocument;
  story.store.isFull = false;
  await story.advance('11s');
  expectWholeRecord(story);
});

test('a supervisor that is killed with a full disk: the next one does without what was not written', async () => {
  await using story = await Story.begin({ web: hotPair, alone: single });
  story.store.isFull = true;
  story.crash('alone', 3);
  await story.kill('web-primary');
  await story.advance('300ms');
  await story.killSupervisor();
  story.supervise();
  await story.advance('20s');
  story.expectVerdicts({ 'web-primary': 'healthy', 'web-backup': 'healthy', alone: 'healthy' });
  story.store.isFull = false;
  await story.advance('11s');
  expectWholeRecord(story);
});

test('a member that loops is not stopped for good before that can be on record', async () => {
  await using story = await Story.begin({ alone: single });
  story.store.isFull = true;
  for (let crashes = 0; crashes < 8; crashes++) {
    if (story.container('alone').state === 'running') story.crash('alone', 3);
    await story.advance('1500ms');
  }
  assert.notEqual(story.container('alone').restartPolicy, 'no', story.told());
  assert.notEqual(story.member('alone').verdict, 'quarantined');
});
