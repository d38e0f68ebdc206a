/** The files of a host as recorded: Debian 12 with Docker 20.10 (cgroup v1), and a systemd host (cgroup v2). */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { ContainerSample, MeterTarget } from '../../ports/meter.ts';
import { systemClock } from '../node/clock.ts';
import { HostMeter } from './meter.ts';

const ID = '4fd66a723df2f793e9581462e853512b5e83432b3207fc4edf0020df7982ac56';
const target: MeterTarget = { containerId: ID, pid: 9414, cpuLimit: null, countZombies: false };
const { signal } = new AbortController();

const process9414 = {
  '/proc/9414/limits': 'Max open files            20                   524288               files     \n',
  '/proc/9414/fd/0': '',
  '/proc/9414/fd/1': '',
  '/proc/9414/fd/2': '',
  '/proc/9414/stat': '9414 (node) S 9390 9414 9414 0 -1 4194560\n',
};

const first: Readonly<Record<string, string>> = {
  ...process9414,
  '/proc/self/mountinfo': [
    '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu',
    '33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct',
    '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
    '39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids',
    '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
  ].join('\n'),
  '/proc/9414/cgroup': ['8:pids', '4:memory', '2:cpuacct', '1:cpu', '0:']
    .map((line) => `${line}:/docker/${ID}`)
    .join('\n'),
  [`/sys/fs/cgroup/memory/docker/${ID}/memory.usage_in_bytes`]: '240000000\n',
  [`/sys/fs/cgroup/memory/docker/${ID}/memory.limit_in_bytes`]: '268435456\n',
  [`/sys/fs/cgroup/memory/docker/${ID}/memory.stat`]:
    'inactive_file 1\nhierarchical_memory_limit 268435456\ntotal_inactive_file 40000000\n',
  [`/sys/fs/cgroup/memory/docker/${ID}/memory.oom_control`]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
  [`/sys/fs/cgroup/memory/docker/${ID}/cgroup.procs`]: '9414\n',
  [`/sys/fs/cgroup/cpuacct/docker/${ID}/cpuacct.usage`]: '1238546314\n',
  [`/sys/fs/cgroup/cpu/docker/${ID}/cpu.stat`]: 'nr_periods 200\nnr_throttled 150\nthrottled_time 9\n',
  [`/sys/fs/cgroup/cpu/docker/${ID}/cpu.cfs_quota_us`]: '25000\n',
  [`/sys/fs/cgroup/cpu/docker/${ID}/cpu.cfs_period_us`]: '100000\n',
  [`/sys/fs/cgroup/pids/docker/${ID}/cgroup.procs`]: '9414\n',
  [`/sys/fs/cgroup/pids/docker/${ID}/pids.current`]: '7\n',
  [`/sys/fs/cgroup/pids/docker/${ID}/pids.max`]: '50\n',
};

const scope = `/sys/fs/cgroup/system.slice/docker-${ID}.scope`;
const second: Readonly<Record<string, string>> = {
  ...process9414,
  '/proc/self/mountinfo': '29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate',
  '/proc/9414/cgroup': `0::/system.slice/docker-${ID}.scope/init.scope\n`,
  [`${scope}/memory.current`]: '240000000\n',
  [`${scope}/memory.max`]: 'max\n',
  [`${scope}/memory.stat`]: 'anon 1\ninactive_file 40000000\n',
  [`${scope}/memory.events`]: 'low 0\nhigh 0\nmax 0\noom 1\noom_kill 1\n',
  [`${scope}/cpu.stat`]: 'usage_usec 1238546\nuser_usec 1\nnr_periods 200\nnr_throttled 150\n',
  [`${scope}/cpu.max`]: '25000 100000\n',
  [`${scope}/pids.current`]: '7\n',
  [`${scope}/pids.max`]: 'max\n',
  [`${scope}/cgroup.procs`]: '9414\n',
};

