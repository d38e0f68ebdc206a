/** Who may be writing: everybody who is not proven to have no process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreStory, serviceModel } from '../../test/support/core-story.ts';
import { type EffectKind, startsProcess } from './actions.ts';
import type { MemberSeen } from './model.ts';
import { isProvenStopped, isUp, otherWriter } from './one-writer.ts';
import { absentMember } from './turn.ts';

const model = serviceModel('db');

function primary(seen: Partial<MemberSeen>): MemberSeen {
  return { ...absentMember('db-primary'), containerId: 'one', ...seen };
}

function rivalOfBackup(seen: Partial<MemberSeen>, pending: Parameters<typeof otherWriter>[2] = {}): string {
  const service = new CoreStory([model]).service('db');
  return otherWriter(model, { ...service, members: [primary(seen), absentMember('db-backup')] }, pending, 'db-backup');
}

test('without a process is who is absent, created, exited or dead, and nobody else', () => {
  for (const state of ['absent', 'created', 'exited', 'dead'] as const) {
    assert.ok(isProvenStopped(primary({ state })), state);
    assert.equal(rivalOfBackup({ state }), '');
  }
  for (const state of ['running', 'paused', 'restarting', 'removing', 'unknown'] as const) {
    assert.ok(!isProvenStopped(primary({ state })), state);
    assert.match(rivalOfBackup({ state }), /^db-primary is not proven stopped/);
  }
});

test('what the engine does not answer for proves nothing, and what is set aside may run', () => {
  assert.notEqual(rivalOfBackup({ state: 'exited', partial: true }), '');
  assert.notEqual(rivalOfBackup({ state: 'exited', asideRuns: true }), '');
  assert.ok(!isUp(primary({ state: 'running', partial: true })));
});

test('who is being started may run by now; who was started, and is seen stopped, does not', () => {
  const start = { kind: 'start', member: 'db-primary', until: 0 } as const;
  assert.equal(rivalOfBackup({ state: 'exited' }, { one: { ...start, ended: false } }), 'db-primary is being started');
  assert.equal(rivalOfBackup({ state: 'exited' }, { one: { ...start, ended: true } }), '');
});

test('what starts a process: also what lets one go on', () => {
  const kinds: EffectKind[] = ['start', 'start_standby', 'unpause', 'restart_soft', 'restart_hard', 'replace'];
  for (const kind of kinds) assert.ok(startsProcess(kind), kind);
  for (const kind of ['fence', 'stop', 'rest', 'quarantine', 'reconnect', 'replace_standby', 'lead'] as const)
    assert.ok(!startsProcess(kind), kind);
});
