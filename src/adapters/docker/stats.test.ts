import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStatistics } from './stats.ts';

const target = { containerId: 'a', pid: 1, cpuLimit: 0.5, countZombies: true };
const GIB = 1024 ** 3;

/** GET /containers/ID/stats?stream=false&one-shot=true of Docker 20.10 with cgroup v1, as far as it is read. */
const recorded = {
  pids_stats: { current: 7, limit: 50 },
  cpu_stats: {
    cpu_usage: { total_usage: 1238546314, usage_in_usermode: 900000000 },
    system_cpu_usage: 85290610000000,
    online_cpus: 2,
    throttling_data: { periods: 200, throttled_periods: 150, throttled_time: 9 },
  },
  memory_stats: {
    usage: 240000000,
    max_usage: 250000000,
    stats: { inactive_file: 1, total_inactive_file: 40000000 },
    limit: 268435456,
  },
};

test('the statistics of the engine are read; what they do not tell is not known', () => {
  assert.deepEqual(readStatistics(recorded, target, 5, 8 * GIB), {
    containerId: 'a',
    at: 5,
    memory: { usedBytes: 200000000, limitBytes: 268435456 },
    oomKills: null,
    cpu: { usedMs: 1238.546314, limit: 0.5 },
    throttling: { periods: 200, throttled: 150 },
    pids: { count: 7, limit: 50 },
    descriptors: null,
    zombies: null,
  });
});

test("the host's memory is told as the limit of those that have none", () => {
  const memory_stats = { usage: 100, stats: { inactive_file: 10 }, limit: 8 * GIB };
  const sample = readStatistics({ ...recorded, memory_stats }, { ...target, cpuLimit: null }, 5, 8 * GIB);
  assert.deepEqual([sample?.memory, sample?.cpu?.limit], [{ usedBytes: 90, limitBytes: null }, 2]);
});

test('a limit of pids that is none is told as 0, or as the largest number', () => {
  for (const limit of [0, 18446744073709552000, undefined]) {
    const sample = readStatistics({ ...recorded, pids_stats: { current: 7, limit } }, target, 5, 8 * GIB);
    assert.deepEqual(sample?.pids, { count: 7, limit: null });
  }
});

test('of a container that does not run there is nothing to tell', () => {
  const stopped = { pids_stats: {}, cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} };
  assert.equal(readStatistics(stopped, target, 5, 8 * GIB), null);
  assert.equal(readStatistics(null, target, 5, 8 * GIB), null);
});
