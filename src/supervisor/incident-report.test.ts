import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hotPair, single, Story } from '../../test/support/story.ts';
import { type IncidentReport, incidentReport } from './incident-report.ts';
import { emergencies } from './record.ts';

function reportOf(story: Story, at = -1): IncidentReport {
  const incident = story.incidents().at(at);
  assert.ok(incident, story.told());
  return incidentReport(story.store, incident.id, story.clock.now()) ?? assert.fail();
}

const linesOf = ({ timeline }: IncidentReport): string[] => timeline.map(({ kind, text }) => `${kind} ${text}`);

test('the whole story: seen, thought, done with how long it took, and the switch that came before it was opened', async () => {
  await using story = await Story.begin({ web: hotPair });
  await story.kill('web-primary');
  await story.advance('20s');
  const report = reportOf(story);
  const lines = linesOf(report);
  const at = (start: string): number => lines.findIndex((line) => line.startsWith(start));
  const order = [
    'seen web-primary exited with code 137 (signal 9)',
    'weighed it is started again: repair 1 of at most 3 in 10 min',
    'done web-primary was started',
    'done web-primary passed its check and gets traffic again',
    'over repaired after',
  ];
  assert.deepEqual(
    order.map(at),
    order.map(at).toSorted((a, b) => a - b),
    lines.join('\n'),
  );
  assert.ok(order.every((start) => at(start) >= 0) && at('done web-backup leads') >= 0, lines.join('\n'));
  assert.ok(lines.includes('state web-primary is unhealthy'));
  assert.deepEqual([report.isOpen, report.hasGateway], [false, true]);
  assert.ok(report.timeline.every(({ kind, tookMs }) => (kind === 'done') === (tookMs !== null)));
});

test('open: what is under way, what was thought of, and what it cost until now', async () => {
  await using story = await Story.begin({ alone: single, other: single });
  story.supervisor.order({ kind: 'freeze_asked', reason: 'moving' });
  await story.kill('alone');
  await story.advance('10s');
  const report = reportOf(story);
  assert.equal(report.isOpen, true);
  assert.ok(
    linesOf(report).includes('weighed it is left alone: repairs are frozen by a person: moving'),
    linesOf(report).join('\n'),
  );
  const withoutMs = report.cost.withoutServiceMs;
  assert.ok(withoutMs > 9000 && withoutMs <= 10_000, String(withoutMs));
});

test('from the record alone, after the supervisor is gone', async () => {
  await using story = await Story.begin({ alone: single, other: single });
  await story.kill('alone');
  await story.advance('20s');
  const before = reportOf(story);
  await story.killSupervisor();
  assert.deepEqual(reportOf(story), before);
});

test('an incident of an older version has its evidence without times', async () => {
  await using story = await Story.begin({ alone: single, other: single });
  await story.kill('alone');
  await story.advance('20s');
  const { notes: _notes, ...old } = story.incidents()[0] ?? assert.fail();
  story.store.saveIncident(old);
  assert.deepEqual(
    linesOf(reportOf(story)).filter((line) => /^(seen|weighed)/.test(line)),
    ['seen alone exited with code 137 (signal 9)'],
  );
  assert.equal(incidentReport(story.store, 'nothing', 0), null);
});

test('emergencies are on record with their steps, and told line by line', async () => {
  await using story = await Story.begin({ a: single, b: single, c: single });
  for (const name of ['a', 'b', 'c']) await story.kill(name);
  await story.advance('20s');
  const [emergency, ...others] = emergencies(story.store);
  assert.deepEqual(others, []);
  assert.equal(emergency?.outcome, 'well', story.told());
  assert.ok(emergency.steps.every(({ state }) => state === 'done' || state === 'skipped'));
  const told = story.events('emergency').map(({ message }) => message);
  assert.match(told[0] ?? '', /^step 1 of 8: lead requests away/);
  assert.match(told.at(-1) ?? '', /^the emergency is over after .*: everything is well$/);
  assert.equal(story.events('alert').length, 1);
});
