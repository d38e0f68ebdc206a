import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { withoutEngine } from '../../test/support/command-line.ts';
import type { CommandResult } from '../../test/support/output.ts';
import { faultNames } from '../drill/fault.ts';
import { writeReport } from './drill-files.ts';

describe('the command line of drills, with no engine in reach', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'th-drill-'));
    writeFileSync(join(folder, 'compose.yaml'), 'services:\n  web:\n    image: example/web:1\n');
  });
  after(() => rmSync(folder, { recursive: true }));

  const twinhull = (...argv: string[]): Promise<CommandResult> => withoutEngine(folder)(...argv);

  test('--help says what each fault is', async () => {
    const { code, stdout } = await twinhull('drill', '--help');
    assert.equal(code, 0);
    for (const name of faultNames) assert.match(stdout, new RegExp(`^  ${name} +\\w`, 'm'));
  });

  test('what makes no sense is bad usage', async () => {
    const usage: readonly (readonly [readonly string[], RegExp])[] = [
      [['kill'], /needs a service/],
      [['burn', 'web'], /burn/],
      [['kill', 'web', '-f', 'drills.yaml'], /not both/],
      [['kill', 'web', '--duration', '10'], /--duration takes a time such as 10s, not "10"/],
      [['kill', 'web', '--repair-timeout', 'soon'], /--repair-timeout/],
      [['kill', 'web', '--rate', 'many'], /--rate/],
      [['kill', 'web', '--method', 'GET,BREW'], /not "BREW"/],
      [['crash-loop', 'web', '--times', '0'], /--times/],
    ];
    for (const [argv, why] of usage) {
      const { code, stderr } = await twinhull('drill', ...argv);
      assert.equal(code, 2, argv.join(' '));
      assert.match(stderr, why);
    }
  });

  test('a file of drills that is not there, and one with mistakes: told before the engine is asked', async () => {
    const missing = await twinhull('drill');
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /drills\.yaml does not exist/);
    writeFileSync(join(folder, 'drills.yaml'), 'drills:\n  - { fault: burn, service: web }\n');
    const { code, stdout } = await twinhull('drill', '--json');
    assert.equal(code, 2);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    assert.equal(error.code, 'TH_DRILLS_INVALID');
    assert.match(error.message, /drills\.yaml:2:7: drills\[0\]\.fault: "burn" is not one of the choices/);
  });

  test('a good one gets as far as the engine', async () => {
    writeFileSync(join(folder, 'drills.yaml'), 'drills:\n  - { fault: kill, service: web }\n');
    assert.equal((await twinhull('drill')).code, 3);
    assert.equal((await twinhull('-f', join(folder, 'compose.yaml'), 'drill')).code, 3);
  });

  test('the report is for its owner alone, and none is written over', () => {
    const reports = join(folder, 'reports');
    const nothing = { project: 'shop', startedAt: 0, endedAt: 1, outcomes: [] };
    const { markdown, json } = writeReport(nothing, reports);
    assert.equal(statSync(reports).mode & 0o777, 0o700);
    for (const path of [markdown, json]) assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal((JSON.parse(readFileSync(json, 'utf8')) as { verdict: string }).verdict, 'pass');
    assert.throws(() => writeReport(nothing, reports), { code: 'TH_STATE_UNUSABLE' });
  });
});
