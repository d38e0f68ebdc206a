import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryLease, MemoryRecords, MemoryStore } from '../adapters/memory/store.ts';
import { isCode } from '../errors.ts';
import type { EventRecord, IncidentRecord, Store } from '../ports/store.ts';
import { PatientStore } from './patient-store.ts';

const FULL = (error: unknown): boolean => isCode(error, 'TH_STATE_FULL');

/** A disk that can be full, and what a patient store makes of it. */
function scene() {
  const records = new MemoryRecords();
  const disk = new MemoryStore(new MemoryLease(), records);
  const store = new PatientStore(disk, { now: () => 7 });
  return { disk, store, fill: () => (disk.isFull = true), makeRoom: () => (disk.isFull = false) };
}

/** Everything that can be read. */
function readAll(store: Store): unknown {
  return {
    pending: store.pending().map(withoutId),
    journal: store.journal({ sinceMs: 0, untilMs: 1000 }).map(withoutId),
    one: store.incident('one'),
    two: store.incident('two'),
    incidents: store.incidents(),
    open: store.incidents({ open: true, limit: 1 }),
    ofWeb: store.incidents({ service: 'web' }),
    events: store.events(),
    newest: store.events({ limit: 2 }),
    after: store.events({ afterId: store.events()[1]?.id ?? 0, limit: 2 }),
    since: store.events({ sinceMs: 30 }),
    health: store.health('web', 2),
    core: store.document('core'),
    fleet: store.document('fleet'),
    none: store.document('none'),
  };
}

function withoutId<Entry extends { readonly id: number }>({ id: _id, ...entry }: Entry): Omit<Entry, 'id'> {
  return entry;
}

/** Some of everything, begun before and ended after. */
function before(store: Store): number {
  store.saveIncident(incident('one', { endedAt: null }));
  store.appendEvent(event(10));
  store.appendEvent(event(20));
  store.appendHealth([health(1)]);
  store.saveDocument('fleet', { services: ['web'] });
  store.saveDocument('core', 1);
  return store.announce(10, { kind: 'lead' }, 'one');
}
function after(store: Store, begun: number): number {
  store.complete(begun, 11, 'done', '');
  store.saveIncident(incident('one', { endedAt: 40 }));
  store.saveIncident(incident('two', { endedAt: null, startedAt: 50, service: 'db' }));
  for (const time of [30, 40, 50]) store.appendEvent(event(time));
  store.appendHealth([health(2), health(3)]);
  store.saveDocument('core', { memory: 2 });
  store.saveDocument('none', null);
  store.complete(store.announce(20, { kind: 'take_out' }, null), 21, 'failed', 'no answer');
  return store.announce(30, { kind: 'start' }, 'two');
}

