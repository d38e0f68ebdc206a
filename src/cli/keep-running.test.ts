import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { keptRunning } from './keep-running.ts';

/** A program that ends as told, run by run; `9` is kill -9. Gives how often it ran and how its keeper ended. */
function runs(endings: readonly string[]): { readonly count: number; readonly code: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'th-keeper-'));
  try {
    const program = `echo run >>runs; shift $(($(wc -l <runs) - 1)); [ "$1" = 9 ] && kill -9 $$; exit "$1"`;
    const command = ['/bin/sh', '-c', program, 'supervisor', ...endings];
    const { status } = spawnSync('/bin/sh', keptRunning(0, command), { cwd: folder });
    return { count: readFileSync(join(folder, 'runs'), 'utf8').split('\n').length - 1, code: status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const cases: readonly (readonly [title: string, endings: readonly string[], count: number, code: number])[] = [
  ['one that ends in order is left ended', ['0'], 1, 0],
  ['one that is told twice to end is too', ['130'], 1, 130],
  ['one that cannot start is not tried again, so that up tells why', ['1'], 1, 1],
  ['one that is killed is started again', ['9', '0'], 2, 0],
  ['also when its lease is not free at once', ['9', '1', '1', '0'], 4, 0],
  ['but not for ever', ['9', '1', '9', '1', '1', '9', '0'], 6, 137],
];
for (const [title, endings, count, code] of cases)
  test(`a supervisor as a process: ${title}`, () => assert.deepEqual(runs(endings), { count, code }));

test('a supervisor as a process: a failpoint is for the first one alone', () => {
  const told = `[ -n "$TWINHULL_FAILPOINT" ] && kill -9 $$; exit 0`;
  const env = { ...process.env, TWINHULL_FAILPOINT: 'after-begin:1' };
  const { status } = spawnSync('/bin/sh', keptRunning(0, ['/bin/sh', '-c', told]), { env });
  assert.equal(status, 0);
});
