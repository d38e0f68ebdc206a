import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Result } from './result.ts';
import { renderReport, summaryOf } from './report.ts';

function result(name: string, change: Partial<Result>): Result {
  const mutation = { name, file: 'src/supervisor/act.ts', find: 'a', replace: 'b', whatItBreaks: 'something' };
  return { mutation, commit: '0123456789', typeError: '', silent: [], foundBy: null, tookMs: 1500, ...change };
}

const found = result('one', { foundBy: { detector: 'tests of supervisor', what: 'a story' } });
const missed = result('two', { silent: ['tests of supervisor', 'simulator'] });
const halfWay = result('three', { silent: ['tests of supervisor'] });
const refused = result('four', { typeError: 'TS2322: no' });

test('no share is told before all were tried to the end', () => {
  assert.equal(
    summaryOf([found, missed, halfWay, refused], 4),
    '1 found and 1 not found so far, 1 not tried to the end; a share can be told when all are',
  );
  assert.match(summaryOf([found, missed, refused], 3), /^1 of 2 found \(95 % interval 9\.5 % to 90\.5 %\)/);
});

test('the report names what was not found, what is no program, and by what the others were found', () => {
  const lines = renderReport([found, missed, refused], 3).split('\n');
  assert.ok(lines.includes('| two | src/supervisor/act.ts | something |'));
  assert.ok(lines.includes('| four | src/supervisor/act.ts | TS2322: no |'));
  assert.ok(lines.includes('| one | something |  | tests of supervisor: a story | 1.5 s |'));
});
