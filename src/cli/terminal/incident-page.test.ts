import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Emergency } from '../../core/memory.ts';
import type { IncidentRecord } from '../../ports/store.ts';
import { emergencyPage, incidentList, incidentPage } from './incident-page.ts';
import { width } from './table.ts';

const now = new Date(2026, 0, 31, 15, 0, 0).getTime();
const options = { columns: 80, now };
const startedAt = now - 60_000;
const incident: IncidentRecord = {
  id: 'mj-2',
  service: 'web',
  member: 'web-primary',
  kind: 'unresponsive',
  startedAt,
  endedAt: startedAt + 12_300,
  evidence: [],
  actions: [],
  outcome: 'repaired',
  impact: { failedRequests: 0, retriedRequests: 3, withoutServiceMs: 0 },
};
const entry = { tookMs: null, until: null } as const;
const report = {
  incident,
  timeline: [
    { ...entry, at: startedAt, kind: 'seen', text: "web-primary fails the gateway's check 3 times in a row (L7TOUT)" },
    { ...entry, at: startedAt, kind: 'weighed', text: 'web-backup is being repaired', until: startedAt + 5000 },
    { ...entry, at: startedAt + 1000, kind: 'done', text: 'web-primary was restarted', tookMs: 3020 },
    { ...entry, at: startedAt + 12_300, kind: 'over', text: 'repaired after 12.3 s: web-primary is well again' },
  ],
  cost: incident.impact,
  isOpen: false,
  hasGateway: true,
} as const;

test('a story that a tired person can read', () => {
  assert.deepEqual(incidentPage(report, options), [
    'incident mj-2: web-primary of web stopped answering (unresponsive)',
    '  14:59:00 to 14:59:12, 12 s: repaired',
    '',
    "  14:59:00  seen     web-primary fails the gateway's check 3 times in a row",
    '                     (L7TOUT)',
    '  14:59:00  thought  web-backup is being repaired, until 14:59:05 at the latest',
    '  14:59:01  done     web-primary was restarted (3 s)',
    '  14:59:12  over     repaired after 12.3 s: web-primary is well again',
    '',
    '  cost: no time without service; no request failed, 3 requests sent again to',
    '  another member',
  ]);
});

test('one that goes on, and one without a gateway', () => {
  const open = { ...report, incident: { ...incident, endedAt: null, outcome: null }, isOpen: true };
  const page = incidentPage({ ...open, cost: { ...incident.impact, withoutServiceMs: 4200 } }, options);
  assert.equal(page[1], '  open since 14:59:00, 1 min');
  assert.match(page.at(-1) ?? '', /cost so far: 4.2 s without service; requests are counted at the end/);
  assert.match(incidentPage({ ...report, hasGateway: false }, options).at(-1) ?? '', /nobody counts requests/);
});

const step = { service: null, reason: '', deadlineMs: null, startedAt: null, endedAt: null } as const;
const emergency: Emergency = {
  id: 'mj-3',
  cause: 'half_is_bad',
  reason: '3 of 4 members of 3 services fail at once',
  since: startedAt,
  endedAt: null,
  outcome: null,
  steps: [
    { ...step, kind: 'alert', what: 'tell whoever watches', state: 'done', startedAt, endedAt: startedAt },
    {
      ...step,
      kind: 'snapshot',
      what: 'snapshot data',
      state: 'skipped',
      reason: 'not available yet',
      endedAt: startedAt,
    },
    { ...step, kind: 'bring_back', what: 'bring back db', state: 'running', deadlineMs: 70_000, startedAt },
    { ...step, kind: 'bring_back', what: 'bring back api', state: 'planned', deadlineMs: 70_000, reason: 'after db' },
  ],
};

test('the plan of an emergency, step by step', () => {
  assert.deepEqual(emergencyPage(emergency, options), [
    'emergency mj-3: 3 of 4 members of 3 services fail at once',
    '  goes on since 14:59:00, 1 min; "twinhull freeze" stops it',
    '',
    '  14:59:00  done     1. tell whoever watches',
    '  14:59:00  skipped  2. snapshot data: not available yet',
    '  14:59:00  running  3. bring back db, until 15:00:10',
    '            planned  4. bring back api, within 1 min 10 s: after db',
  ]);
  const over = { ...emergency, endedAt: now, outcome: 'frozen' } as const;
  assert.match(
    emergencyPage(over, options)[1] ?? '',
    /14:59:00 to 15:00:00, 1 min: stopped, since repairs were frozen/,
  );
});

test('the list, newest first as given', () => {
  const records = [
    { is: 'emergency', record: emergency },
    { is: 'incident', record: { ...incident, drill: true } },
  ] as const;
  assert.deepEqual(incidentList(records, options), [
    'ID    BEGAN     TOOK  WHAT',
    'mj-3  14:59:00  open  EMERGENCY: 3 of 4 members of 3 services fail at once',
    'mj-2  14:59:00  12 s  web-primary stopped answering (unresponsive) (a drill):',
    '                      repaired',
  ]);
  assert.deepEqual(incidentList([], options), ['no incident on record']);
});

test('fits 80 columns whatever the names are, and none of them steers the terminal', () => {
  const hostile = `${'w'.repeat(70)}\u001b[2J`;
  const record = { ...incident, id: 'mj-2', member: hostile, service: hostile };
  const timeline = [{ ...entry, at: now, kind: 'seen', text: `${hostile} and `.repeat(3) }] as const;
  const pages = [
    ...incidentPage({ ...report, incident: record, timeline }, options),
    ...incidentList([{ is: 'incident', record }], options),
  ];
  assert.ok(!pages.join('').includes('\u001b'));
  const long = pages.filter((line) => width(line) > 80 && line.trim().includes(' '));
  assert.ok(
    long.every((line) => line.includes('w'.repeat(70))),
    long.join('\n'),
  );
});
