import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isCode } from '../../errors.ts';
import { Lease } from './lease.ts';
import { migrate, migrations, schemaVersion } from './migrations.ts';
import { openStore } from './store.ts';

const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5) };

describe('the state file', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'twinhull-state-')), 'engine', 'shop');
  });
  afterEach(() => rmSync(join(folder, '..', '..'), { recursive: true }));

  it('is for its owner alone, also the files SQLite puts beside it', () => {
    const store = openStore(folder, clock);
    store.acquireLease('test', 0);
    store.saveDocument('fleet', {});
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    const modes = readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]);
    assert.ok(modes.length >= 4);
    assert.deepEqual(
      modes.filter(([, mode]) => mode !== '600'),
      [],
    );
    store.close();
  });

  it('closes a folder that was open to others', () => {
    openStore(folder, clock).close();
    chmodSync(folder, 0o755);
    openStore(folder, clock).close();
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  it('takes a document in which a bit has flipped for none, where the file is sound for SQLite', () => {
    const store = openStore(folder, clock);
    store.saveDocument('core', { leader: 'web-primary' });
    store.close();
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.db') && !name.startsWith('lease'));
    const database = new DatabaseSync(join(folder, file));
    database.exec("UPDATE documents SET value = replace(value, 'web-primary', 'web-primarx')");
    database.close();
    const again = openStore(folder, clock);
    assert.deepEqual(again.notices, []);
    assert.equal(again.document('core'), null);
    again.close();
  });

  it('keeps everything over a reopening, durable without a clean close', () => {
    const store = openStore(folder, clock);
    const id = store.announce(5, { kind: 'restart' }, null);
    const again = openStore(folder, clock);
    assert.deepEqual(
      again.pending().map((entry) => entry.id),
      [id],
    );
    assert.deepEqual(again.notices, []);
    again.close();
    store.close();
  });

  for (const [what, bytes] of [
    ['text', 'this is no database'],
    ['noise behind a good header', null],
  ] as const) {
    it(`moves a damaged file aside and begins a fresh one: ${what}`, () => {
      const path = join(folder, 'state.db');
      openStore(folder, clock).close();
      writeFileSync(path, bytes ?? damaged(readFileSync(path)));
      const before = readFileSync(path);
      const store = openStore(folder, clock);
      const aside = join(folder, 'state.db.corrupt-2026-01-02T03-04-05-000Z');
      assert.deepEqual(readFileSync(aside), before);
      assert.match(store.notices.join(), /damaged .* kept as .*corrupt-2026-01-02T03-04-05-000Z/);
      store.saveDocument('fleet', 1);
      assert.equal(store.document('fleet'), 1);
      store.close();
      assert.deepEqual(openStore(folder, clock).notices, []);
    });
  }

  it('does not move a damaged file that somebody else works on', () => {
    const path = join(folder, 'state.db');
    openStore(folder, clock).close();
    const supervisor = new Lease(folder);
    supervisor.acquire('supervisor', 0);
    writeFileSync(path, 'this is no database');
    assert.throws(
      () => openStore(folder, clock),
      (error) => isCode(error, 'TH_STATE_UNUSABLE') && /has it open/.test(error.message),
    );
    assert.equal(readFileSync(path, 'utf8'), 'this is no database');
    supervisor.release();
  });

  it('refuses a file of a newer twinhull and leaves it alone', () => {
    openStore(folder, clock).close();
    const path = join(folder, 'state.db');
    const raw = new DatabaseSync(path);
    raw.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    raw.close();
    for (const readOnly of [false, true]) {
      assert.throws(
        () => openStore(folder, clock, { readOnly }),
        (error) => isCode(error, 'TH_STATE_NEWER') && error.message.includes(`version ${migrations.length + 1}`),
      );
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('corrupt')),
      [],
    );
  });

  it('tells a folder that cannot be used', () => {
    writeFileSync(join(folder, '..', '..', 'engine'), 'a file where the folder should be');
    assert.throws(
      () => openStore(folder, clock),
      (error) => isCode(error, 'TH_STATE_UNUSABLE'),
    );
  });

  describe('opened for reading', () => {
    it('sees what a supervisor writes meanwhile, and writes nothing itself', () => {
      const supervisor = openStore(folder, clock);
      supervisor.acquireLease('supervisor', 7);
      const reader = openStore(folder, clock, { readOnly: true });
      supervisor.saveDocument('fleet', { project: 'shop' });
      assert.deepEqual(reader.document('fleet'), { project: 'shop' });
      assert.equal(reader.leaseHolder()?.purpose, 'supervisor');
      assert.throws(
        () => reader.saveDocument('fleet', null),
        (error) => isCode(error, 'TH_STATE_UNUSABLE'),
      );
      reader.close();
      supervisor.close();
    });

    it('works after the writer is gone', () => {
      const supervisor = openStore(folder, clock);
      supervisor.saveDocument('fleet', 1);
      supervisor.close();
      const reader = openStore(folder, clock, { readOnly: true });
      assert.equal(reader.document('fleet'), 1);
      reader.close();
    });

    it('is empty where there is none, and makes none', () => {
      const reader = openStore(folder, clock, { readOnly: true });
      assert.deepEqual([reader.events(), reader.document('fleet'), reader.leaseHolder()], [[], null, null]);
      assert.throws(() => statSync(folder), /ENOENT/);
    });

    for (const [what, damage] of [
      ['no database', () => Buffer.from('this is no database')],
      ['noise behind a good first page', (file: Buffer) => damagedBehindThe(1, file)],
    ] as const) {
      it(`is empty, with a word, where the file is damaged (${what}); the file stays`, () => {
        const path = join(folder, 'state.db');
        openStore(folder, clock).close();
        writeFileSync(path, damage(readFileSync(path)));
        const before = readFileSync(path);
        const reader = openStore(folder, clock, { readOnly: true });
        assert.match(reader.notices.join(), /damaged/);
        assert.deepEqual([reader.incidents(), reader.document('fleet')], [[], null]);
        assert.deepEqual(readFileSync(path), before);
      });
    }
  });
});

describe('migrations', () => {
  it('run in order, once each, from whatever version the file has', () => {
    const steps = ['CREATE TABLE one (x)', 'INSERT INTO one VALUES (1)', 'INSERT INTO one VALUES (2)'];
    const database = new DatabaseSync(':memory:');
    migrate(database, steps.slice(0, 2));
    assert.equal(schemaVersion(database), 2);
    migrate(database, steps);
    migrate(database, steps);
    assert.deepEqual(
      database
        .prepare('SELECT x FROM one')
        .all()
        .map((row) => row['x']),
      [1, 2],
    );
  });

  it('leave the file at the last good version when a step fails', () => {
    const database = new DatabaseSync(':memory:');
    assert.throws(() => migrate(database, ['CREATE TABLE one (x)', 'CREATE TABLE two (x); CREATE TABLE one (x)']));
    assert.equal(schemaVersion(database), 1);
    assert.equal(database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'two'").get()?.['n'], 0);
  });
});

/** The header and the schema stay; the pages behind them are noise. */
function damaged(file: Buffer): Buffer {
  return Buffer.concat([file.subarray(0, 100), Buffer.alloc(file.length - 100, 0xa5)]);
}

/** The schema can be read, and nothing else. */
function damagedBehindThe(page: number, file: Buffer): Buffer {
  const start = page * file.readUInt16BE(16);
  return Buffer.concat([file.subarray(0, start), Buffer.alloc(file.length - start, 0xa5)]);
}