class Host implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'twinhull-host-'));
  /** containers that the other source was asked for */
  readonly asked: string[] = [];
  readonly meter: HostMeter;

  constructor(files: Readonly<Record<string, string>>, other: ContainerSample | null = null) {
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    const otherwise = ({ containerId }: MeterTarget): Promise<ContainerSample | null> => {
      this.asked.push(containerId);
      return Promise.resolve(other);
    };
    this.meter = new HostMeter({ clock: systemClock, otherwise, root: this.root });
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  sample(changes: Partial<MeterTarget> = {}): Promise<ContainerSample | null> {
    return this.meter.sampleContainer({ ...target, ...changes }, signal);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}

test('control groups of version 1 are read', async () => {
  using host = new Host(first);
  const sample = await host.sample();
  assert.deepEqual(
    { ...sample, at: 0, descriptors: sample?.descriptors?.limit },
    {
      containerId: ID,
      at: 0,
      memory: { usedBytes: 200000000, limitBytes: 268435456 },
      oomKills: 2,
      cpu: { usedMs: 1238.546314, limit: 0.25 },
      throttling: { periods: 200, throttled: 150 },
      pids: { count: 7, limit: 50 },
      descriptors: 20,
      zombies: null,
    },
  );
  assert.deepEqual(host.asked, []);
});

test('control groups of version 2 are read, also where an init system inside has made its own below', async () => {
  using host = new Host(second);
  const sample = await host.sample();
  assert.deepEqual(
    { ...sample, at: 0, descriptors: sample?.descriptors?.limit },
    {
      containerId: ID,
      at: 0,
      memory: { usedBytes: 200000000, limitBytes: null },
      oomKills: 1,
      cpu: { usedMs: 1238.546, limit: 0.25 },
      throttling: { periods: 200, throttled: 150 },
      pids: { count: 7, limit: null },
      descriptors: 20,
      zombies: null,
    },
  );
});

test('a process that is another one here says nothing of the container: its group is found by its usual place', async () => {
  for (const files of [first, second]) {
    using host = new Host({ ...files, '/proc/9414/cgroup': '0::/user.slice/session-1.scope\n' });
    assert.equal((await host.sample())?.memory?.usedBytes, 200000000);
  }
});

test('from within a container that sees the groups of the host, they are found by their usual place', async () => {
  using host = new Host({
    ...second,
    '/proc/self/mountinfo': '29 23 0:26 /../../.. /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw,nsdelegate',
    '/proc/9414/cgroup': '0::/../../user.slice',
  });
  assert.equal((await host.sample({ pid: 0 }))?.memory?.usedBytes, 200000000);
});

test('from within a container that sees its own group alone, the other source is asked', async () => {
  using host = new Host({
    ...second,
    '/proc/self/mountinfo': '29 23 0:26 /docker/supervisor /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw',
  });
  assert.equal(await host.sample({ pid: 0 }), null);
  assert.deepEqual(host.asked, [ID]);
});

test('where processes have other numbers, none of them is looked at', async () => {
  using host = new Host({ ...second, [`${scope}/cgroup.procs`]: '77\n' });
  const sample = await host.sample({ countZombies: true });
  assert.deepEqual([sample?.descriptors, sample?.zombies, sample?.pids?.count], [null, null, 7]);
});

test('with no file in reach, or nobody left in the group, the other source is asked', async () => {
  const other: ContainerSample = {
    containerId: ID,
    at: 1,
    memory: null,
    oomKills: null,
    cpu: null,
    throttling: null,
    pids: { count: 3, limit: null },
    descriptors: null,
    zombies: null,
  };
  using nothing = new Host({}, other);
  assert.deepEqual(await nothing.sample(), other);
  using empty = new Host({ ...second, [`${scope}/cgroup.procs`]: '' }, other);
  assert.deepEqual(await empty.sample(), other);
  assert.deepEqual(empty.asked, [ID]);
});

test('a file that is missing is not known, and hides no other', async () => {
  using host = new Host({ ...second, [`${scope}/memory.current`]: 'max', [`${scope}/cpu.stat`]: '' });
  const sample = await host.sample();
  assert.deepEqual([sample?.memory, sample?.cpu, sample?.throttling, sample?.pids?.count], [null, null, null, 7]);
});

test('zombies are counted by who left them, and only when they are asked for', async () => {
  using host = new Host(second);
  host.write('/proc/9500/stat', '9500 (sh) Z 9414 9414 9414 0\n');
  host.write('/proc/9501/stat', '9501 (sh) Z 9414 9414 9414 0\n');
  host.write('/proc/9502/stat', '9502 (sh) S 9414 9414 9414 0\n');
  host.write('/proc/9600/stat', '9600 (other) Z 1 9414 9414 0\n');
  assert.equal((await host.sample({ countZombies: true }))?.zombies, 2);
  assert.equal((await host.sample())?.zombies, null);
});

test("the host's memory and file systems: each once, with the paths that lie on it; what is not there is left out", async () => {
  using host = new Host({
    '/proc/meminfo': 'MemTotal:       1000 kB\nMemAvailable:    250 kB\n',
    '/var/lib/docker/x': '',
    '/srv/data/x': '',
  });
  const { memory, fileSystems } = await host.meter.sampleHost('/var/lib/docker', ['/srv/data', '/nowhere'], signal);
  assert.deepEqual(memory, { availableBytes: 256000, totalBytes: 1024000 });
  assert.deepEqual(
    fileSystems.map(({ paths }) => paths),
    [['/var/lib/docker', '/srv/data']],
  );
  assert.ok(fileSystems.every(({ usedBytes, availableBytes }) => usedBytes > 0 && availableBytes > 0));
});

test('what is given up is not answered', async () => {
  using host = new Host(second);
  await assert.rejects(host.meter.sampleContainer(target, AbortSignal.abort(new Error('enough'))), /enough/);
});
