import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  descriptorLimit,
  memoryUse,
  readLimit,
  readMeminfo,
  readNumber,
  readPids,
  readProcessState,
  readQuota,
  readTable,
  throttlingIn,
} from './reading.ts';

test('a number is a number, and everything else is not known', () => {
  assert.equal(readNumber('40189952\n'), 40189952);
  assert.equal(readNumber('-1\n'), -1);
  for (const nothing of ['', 'max', '12 13', null]) assert.equal(readNumber(nothing), null);
});

test('both ways of having no limit are none', () => {
  assert.equal(readLimit('9223372036854771712\n'), null);
  assert.equal(readLimit('max\n'), null);
  assert.equal(readLimit('268435456\n'), 268435456);
});

test('page cache that would be given back is not counted, and the narrowest limit counts', () => {
  assert.deepEqual(memoryUse(200, 50, [null, 300, 250]), { usedBytes: 150, limitBytes: 250 });
  assert.deepEqual(memoryUse(200, undefined, [null]), { usedBytes: 200, limitBytes: null });
  assert.deepEqual(memoryUse(40, 50, []), { usedBytes: 0, limitBytes: null });
  assert.equal(memoryUse(null, 50, [100]), null);
});

test('cpu.max is a quota of processors, or none', () => {
  assert.equal(readQuota('50000 100000\n'), 0.5);
  assert.equal(readQuota('max 100000\n'), null);
  assert.equal(readQuota(null), null);
});

test('throttling is in cpu.stat of both versions', () => {
  assert.deepEqual(throttlingIn(readTable('nr_periods 120\nnr_throttled 30\nthrottled_time 900000000\n')), {
    periods: 120,
    throttled: 30,
  });
  assert.equal(throttlingIn(readTable('usage_usec 77\nuser_usec 70\nsystem_usec 7\n')), null);
});

test('processes of another numbering are 0 in cgroup.procs, and no processes of ours', () => {
  assert.deepEqual(readPids('4711\n4712\n'), [4711, 4712]);
  assert.deepEqual(readPids('0\n0\n'), []);
  assert.deepEqual(readPids(null), []);
});

test('the soft limit of open files is read', () => {
  const limits =
    'Limit                     Soft Limit           Hard Limit           Units     \n' +
    'Max processes             95801                95801                processes \n' +
    'Max open files            1024                 524288               files     \n';
  assert.equal(descriptorLimit(limits), 1024);
  assert.equal(descriptorLimit('Max open files            unlimited            unlimited            files'), null);
});

test('a name with spaces and parentheses does not hide the state of a process', () => {
  assert.deepEqual(readProcessState('812 (worker) (Z 1) Z 700 812 700 0 -1 4227084'), { state: 'Z', parent: 700 });
  assert.equal(readProcessState(null), null);
});

test("the host's memory is what is available, not what is free", () => {
  const meminfo = 'MemTotal:       24683656 kB\nMemFree:        22919064 kB\nMemAvailable:   23853632 kB\n';
  assert.deepEqual(readMeminfo(meminfo), { availableBytes: 23853632 * 1024, totalBytes: 24683656 * 1024 });
  assert.equal(readMeminfo('MemTotal:       24683656 kB\n'), null);
});
