/** One suite for every store: the twin may not drift from SQLite. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { MemoryLease, MemoryRecords, MemoryStore } from '../../src/adapters/memory/store.ts';
import { openStore } from '../../src/adapters/sqlite/store.ts';
import { isCode } from '../../src/errors.ts';
import type { DurableStore, IncidentRecord, Store } from '../../src/ports/store.ts';
import { SmallDisk } from '../support/small-disk.ts';

interface Place {
  /** stores that share one place */
  open(): DurableStore;
  remove(): void;
}

interface Kind {
  readonly name: string;
  readonly place: () => Place;
  /** one that can be full: `fill` leaves no room, `makeRoom` some again */
  readonly smallPlace: () => Place & { fill(): void; makeRoom(): void };
}

const kinds: readonly Kind[] = [
  {
    name: 'sqlite',
    place: () => {
      const folder = mkdtempSync(join(tmpdir(), 'twinhull-store-'));
      return {
        open: () => openStore(folder, { now: () => 0 }),
        remove: () => rmSync(folder, { recursive: true }),
      };
    },
    smallPlace: () => {
      const disk = new SmallDisk();
      const folder = join(disk.folder, 'state');
      return {
        open: () => openStore(folder, { now: () => 0 }),
        fill: () => disk.fill(),
        makeRoom: () => disk.makeRoom(),
        remove: () => disk.remove(),
      };
    },
  },
  {
    name: 'memory',
    place: () => {
      const lease = new MemoryLease();
      return { open: () => new MemoryStore(lease), remove: () => undefined };
    },
    smallPlace: () => {
      const lease = new MemoryLease();
      const records = new MemoryRecords();
      return {
        open: () => new MemoryStore(lease, records),
        fill: () => void (records.isFull = true),
        makeRoom: () => void (records.isFull = false),
        remove: () => undefined,
      };
    },
  },
];

