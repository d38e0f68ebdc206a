/**
 * Against real containers of the engine that DOCKER_HOST names, both ways: by control groups, where they can be read
 * here, and by the engine's statistics. Without an engine this fails: it does not skip.
 */

import { existsSync } from 'node:fs';
import { HostMeter } from '../../src/adapters/cgroup/meter.ts';
import { openDockerEngine } from '../../src/adapters/docker/engine.ts';
import { systemClock } from '../../src/adapters/node/clock.ts';
import { importTestImage } from '../support/images.ts';
import { type Habit, meterContract, type MeterRig } from './meter.ts';

const LABEL = { 'twinhull.test': `meter-contract-${process.pid}` };

const PROGRAMS: Readonly<Record<Habit, string>> = {
  idle: 'exec sleep 3600',
  busy: 'while :; do :; done',
  // a variable of 24 MiB, held by the shell
  hungry: 'x=$(head -c 18000000 /dev/zero | busybox tr "\\0" a); y=$x; while :; do sleep 3600; done',
  crowd: 'i=0; while [ $i -lt 20 ]; do sleep 3600 & i=$((i+1)); done; wait',
};

meterContract('control groups', () => rig('files'));
meterContract("the engine's statistics", () => rig('statistics'));

async function rig(by: 'files' | 'statistics'): Promise<MeterRig> {
  const image = await importTestImage();
  const engine = openDockerEngine(process.env);
  const statistics = engine.statistics(systemClock);
  const { dataRoot } = await engine.info();
  const meter = new HostMeter({
    clock: systemClock,
    otherwise: (target, signal) => (by === 'files' ? Promise.resolve(null) : statistics.sample(target, signal)),
  });
  const isFiles = by === 'files';
  const isRoot = process.getuid?.() === 0;
  return {
    meter: isFiles
      ? meter
      : {
          sampleContainer: async (target, signal) => {
            signal.throwIfAborted();
            return await statistics.sample(target, signal);
          },
          sampleHost: (...asked) => meter.sampleHost(...asked),
        },
    tells: { oomKills: isFiles, descriptors: isFiles && isRoot, zombies: isFiles },
    folder: existsSync('/srv') ? '/srv' : '/',
    dataRoot,
    run: async (habit, { memoryBytes, cpus, pids } = {}) => {
      const HostConfig = {
        ...(memoryBytes !== undefined && { Memory: memoryBytes, MemorySwap: memoryBytes }),
        ...(cpus !== undefined && { NanoCpus: cpus * 1e9 }),
        ...(pids !== undefined && { PidsLimit: pids }),
      };
      const spec = { Image: image, Cmd: ['sh', '-c', PROGRAMS[habit]], Labels: LABEL, HostConfig, Networks: [] };
      const id = await engine.createContainer(
        `meter-${process.pid}-${by}-${Math.random().toString(36).slice(2)}`,
        spec,
      );
      await engine.startContainer(id);
      await systemClock.sleep(1500);
      const pid = (await engine.inspectContainer(id))?.pid ?? 0;
      return { containerId: id, pid, cpuLimit: cpus ?? null, countZombies: false };
    },
    stop: ({ containerId }) => engine.stopContainer(containerId, { timeoutSeconds: 0 }),
    close: async () => {
      for (const { id } of await engine.listContainers({ labels: LABEL }))
        await engine.removeContainer(id, { force: true, volumes: true });
      await engine.close();
    },
  };
}
