/** The commands that work from the record alone: no engine in reach, nobody supervises. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { withoutEngine } from '../../test/support/command-line.ts';
import type { CommandResult } from '../../test/support/output.ts';
import { openRecord, recordProject, withRecord } from '../../test/support/recorded-project.ts';
import type { IncidentRecord } from '../ports/store.ts';
import { savedMemory } from '../supervisor/record.ts';

describe("an operator's commands, with no engine and no supervisor", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'th-operator-'));
    recordProject(join(folder, 'state'), 'shop', { web: { image: 'shop/web:1' }, db: { image: 'shop/db:1' } });
  });
  after(() => rmSync(folder, { recursive: true }));

  const twinhull = (...argv: string[]): Promise<CommandResult> => withoutEngine(folder)('-p', 'shop', ...argv);
  const memory = () => withRecord(join(folder, 'state'), 'shop', (store) => savedMemory(store)?.memory);

  test('freeze and thaw are written for the next supervisor, and say so', async () => {
    const frozen = await twinhull('freeze', 'moving', 'the', 'disk');
    assert.equal(frozen.code, 0, frozen.stderr);
    assert.match(frozen.stdout, /^repairs are frozen \(moving the disk\)/);
    assert.match(frozen.stdout, /nobody supervises/);
    assert.equal(memory()?.frozen?.reason, 'moving the disk');
    assert.match((await twinhull('thaw')).stdout, /^repairs go on/);
    assert.match((await twinhull('thaw')).stdout, /^repairs were not frozen/);
    assert.equal(memory()?.frozen, undefined);
  });

  test('--json is one document', async () => {
    const frozen = JSON.parse((await twinhull('freeze', '--json')).stdout) as Record<string, unknown>;
    assert.deepEqual(
      { ...frozen, told: [] },
      { project: 'shop', supervised: false, told: [], frozen: true, reason: '' },
    );
    assert.equal((JSON.parse((await twinhull('thaw', '--json')).stdout) as { frozen: boolean }).frozen, false);
  });

  test('maintenance of one service, for a time and until it is off', async () => {
    const on = await twinhull('maintenance', 'on', 'web', '--for', '30m');
    assert.match(on.stdout, /^web is in maintenance for 30 min/);
    const until = memory()?.services['web']?.maintenance?.until ?? 0;
    assert.ok(Math.abs(until - Date.now() - 1_800_000) < 60_000);
    assert.match((await twinhull('maintenance', 'off', 'web')).stdout, /^maintenance of web was ended/);
    assert.match((await twinhull('maintenance', 'off', 'web')).stdout, /^web was not in maintenance/);
  });

  for (const [argv, meant] of [
    [['maintenance', 'on', 'wep'], /web, db|db, web/],
    [['maintenance', 'on', 'web', '--for', '30'], /--for takes a time/],
    [['maintenance', 'pause', 'web'], /on, off/],
  ] as const) {
    test(`${argv.join(' ')}: usage, exit 2`, async () => {
      const { code, stderr, stdout } = await twinhull(...argv);
      assert.equal(code, 2);
      assert.match(stderr, meant);
      assert.equal(stdout, '');
    });
  }

  const incident = (id: string, more: Partial<IncidentRecord> = {}): IncidentRecord => ({
    id,
    service: 'web',
    member: 'web',
    kind: 'container_exit',
    startedAt: Date.now() - 60_000,
    endedAt: Date.now() - 50_000,
    evidence: ['web exited with code 1'],
    actions: [],
    outcome: 'repaired',
    impact: { failedRequests: 0, retriedRequests: 0, withoutServiceMs: 0 },
    ...more,
  });

  test('incident: the list and what is open in full; one by the beginning of its ID', async () => {
    assert.match((await twinhull('incident')).stdout, /^no incident on record/);
    withRecord(join(folder, 'state'), 'shop', (store) => {
      store.saveIncident(incident('aa-1'));
      store.saveIncident(incident('ab-2', { startedAt: Date.now() - 5000, endedAt: null, outcome: null }));
    });
    const { stdout, code } = await twinhull('incident');
    assert.equal(code, 0);
    assert.match(stdout, /^ID +BEGAN +TOOK +WHAT\nab-2 [^]*\naa-1 [^]*incident ab-2: web ended[^]*cost so far/);
    assert.match(
      (await twinhull('incident', 'aa')).stdout,
      /^incident aa-1: web ended \(container_exit\)[^]*web exited with code 1/,
    );
    assert.match((await twinhull('incident', 'a')).stderr, /2 incidents have an ID that begins with a/);
    const unknown = await twinhull('incident', 'zz');
    assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
    assert.match((await twinhull('incident', '--limit', '1')).stdout, /1 older ones: --limit 2/);
  });

  test('incident --json: one document, for all and for one', async () => {
    const all = JSON.parse((await twinhull('incident', '--json')).stdout) as { incidents: unknown[]; open: unknown[] };
    assert.deepEqual([all.incidents.length, all.open.length], [2, 1]);
    const one = JSON.parse((await twinhull('incident', 'aa-1', '--json')).stdout) as {
      timeline: unknown[];
      isOpen: boolean;
    };
    assert.deepEqual([one.timeline.length, one.isOpen], [1, false]);
  });

  test('why: from the record, and that nothing will happen', async () => {
    await twinhull('maintenance', 'on', 'web');
    const { stdout, code } = await twinhull('why', 'web');
    assert.equal(code, 0);
    assert.match(stdout, /^web is not serving\n {2}it is in maintenance until/);
    assert.match(stdout, /Nobody supervises the project:\s+nothing will\s+happen until "twinhull up -d"/);
    assert.doesNotMatch(stdout, /next/);
    const json = JSON.parse((await twinhull('why', 'web', '--json')).stdout) as Record<string, unknown>;
    assert.deepEqual([json['project'], json['supervised'], json['name'], json['next']], ['shop', false, 'web', []]);
    const unknown = await twinhull('why', 'wep');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /web/);
    await twinhull('maintenance', 'off', 'web');
  });

  test('a project that was never started has nothing to freeze', async () => {
    const { code, stderr } = await twinhull('-p', 'empty', 'freeze');
    assert.equal(code, 3);
    assert.match(stderr, /engine/);
  });

  test('somebody else has the lease: who it is', async () => {
    const store = openRecord(join(folder, 'state'), 'shop');
    store.acquireLease('up', Date.now());
    const { code, stderr } = await twinhull('freeze');
    store.close();
    assert.equal(code, 1);
    assert.match(stderr, /in the hands of "twinhull up"/);
  });
});
