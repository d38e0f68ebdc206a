import type { Use } from '../../adapters/memory/meter.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';
import { ailing, begun, byTurns, type Fault, pickRunning } from './fault.ts';

const LIMIT_BYTES = 256 * 2 ** 20;
const MOST_PROCESSES = 512;
const MOST_FILES = 1024;
/** where the engine in memory keeps its images */
const DATA_ROOT = '/var/lib/docker';
const DISK_BYTES = 100 * 2 ** 30;
const DISK_INODES = 6_000_000;
const FULL = 'the engine refused: no space left on device';

/** From a share to all of it, in so long. */
function growing(from: number, withinMs: number): (forMs: number) => number {
  return (forMs) => Math.min(1, from + ((1 - from) * forMs) / withinMs);
}

function memoryOf(share: number): Use {
  return { memory: { usedBytes: Math.floor(share * LIMIT_BYTES), limitBytes: LIMIT_BYTES } };
}

/** Its quota holds it back for this share of its periods, each of a tenth of a second. */
function busy(forMs: number, throttledShare: number): Use {
  const periods = Math.floor(forMs / 100);
  return {
    cpu: { usedMs: forMs, limit: 1 },
    throttling: { periods, throttled: Math.floor(periods * throttledShare) },
  };
}

/** The file system of the engine is used like that until it is taken back. */
function fillDisk(world: World, diskShare: number, inodesShare: number): () => void {
  const { fileSystems } = world.meter;
  const usedBytes = Math.floor(DISK_BYTES * diskShare);
  const used = Math.floor(DISK_INODES * inodesShare);
  const inodes = { used, free: DISK_INODES - used };
  fileSystems.set(DATA_ROOT, { usedBytes, availableBytes: DISK_BYTES - usedBytes, inodes });
  return () => void fileSystems.delete(DATA_ROOT);
}

function full(name: string, words: string, [diskShare, inodesShare]: readonly [number, number]): Fault {
  return {
    name,
    family: 'resources',
    begin(world, random) {
      const empty = fillDisk(world, diskShare, inodesShare);
      const cease = world.daemon.behave({ refusal: (call) => (call === 'createContainer' ? FULL : '') });
      return begun(words, [], random.whole(30_000, 240_000), () => {
        empty();
        cease();
      });
    },
  };
}

/** The kernel ends one process after the other. */
function endSome(world: World, random: Random, isOver: () => boolean): void {
  world.clock.timer(random.whole(500, 30_000), () => {
    const victim = pickRunning(world, random);
    if (isOver()) return;
    if (victim) world.engine.crash(victim.container.id, 137, { outOfMemory: true });
    endSome(world, random, isOver);
  });
}

/** What processes take from themselves, from each other and from the host. */
export const resourceFaults: readonly Fault[] = [
  ailing(
    'memory leak',
    'resources',
    [120_000, 480_000],
    (random) => {
      const withinMs = random.whole(40_000, 240_000);
      const share = growing(0.4, withinMs);
      const dies = { afterMs: withinMs, exitCode: 137, outOfMemory: true };
      return { uses: (forMs) => memoryOf(share(forMs)), dies };
    },
    'leaks memory in each run until the kernel ends it',
  ),
  ailing(
    'near its memory limit',
    'resources',
    [120_000, 400_000],
    () => ({ uses: () => memoryOf(0.96) }),
    'lives near its memory limit',
  ),
  ailing(
    'fork bomb',
    'resources',
    [3_600_000, 3_600_000],
    (random) => {
      const withinMs = random.whole(2000, 30_000);
      const share = growing(0.02, withinMs);
      const uses = (forMs: number): Use => ({
        pids: { count: Math.floor(MOST_PROCESSES * share(forMs)), limit: MOST_PROCESSES },
      });
      return { uses, condition: 'hung', conditionAfterMs: withinMs, endsWithRun: true };
    },
    'starts processes until it may start no more',
  ),
  ailing(
    'descriptors',
    'resources',
    [120_000, 400_000],
    (random) => {
      const withinMs = random.whole(30_000, 180_000);
      const share = growing(0.1, withinMs);
      const uses = (forMs: number): Use => ({
        descriptors: { open: Math.floor(MOST_FILES * share(forMs)), limit: MOST_FILES },
      });
      return { uses, condition: 'hung', conditionAfterMs: withinMs };
    },
    'opens files in each run until it cannot accept connections',
  ),
  {
    name: 'busy',
    family: 'resources',
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      const end = world.members.ail({ member: victim.member, uses: (forMs) => busy(forMs, 0) });
      return begun(`${victim.member} uses all of its processor, and serves`, [], random.whole(60_000, 300_000), end);
    },
  },
  {
    name: 'throttled',
    family: 'resources',
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      const { member } = victim;
      const heal = world.members.ail({ member, uses: (forMs) => busy(forMs, 0.8) });
      const recover = byTurns(
        world,
        { member, condition: 'hung' },
        {
          wellMs: () => random.whole(200, 5000),
          illMs: () => random.whole(50, 900),
        },
      );
      return begun(`${member} is held back by its quota`, [member], random.whole(20_000, 200_000), () => {
        heal();
        recover();
      });
    },
  },
  full('disk full', "the engine's disk is full", [0.998, 0.2]),
  {
    name: 'disk full under the state',
    family: 'resources',
    begin(world, random) {
      const { records } = world.twinhull;
      records.isFull = true;
      const words = 'nothing more can be written into the state file';
      return begun(words, [], random.whole(10_000, 240_000), () => (records.isFull = false));
    },
  },
  full('inodes full', "the engine's disk has no inodes left", [0.5, 0.999]),
  {
    name: 'log flood',
    family: 'resources',
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      const share = growing(0.6, random.whole(30_000, 120_000));
      const from = world.clock.now();
      let isOver = false;
      let empty = (): void => undefined;
      const fill = (): void => {
        if (isOver) return;
        empty = fillDisk(world, share(world.clock.now() - from), 0.2);
        world.clock.timer(5000, fill);
      };
      fill();
      const isFull = (): boolean => share(world.clock.now() - from) === 1;
      const cease = world.daemon.behave({ refusal: (call) => (call === 'createContainer' && isFull() ? FULL : '') });
      return begun(`${victim.member} writes the disk full`, [], random.whole(60_000, 240_000), () => {
        isOver = true;
        empty();
        cease();
      });
    },
  },
  {
    name: 'host out of memory',
    family: 'resources',
    begin(world, random) {
      let isOver = false;
      const totalBytes = 8 * 2 ** 30;
      world.meter.hostMemory = { availableBytes: totalBytes / 50, totalBytes };
      endSome(world, random.fork('victims'), () => isOver);
      return begun(
        'the host has no memory left, and the kernel ends processes',
        'all',
        random.whole(10_000, 60_000),
        () => {
          isOver = true;
          world.meter.hostMemory = null;
        },
      );
    },
  },
];
