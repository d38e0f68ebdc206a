import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProjectStatus, ServiceStatus } from '../../supervisor/status.ts';
import { type PageOptions, statusPage } from './status-page.ts';
import { width } from './table.ts';

const now = new Date(2026, 0, 31, 15, 0, 0).getTime();
const options: PageOptions = {
  columns: 80,
  now,
  colour: (_, text) => text,
  supervisor: 'process 12, started again after a crash, not after a reboot',
};

function service(changes: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    name: 'web',
    mode: 'pair',
    serving: true,
    reason: '',
    members: [
      { name: 'web-primary', role: 'backup', verdict: 'healthy', reason: '', containerId: 'c1' },
      { name: 'web-backup', role: 'primary', verdict: 'healthy', reason: '', containerId: 'c2' },
    ],
    gateway: null,
    maintenance: null,
    lastIncident: null,
    ...changes,
  };
}
const project = (...services: ServiceStatus[]): ProjectStatus => ({
  project: 'shop',
  supervised: true,
  frozen: '',
  freeze: null,
  unrecorded: null,
  emergency: null,
  services,
});

test('is it serving, who is primary', () => {
  assert.deepEqual(statusPage(project(service()), options), [
    'shop: 1 of 1 service serves',
    'supervised by process 12, started again after a crash, not after a reboot',
    '',
    'SERVICE        MODE  ROLE     STATE',
    'web            pair           serving',
    '  web-primary        backup   healthy',
    '  web-backup         primary  healthy',
    '',
    'no incident on record',
  ]);
});

test('a job that has done its work has finished; it does not serve', () => {
  const member = { name: 'migrate', role: 'primary', verdict: 'completed', containerId: 'c3' } as const;
  const job = service({ name: 'migrate', mode: 'single', members: [{ ...member, reason: 'has done its work' }] });
  const page = statusPage(project(job, service()), options);
  assert.equal(page[0], 'shop: 1 of 1 service serves, 1 has finished');
  assert.ok(page.includes('migrate        single           finished'), page.join('\n'));
  assert.equal(statusPage(project(job), options)[0], 'shop: 1 has finished');
});

test('what went wrong last, and why something does not serve', () => {
  const startedAt = now - 60_000;
  const page = statusPage(
    project(
      service({
        serving: false,
        reason: 'no member passes the check of the gateway',
        lastIncident: {
          id: 'i1',
          kind: 'container_exit',
          member: 'web-primary',
          startedAt,
          endedAt: startedAt + 2140,
          outcome: 'repaired',
          actions: [
            { at: startedAt, what: 'web-backup leads', outcome: 'done' },
            { at: startedAt, what: 'restart', outcome: 'failed' },
          ],
        },
      }),
    ),
    options,
  ).join('\n');
  assert.match(page, /^shop: 0 of 1 service serves/);
  assert.match(page, /NOT SERVING\n {6}no member passes the check/);
  assert.match(
    page,
    /last incident: 14:59:00 container_exit of web-primary, over after 2\.1 s\n {2}- web-backup leads\n {2}- restart \(failed\)/,
  );
});

test('what the service says of its one member is not said twice', () => {
  const reason = 'somebody asked for it; twinhull up starts it again';
  const db = { name: 'db', role: 'primary', verdict: 'stopped', reason, containerId: 'c' } as const;
  const page = statusPage(
    project(service({ name: 'db', mode: 'single', serving: false, reason: `db: ${reason}`, members: [db] })),
    options,
  ).join('\n');
  assert.equal(page.split('somebody asked').length, 2, page);
});

test('a failure that ended in quarantine is not over', () => {
  const incident = {
    id: '1',
    kind: 'container_exit',
    member: 'web-primary',
    startedAt: now - 60_000,
    endedAt: now - 59_100,
  };
  const page = statusPage(
    project(service({ lastIncident: { ...incident, outcome: 'quarantined', actions: [] } })),
    options,
  ).join('\n');
  assert.match(page, /container_exit of web-primary, given up after 900 ms/);
});

test('says when nobody supervises, and what to do about it', () => {
  assert.match(
    statusPage(project(service()), { ...options, supervisor: '' }).join('\n'),
    /not supervised.*"twinhull up -d"/,
  );
});

test('an emergency is told with what is done now and what waits', () => {
  const since = now - 60_000;
  const step = { service: null, reason: '', startedAt: since, endedAt: null, deadlineMs: null } as const;
  const emergency = {
    id: 'mj-3',
    cause: 'half_is_bad',
    reason: '3 of 4 members of 3 services fail at once',
    since,
    endedAt: null,
    outcome: null,
    steps: [
      { ...step, kind: 'protect', what: 'leave alone what serves: cache', state: 'running' },
      { ...step, kind: 'bring_back', what: 'bring back db', state: 'running', deadlineMs: 70_000 },
      { ...step, kind: 'bring_back', what: 'bring back api', state: 'planned', reason: 'after db' },
    ],
  } as const;
  assert.deepEqual(statusPage({ ...project(service()), emergency }, options).slice(2, 7), [
    'EMERGENCY since 14:59:00: 3 of 4 members of 3 services fail at once',
    '  now   bring back db, until 15:00:10',
    '  then  bring back api, after db',
    '  "twinhull incident mj-3" tells the whole plan, "twinhull freeze" stops it',
    '',
  ]);
});

test('says in words that repairs are frozen and by whom, and what is in maintenance', () => {
  const since = now - 60_000;
  const frozen = (cause: 'person' | 'rule' | 'brake', reason: string): string =>
    statusPage({ ...project(service()), frozen: reason, freeze: { cause, since, reason } }, options)
      .slice(2, 4)
      .join(' ');
  assert.match(frozen('person', 'moving'), /frozen since 14:59:00, somebody asked for it \(moving\);.*"twinhull thaw"/);
  assert.match(frozen('person', ''), /somebody asked for it; "twinhull thaw"/);
  assert.match(frozen('rule', 'a rule was broken'), /frozen since 14:59:00: a rule was broken; "twinhull thaw"/);
  assert.match(frozen('brake', 'all are bad'), /^repairs are frozen: all are bad/);
  const maintenance = { since, until: now + 60_000 };
  const page = statusPage(project(service({ maintenance })), options).join('\n');
  assert.match(page, /in maintenance since 14:59:00 until 15:01:00: watched, not repaired/);
});

test('fits 80 columns whatever the names are, and lets none of them steer the terminal', () => {
  const name = `${'w'.repeat(90)}\u001b[2J`;
  const page = statusPage(
    project(
      service({
        name,
        mode: 'pair+cluster',
        reason: 'because '.repeat(40),
        members: [{ name, role: 'primary', verdict: 'quarantined', reason: 'x '.repeat(90), containerId: null }],
      }),
    ),
    options,
  );
  assert.deepEqual(
    page.filter((line) => width(line) > 80),
    [],
  );
  assert.ok(!page.join('').includes('\u001b'));
});

test('says that the record cannot be written, since when, why, and what is done all the same', () => {
  const unrecorded = { since: now - 60_000, reason: 'the disk is full' };
  const lines = statusPage({ ...project(service()), unrecorded }, options).join('\n');
  assert.match(lines.replaceAll(/\s+/g, ' '), /cannot be written since 14:59:00: the disk is full; traffic is moved/);
});