for (const kind of kinds) {
  describe(`store: ${kind.name}`, () => {
    let place: ReturnType<Kind['place']>;
    let store: Store;
    beforeEach(() => {
      place = kind.place();
      store = place.open();
    });
    afterEach(() => {
      store.close();
      place.remove();
    });

    it('keeps an announced action pending until it is completed', () => {
      const first = store.announce(10, { kind: 'restart', member: 'web-primary' }, 'incident-1');
      const second = store.announce(20, { kind: 'switch' }, null);
      assert.ok(second > first);
      store.complete(first, 30, 'done', 'took 20 ms');
      assert.deepEqual(store.pending(), [
        { id: second, at: 20, action: { kind: 'switch' }, incident: null, endedAt: null, outcome: null, detail: '' },
      ]);
    });

    it('tells what was announced in a time, oldest first, with how it ended', () => {
      for (const at of [10, 20, 30, 40]) store.announce(at, { at }, null);
      const [, second] = store.pending();
      store.complete(second?.id ?? 0, 25, 'done', '');
      const found = store.journal({ sinceMs: 20, untilMs: 30 });
      assert.deepEqual(
        found.map(({ at, endedAt, outcome }) => [at, endedAt, outcome]),
        [
          [20, 25, 'done'],
          [30, null, null],
        ],
      );
    });

    it('gives actions back as plain data, cut off from what the caller goes on changing', () => {
      const action = { kind: 'replace', nested: { list: [1, 'two', null] } };
      store.announce(10, action, null);
      action.nested.list.push('later');
      assert.deepEqual(store.pending()[0]?.action, { kind: 'replace', nested: { list: [1, 'two', null] } });
    });

    it('completes an action once: a second outcome does not overwrite the first', () => {
      const id = store.announce(10, {}, null);
      store.complete(id, 20, 'failed', 'timeout');
      store.complete(id, 30, 'done', '');
      assert.deepEqual(store.pending(), []);
    });

    it('lists incidents newest first, by service and by whether they are open', () => {
      store.saveIncident(incident('a', { service: 'web', startedAt: 100, endedAt: 200 }));
      store.saveIncident(incident('b', { service: 'worker', startedAt: 300, endedAt: null }));
      store.saveIncident(incident('c', { service: 'web', startedAt: 200, endedAt: null }));
      const ids = (options?: Parameters<Store['incidents']>[0]): string[] =>
        store.incidents(options).map(({ id }) => id);
      assert.deepEqual(ids(), ['b', 'c', 'a']);
      assert.deepEqual(ids({ service: 'web' }), ['c', 'a']);
      assert.deepEqual(ids({ open: true }), ['b', 'c']);
      assert.deepEqual(ids({ open: false }), ['a']);
      assert.deepEqual(ids({ limit: 1 }), ['b']);
    });

    it('replaces an incident that is saved again', () => {
      store.saveIncident(incident('a', { endedAt: null }));
      store.saveIncident(incident('a', { endedAt: 900, outcome: 'repaired' }));
      assert.equal(store.incidents().length, 1);
      assert.deepEqual(store.incident('a'), incident('a', { endedAt: 900, outcome: 'repaired' }));
      assert.equal(store.incident('nobody'), null);
    });

    it('gives events oldest first: the first after an id, the newest without one', () => {
      const [one, , three] = [10, 20, 30].map((time) => store.appendEvent(event(time)));
      const times = (options?: Parameters<Store['events']>[0]): number[] =>
        store.events(options).map(({ time }) => time);
      assert.deepEqual(times(), [10, 20, 30]);
      assert.deepEqual(times({ afterId: one?.id ?? 0, limit: 1 }), [20]);
      assert.deepEqual(times({ limit: 2 }), [20, 30]);
      assert.deepEqual(times({ sinceMs: 20 }), [20, 30]);
      assert.deepEqual(times({ limit: 0 }), []);
      assert.deepEqual(store.events({ afterId: three?.id ?? 0 }), []);
    });

    it('gives the newest health entries of a service, oldest first', () => {
      store.appendHealth([health(1, 'web'), health(2, 'web'), health(3, 'worker'), health(4, 'web')]);
      assert.deepEqual(store.health('web', 2), [health(2, 'web'), health(4, 'web')]);
      assert.deepEqual(store.health('none', 2), []);
    });

    it('keeps documents by name; a missing one is null', () => {
      store.saveDocument('fleet', { project: 'shop', services: [] });
      store.saveDocument('fleet', { project: 'shop', services: ['web'] });
      assert.deepEqual(store.document('fleet'), { project: 'shop', services: ['web'] });
      assert.equal(store.document('roles'), null);
      store.saveDocument('roles', undefined);
      assert.equal(store.document('roles'), null);
    });

    it('prunes what is old or too much, and keeps what is still open', () => {
      store.appendEvent(event(10));
      store.appendEvent(event(500));
      store.saveIncident(incident('old', { startedAt: 1, endedAt: 10 }));
      store.saveIncident(incident('open', { startedAt: 1, endedAt: null }));
      store.announce(1, { kind: 'restart' }, null);
      store.appendHealth([
        health(10, 'web'),
        health(500, 'web'),
        health(501, 'web'),
        health(502, 'web'),
        health(500, 'db'),
      ]);
      store.prune({ entriesPerService: 2, before: 100, newest: 99 });
      assert.deepEqual(
        store.events().map(({ time }) => time),
        [500],
      );
      assert.deepEqual(
        store.incidents().map(({ id }) => id),
        ['open'],
      );
      assert.equal(store.pending().length, 1);
      assert.deepEqual(store.health('web', 99), [health(501, 'web'), health(502, 'web')]);
      assert.deepEqual(store.health('db', 99), [health(500, 'db')]);
    });

    it('keeps only the newest of what came in great numbers, and all that is open', () => {
      for (const time of [1, 2, 3, 4]) {
        store.appendEvent(event(time));
        store.saveIncident(incident(`i${time}`, { startedAt: time, endedAt: time === 1 ? null : time }));
        store.complete(store.announce(time, { kind: 'restart' }, null), time, 'done', '');
      }
      store.prune({ entriesPerService: 2, before: 0, newest: 2 });
      assert.deepEqual(
        store.events().map(({ time }) => time),
        [3, 4],
      );
      assert.deepEqual(
        store.incidents().map(({ id }) => id),
        ['i4', 'i3', 'i1'],
      );
    });

    it('numbers events one after the other, whatever else is written between them', () => {
      const first = store.appendEvent(event(1)).id;
      store.announce(2, {}, null);
      store.saveIncident(incident('a'));
      store.appendHealth([health(3, 'web')]);
      assert.equal(store.appendEvent(event(4)).id, first + 1);
    });

    it('writes at once all of it or nothing', () => {
      const durable = place.open();
      durable.atOnce(() => {
        durable.appendEvent(event(1));
        durable.appendHealth([health(1, 'web')]);
      });
      const broken = (): void =>
        durable.atOnce(() => {
          durable.saveDocument('fleet', 1);
          durable.appendHealth([health(2, 'web')]);
          throw new Error('a defect');
        });
      assert.throws(broken, /a defect/);
      assert.deepEqual(
        [durable.events().length, durable.document('fleet'), durable.health('web', 9).length],
        [1, null, 1],
      );
      durable.close();
    });

    it('gives the lease to one at a time, with a token that grows', () => {
      const other = place.open();
      assert.equal(store.leaseHolder(), null);
      assert.deepEqual(store.acquireLease('supervisor', 1000), { held: true, token: 1 });
      assert.deepEqual(store.acquireLease('supervisor', 1001), { held: true, token: 1 });
      const refused = other.acquireLease('failover', 2000);
      assert.ok(!refused.held);
      assert.deepEqual(
        { ...refused.holder, host: '' },
        { pid: process.pid, host: '', startedAt: 1000, token: 1, purpose: 'supervisor' },
      );
      assert.deepEqual(other.leaseHolder(), refused.holder);
      store.releaseLease();
      assert.equal(other.leaseHolder(), null);
      assert.deepEqual(other.acquireLease('failover', 3000), { held: true, token: 2 });
      store.releaseLease();
      assert.equal(store.leaseHolder()?.token, 2, 'releasing what one does not hold takes it from nobody');
      other.close();
      assert.deepEqual(store.acquireLease('supervisor', 4000), { held: true, token: 3 });
    });
  });
}

