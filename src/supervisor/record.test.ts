import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryClock } from '../adapters/memory/clock.ts';
import { MemoryStore } from '../adapters/memory/store.ts';
import type { EffectAction } from '../core/actions.ts';
import { Recorder } from './record.ts';

const START: EffectAction = {
  kind: 'start',
  service: 'web',
  member: 'web-primary',
  incident: 'i1',
  reason: 'web-primary exited with code 1',
  deadlineMs: 30_000,
};

function openIncident(): { readonly store: MemoryStore; readonly recorder: Recorder } {
  const store = new MemoryStore();
  const recorder = new Recorder({ store, clock: new MemoryClock(), log: () => undefined, countersOf: () => null });
  const { service, member } = START;
  const failure = 'container_exit';
  recorder.note({
    kind: 'open_incident',
    id: 'i1',
    service,
    member,
    failure,
    startedAt: 0,
    drill: false,
    evidence: [],
  });
  return { store, recorder };
}

test('what was done is told in the past tense', () => {
  const { store, recorder } = openIncident();
  recorder.ended(recorder.announce(START), START, 'done', '');
  assert.equal(store.incident('i1')?.actions[0]?.what, 'web-primary was started');
  assert.equal(store.events().at(-1)?.message, 'web-primary was started: web-primary exited with code 1');
});

test('what could not be done is not told as done', () => {
  const { store, recorder } = openIncident();
  recorder.ended(recorder.announce(START), START, 'failed', 'no space left');
  assert.equal(store.incident('i1')?.actions[0]?.what, 'could not start web-primary');
  assert.equal(
    store.events().at(-1)?.message,
    'could not start web-primary (no space left); it was to help because web-primary exited with code 1',
  );
});
