import { MemoryMeter, type Use } from '../../src/adapters/memory/meter.ts';
import { systemClock } from '../../src/adapters/node/clock.ts';
import { type Habit, type Limits, meterContract, type MeterRig } from './meter.ts';

const MIB = 1024 ** 2;

meterContract('memory', async () => await Promise.resolve(memoryRig()));

function memoryRig(): MeterRig {
  const meter = new MemoryMeter(systemClock);
  meter.hostMemory = { availableBytes: 1, totalBytes: 2 };
  const room = { usedBytes: 1, availableBytes: 1, inodes: null };
  meter.fileSystems.set('/srv', room).set('/var/lib/docker', room);
  let made = 0;
  return {
    meter,
    tells: { oomKills: true, descriptors: true, zombies: true },
    folder: '/srv',
    dataRoot: '/var/lib/docker',
    run: async (habit, limits = {}) => {
      const containerId = `container-${++made}`;
      const began = systemClock.monotonic();
      meter.set(containerId, () => useOf(habit, limits, systemClock.monotonic() - began));
      return await Promise.resolve({
        containerId,
        pid: 1000 + made,
        cpuLimit: limits.cpus ?? null,
        countZombies: false,
      });
    },
    stop: async ({ containerId }) => await Promise.resolve(meter.set(containerId, null)),
    close: async () => await Promise.resolve(),
  };
}

function useOf(habit: Habit, { memoryBytes, cpus = 2, pids }: Limits, ranForMs: number): Use {
  return {
    memory: { usedBytes: (habit === 'hungry' ? 30 : 2) * MIB, limitBytes: memoryBytes ?? null },
    oomKills: 0,
    cpu: { usedMs: habit === 'busy' ? ranForMs * cpus : 1, limit: cpus },
    throttling: { periods: ranForMs / 100, throttled: habit === 'busy' ? ranForMs / 100 : 0 },
    pids: { count: habit === 'crowd' ? 22 : 1, limit: pids ?? null },
    descriptors: { open: 3, limit: 1024 },
    zombies: 0,
  };
}
