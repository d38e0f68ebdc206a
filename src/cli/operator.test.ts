/** The commands that work from the record alone: no engine in reach, nobody supervises. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openRecord, recordProject, withRecord } from '../../test/support/recorded-project.ts';
import { savedMemory } from '../supervisor/record.ts';
import { run } from './program.ts';
import type { TextStream } from './terminal/terminal.ts';

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function written(): TextStream & { text: string } {
  return {
    text: '',
    write(text) {
      this.text += text;
      return true;
    },
  };
}

describe("an operator's commands, with no engine and no supervisor", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'th-operator-'));
    recordProject(join(folder, 'state'), 'shop', { web: { image: 'shop/web:1' }, db: { image: 'shop/db:1' } });
  });
  after(() => rmSync(folder, { recursive: true }));

  async function twinhull(...argv: string[]): Promise<Result> {
    const stdout = written();
    const stderr = written();
    const environment = {
      HOME: folder,
      DOCKER_HOST: `unix://${folder}/no-engine.sock`,
      TWINHULL_STATE_DIR: join(folder, 'state'),
    };
    const code = await run({ argv: ['-p', 'shop', ...argv], environment, currentDir: folder, stdout, stderr });
    return { code, stdout: stdout.text, stderr: stderr.text };
  }
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
