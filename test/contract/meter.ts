/** One suite for every meter: what may be relied on, whichever way it comes by its numbers. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerSample, Meter, MeterTarget } from '../../src/ports/meter.ts';

/** idle: sleeps. busy: uses one processor. hungry: holds 24 MiB. crowd: 20 processes. */
export type Habit = 'idle' | 'busy' | 'hungry' | 'crowd';

export interface Limits {
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly pids?: number;
}

export interface MeterRig {
  readonly meter: Meter;
  /** what this way of measuring can tell beside what all can */
  readonly tells: { readonly oomKills: boolean; readonly descriptors: boolean; readonly zombies: boolean };
  run(habit: Habit, limits?: Limits): Promise<MeterTarget>;
  /** its process ends, and it stays */
  stop(target: MeterTarget): Promise<void>;
  /** a folder of the host that is on a file system with some use and some room */
  readonly folder: string;
  readonly dataRoot: string;
  close(): Promise<void>;
}

const MIB = 1024 ** 2;
const { signal } = new AbortController();

export function meterContract(kind: string, openRig: () => Promise<MeterRig>): void {
  describe(`meter: ${kind}`, { timeout: 240_000 }, () => {
    let opened: MeterRig | null = null;
    before(async () => {
      opened = await openRig();
    });
    after(async () => await opened?.close());
    const it = (title: string, body: (rig: MeterRig) => Promise<void>): void => {
      test(title, { timeout: 60_000 }, async () => {
        assert.ok(opened, 'the rig is there');
        await body(opened);
      });
    };

    it('tells the memory in use and its limit', async (rig) => {
      const idle = await sampleOf(rig, await rig.run('idle', { memoryBytes: 64 * MIB }));
      const hungry = await sampleOf(rig, await rig.run('hungry', { memoryBytes: 64 * MIB }));
      assert.equal(hungry.memory?.limitBytes, 64 * MIB);
      assert.ok(
        hungry.memory.usedBytes >= 24 * MIB && hungry.memory.usedBytes < 64 * MIB,
        String(hungry.memory.usedBytes),
      );
      assert.ok((idle.memory?.usedBytes ?? 0) < 16 * MIB, String(idle.memory?.usedBytes));
    });

    it('knows no limit where there is none', async (rig) => {
      const { memory, pids } = await sampleOf(rig, await rig.run('idle'));
      assert.equal(memory?.limitBytes, null);
      assert.ok((pids?.count ?? 0) >= 1);
    });

    it('counts processor time that grows with work, and knows how much it may have', async (rig) => {
      const target = await rig.run('busy', { cpus: 0.25 });
      const [first, second] = await twoSamples(rig, target);
      assert.equal(second.cpu?.limit, 0.25);
      const share = ((second.cpu?.usedMs ?? 0) - (first.cpu?.usedMs ?? 0)) / (second.at - first.at) / 0.25;
      assert.ok(share > 0.6 && share < 1.6, `${share} of its limit`);
      const throttled = (second.throttling?.throttled ?? 0) - (first.throttling?.throttled ?? 0);
      assert.ok(throttled > 0, 'its quota stops it');
    });

    it('counts little for one that does nothing', async (rig) => {
      const [first, second] = await twoSamples(rig, await rig.run('idle'));
      assert.ok((second.cpu?.usedMs ?? 0) - (first.cpu?.usedMs ?? 0) < 0.2 * (second.at - first.at));
    });

    it('counts processes and knows how many there may be', async (rig) => {
      const { pids } = await sampleOf(rig, await rig.run('crowd', { pids: 30 }));
      assert.equal(pids?.limit, 30);
      assert.ok(pids.count >= 20 && pids.count <= 30, String(pids.count));
    });

    it('tells what it can beside: kernel kills, open files, zombies when they are asked for', async (rig) => {
      const target = await rig.run('idle');
      const sample = await sampleOf(rig, { ...target, countZombies: true });
      assert.equal(sample.oomKills === null, !rig.tells.oomKills);
      assert.equal(sample.descriptors === null, !rig.tells.descriptors);
      assert.equal(sample.zombies === null, !rig.tells.zombies);
      assert.equal((await sampleOf(rig, { ...target, countZombies: false })).zombies, null);
    });

    it('knows nothing of one that does not run, or is none, and still of the others', async (rig) => {
      const stopped = await rig.run('idle');
      const other = await rig.run('idle');
      await rig.stop(stopped);
      const none = { ...other, containerId: '0'.repeat(64), pid: 0 };
      const asked = [stopped, none, other].map((target) => rig.meter.sampleContainer(target, signal));
      const [first, second, third] = await Promise.all(asked);
      assert.deepEqual([first, second, third?.containerId], [null, null, other.containerId]);
    });

    it("tells the host's memory, and each file system once; what is not there is left out", async (rig) => {
      const paths = [rig.folder, `${rig.folder}/.`, '/nowhere/at/all'];
      const { memory, fileSystems } = await rig.meter.sampleHost(rig.dataRoot, paths, signal);
      assert.ok(memory && memory.availableBytes > 0 && memory.totalBytes > memory.availableBytes);
      const all = fileSystems.flatMap((fileSystem) => fileSystem.paths);
      assert.equal(all.filter((path) => path === rig.folder).length, 1, JSON.stringify(fileSystems));
      assert.ok(all.includes(rig.dataRoot) && !all.includes('/nowhere/at/all'));
      assert.ok(fileSystems.every(({ usedBytes, availableBytes }) => usedBytes > 0 && availableBytes > 0));
    });

    it('gives up when the caller does', async (rig) => {
      const target = await rig.run('idle');
      const over = AbortSignal.abort(new Error('enough'));
      await assert.rejects(rig.meter.sampleContainer(target, over), /enough/);
      await assert.rejects(rig.meter.sampleHost(rig.dataRoot, [], over), /enough/);
    });
  });
}

async function sampleOf(rig: MeterRig, target: MeterTarget): Promise<ContainerSample> {
  const sample = await rig.meter.sampleContainer(target, signal);
  assert.ok(sample, 'something is known');
  assert.equal(sample.containerId, target.containerId);
  return sample;
}

async function twoSamples(rig: MeterRig, target: MeterTarget): Promise<[ContainerSample, ContainerSample]> {
  const first = await sampleOf(rig, target);
  await pause(2000);
  return [first, await sampleOf(rig, target)];
}