for (const { name, smallPlace } of kinds) {
  describe(`store on a disk that is full: ${name}`, () => {
    let place: ReturnType<Kind['smallPlace']>;
    let store: DurableStore;
    beforeEach(() => {
      place = smallPlace();
      store = place.open();
      store.saveDocument('fleet', 1);
      store.appendEvent(event(1));
    });
    afterEach(() => {
      store.close();
      place.remove();
    });

    it('refuses what it cannot write, and has what it had', () => {
      const id = store.announce(1, {}, null);
      place.fill();
      const writes: readonly (() => unknown)[] = [
        () => store.saveDocument('fleet', LARGE),
        () => store.appendEvent({ ...event(2), message: LARGE }),
        () => store.announce(2, { LARGE }, null),
        () => store.saveIncident(incident('a', { evidence: [LARGE] })),
        () => store.appendHealth([{ ...health(2, 'web'), detail: LARGE }]),
        () => store.complete(id, 3, 'done', LARGE),
        () => store.atOnce(() => store.saveDocument('core', LARGE)),
      ];
      for (const write of writes) assert.throws(write, (error) => isCode(error, 'TH_STATE_FULL'), String(write));
      assert.deepEqual([store.document('fleet'), store.document('core'), store.events().length], [1, null, 1]);
      assert.deepEqual([store.incidents(), store.health('web', 9), store.pending().length], [[], [], 1]);
    });

    it('goes on when there is room again', () => {
      place.fill();
      assert.throws(() => store.saveDocument('fleet', LARGE));
      place.makeRoom();
      store.saveDocument('fleet', LARGE);
      assert.equal(store.appendEvent(event(2)).id, (store.events()[0]?.id ?? 0) + 1);
      assert.equal(store.document('fleet'), LARGE);
    });

    it('has nothing of what it could not write whole', () => {
      place.fill();
      const write = (): void =>
        store.atOnce(() => {
          store.saveDocument('fleet', 2);
          store.saveDocument('core', LARGE);
        });
      assert.throws(write, (error) => isCode(error, 'TH_STATE_FULL'));
      place.makeRoom();
      assert.deepEqual([store.document('fleet'), store.document('core')], [1, null]);
    });

    it('gives its lease all the same, and tells who has it', () => {
      assert.ok(store.acquireLease('supervisor', 1000).held);
      store.releaseLease();
      place.fill();
      assert.deepEqual(store.acquireLease('supervisor', 2000), { held: true, token: 2 });
      const other = place.open();
      assert.deepEqual([other.leaseHolder()?.token, other.leaseHolder()?.startedAt], [2, 2000]);
      assert.equal(other.acquireLease('failover', 3000).held, false);
      other.close();
    });
  });
}

/** more than a file may have room for by chance */
const LARGE = 'x'.repeat(100_000);

function incident(id: string, changes: Partial<IncidentRecord> = {}): IncidentRecord {
  return {
    id,
    service: 'web',
    member: 'web-primary',
    kind: 'container_exit',
    startedAt: 100,
    endedAt: null,
    evidence: ['exited with code 137'],
    actions: [{ at: 110, what: 'restart', outcome: 'done' }],
    outcome: null,
    impact: { failedRequests: 0, retriedRequests: 2, withoutServiceMs: 0 },
    ...changes,
  };
}

const event = (time: number) => ({
  time,
  kind: 'failover',
  service: 'web',
  member: null,
  incident: null,
  message: 'it happened',
});
const health = (time: number, service: string) => ({
  time,
  service,
  member: `${service}-1`,
  verdict: 'healthy',
  detail: '',
});
