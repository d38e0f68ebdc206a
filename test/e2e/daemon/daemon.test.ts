/**
 * The Docker daemon is stopped, killed and started again. Not the one that other tests share: what dockerd does to the
 * firewall when it starts again would meet them. So the scenarios run inside, under an engine of their own; here each of
 * them is one test.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { before, describe, test } from 'node:test';
import { scenarios } from './scenarios.ts';

const root = resolve(import.meta.dirname, '../../..');
const INSIDE =
  'script/images >/dev/null 2>&1; exec script/node --test --test-isolation=none --test-force-exit --test-reporter=tap "$1"';

describe('the Docker daemon', () => {
  let said = '';
  before(async () => {
    said = await inside('test/e2e/daemon/inside.ts');
  });

  for (const title of Object.keys(scenarios))
    test(title, () =>
      assert.ok(
        said.split('\n').some((line) => /^ *ok \d+ - (.*)$/.exec(line)?.[1] === title),
        said,
      ),
    );
});

/** @returns what the tests of this file said, in TAP */
function inside(file: string): Promise<string> {
  const argv = ['--private', '--own-network', 'sh', '-c', INSIDE, 'sh', file];
  const options = { cwd: root, timeout: 240_000, killSignal: 'SIGTERM', maxBuffer: 64 << 20 } as const;
  return new Promise((done) => {
    execFile(join(root, 'script/with-engine'), argv, options, (_failed, stdout, stderr) =>
      done(`${stdout}\n${stderr}`),
    );
  });
}