describe('a store whose disk is full', () => {
  test('is read as if everything were written, and is on disk in the end as if it had been', () => {
    const ideal = new MemoryStore();
    after(ideal, before(ideal));
    const { disk, store, fill, makeRoom } = scene();
    const begun = before(store);
    fill();
    const onDisk = readAll(disk);
    after(store, begun);
    assert.deepEqual(readAll(store), readAll(ideal));
    assert.deepEqual(readAll(disk), onDisk);
    assert.deepEqual(store.unrecorded?.since, 7);
    makeRoom();
    assert.equal(store.catchUp(), true);
    assert.equal(store.unrecorded, null);
    assert.deepEqual(readAll(disk), readAll(ideal));
    assert.deepEqual(readAll(store), readAll(ideal));
    assert.equal(store.lost, 0);
  });

  test('what was announced in that time is completed whenever it ends: before there is room, after, or when it is full again', () => {
    const { disk, store, fill, makeRoom } = scene();
    fill();
    const [first, second, third] = [1, 2, 3].map((at) => store.announce(at, { at }, null));
    store.complete(first ?? 0, 10, 'done', '');
    store.complete(first ?? 0, 11, 'failed', 'a second outcome does not overwrite the first');
    makeRoom();
    store.catchUp();
    store.complete(second ?? 0, 20, 'done', '');
    fill();
    const fourth = store.announce(4, { at: 4 }, null);
    assert.equal(new Set([first, second, third, fourth]).size, 4);
    store.complete(third ?? 0, 30, 'done', '');
    assert.deepEqual(
      store.pending().map(({ at }) => at),
      [4],
    );
    makeRoom();
    store.complete(fourth, 40, 'done', '');
    store.catchUp();
    assert.deepEqual(
      disk.journal({ sinceMs: 0, untilMs: 9 }).map(({ at, endedAt, outcome }) => [at, endedAt, outcome]),
      [
        [1, 10, 'done'],
        [2, 20, 'done'],
        [3, 30, 'done'],
        [4, 40, 'done'],
      ],
    );
  });

  test('whoever follows events gets each of them once', () => {
    const { store, fill, makeRoom } = scene();
    const told: EventRecord[] = [];
    const follow = (): void => void told.push(...store.events({ afterId: told.at(-1)?.id ?? 0 }));
    for (const [time, change] of [
      [1, fill],
      [2, follow],
      [3, makeRoom],
      [4, () => store.catchUp()],
      [5, follow],
      [6, fill],
      [7, follow],
    ] as const) {
      store.appendEvent(event(time));
      change();
    }
    store.appendEvent(event(8));
    follow();
    assert.deepEqual(
      told.map(({ time }) => time),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
  });

  test('while anything waits nothing is written past it, though there is room', () => {
    const { disk, store, fill, makeRoom } = scene();
    fill();
    store.appendEvent(event(1));
    makeRoom();
    store.appendEvent(event(2));
    assert.deepEqual(disk.events(), []);
    store.catchUp();
    assert.deepEqual(
      disk.events().map(({ time }) => time),
      [1, 2],
    );
  });

  test('a disk that fills up in the middle of catching up has nothing of it', () => {
    const { disk, store, fill, makeRoom } = scene();
    fill();
    store.saveIncident(incident('one'));
    store.appendEvent(event(1));
    makeRoom();
    const appendEvent = disk.appendEvent.bind(disk);
    disk.appendEvent = (...call) => {
      fill();
      return appendEvent(...call);
    };
    assert.equal(store.catchUp(), false);
    assert.deepEqual(disk.incidents(), []);
    disk.appendEvent = appendEvent;
    makeRoom();
    assert.equal(store.catchUp(), true);
    assert.equal(disk.incidents().length, 1);
  });

  test('a promise is kept on disk or refused, and then nothing of it waits', () => {
    const { disk, store, fill, makeRoom } = scene();
    store.demandRoom();
    fill();
    const promise = (): void => store.durably((on) => on.saveDocument('fleet', 1));
    assert.throws(promise, FULL);
    assert.throws(() => store.demandRoom(), FULL);
    store.appendEvent(event(1));
    assert.throws(promise, FULL);
    assert.equal(store.document('fleet'), null);
    makeRoom();
    promise();
    assert.deepEqual([disk.document('fleet'), disk.events().length], [1, 1]);
  });

  test('what waits is bounded: the first events are kept, the last health records, and what is still open', () => {
    const { disk, store, fill, makeRoom } = scene();
    fill();
    const open = store.announce(0, { kind: 'start' }, null);
    for (let time = 1; time <= 10_010; time++) {
      store.appendEvent(event(time));
      store.appendHealth([health(time)]);
      store.complete(store.announce(time, { kind: 'lead' }, null), time, 'done', '');
      store.saveIncident(incident(`i${time}`, { startedAt: time, endedAt: time === 1 ? null : time }));
    }
    makeRoom();
    store.catchUp();
    assert.deepEqual([disk.events().length, disk.events({ limit: 1 })[0]?.time], [10_000, 10_000]);
    assert.equal(disk.health('web', 99_999)[0]?.time, 11);
    assert.equal(disk.journal({ sinceMs: 0, untilMs: 99_999 }).length, 10_000);
    assert.deepEqual(
      disk.pending().map(({ at }) => at),
      [0],
    );
    store.complete(open, 1, 'done', '');
    assert.deepEqual(disk.pending(), []);
    assert.deepEqual(
      disk.incidents({ open: true }).map(({ id }) => id),
      ['i1'],
    );
    assert.equal(store.lost, 10 + 11 + 10);
  });

  test('closing tries a last time', () => {
    const { disk, store, fill, makeRoom } = scene();
    fill();
    store.appendEvent(event(1));
    makeRoom();
    store.close();
    assert.equal(disk.events().length, 1);
  });

  test('any other failure is no matter of patience', () => {
    const { disk, store } = scene();
    disk.appendEvent = () => {
      throw new Error('a defect');
    };
    assert.throws(() => store.appendEvent(event(1)), /a defect/);
    assert.equal(store.unrecorded, null);
  });
});

const event = (time: number) => ({ time, kind: 'alert', service: 'web', member: null, incident: null, message: '' });
const health = (time: number) => ({ time, service: 'web', member: 'web-1', verdict: 'healthy', detail: '' });

function incident(id: string, changes: Partial<IncidentRecord> = {}): IncidentRecord {
  const impact = { failedRequests: 0, retriedRequests: 0, withoutServiceMs: 0 };
  const what = {
    service: 'web',
    member: 'web-1',
    kind: 'container_exit',
    evidence: [],
    actions: [],
    outcome: null,
  } as const;
  return { id, startedAt: 1, endedAt: null, ...what, impact, ...changes };
}
