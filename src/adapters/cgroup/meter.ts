/**
 * The meter of a Linux host: the kernel's own files, which cost microseconds, and for containers whose files cannot
 * be reached from here another source, which is given in (the engine's statistics, which take it seconds).
 */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import type { ContainerSample, HostSample, Meter, MeterTarget } from '../../ports/meter.ts';
import { textOf } from './file.ts';
import { type Group, groupOf, type Hierarchy, readHierarchies, readMembership, usualPaths } from './groups.ts';
import { HostReader } from './host.ts';
import { descriptorsOf, zombiesByParent } from './processes.ts';
import {
  memoryUse,
  processors,
  readLimit,
  readNumber,
  readPids,
  readQuota,
  readTable,
  throttlingIn,
} from './reading.ts';

export type OtherSource = (target: MeterTarget, signal: AbortSignal) => Promise<ContainerSample | null>;

/** One walk over /proc serves all who ask within this time; what is mounted changes still less often. */
const WALK_LASTS_MS = 1000;
const MOUNTS_LAST_MS = 60_000;

interface Groups {
  readonly memory: Group | null;
  readonly cpu: Group | null;
  readonly cpuacct: Group | null;
  readonly pids: Group | null;
}

export interface HostMeterParts {
  readonly clock: Clock;
  readonly otherwise: OtherSource;
  /** where the host's files are, '' being here; others only in tests */
  readonly root?: string;
}

export class HostMeter implements Meter {
  readonly #clock: Clock;
  readonly #otherwise: OtherSource;
  readonly #root: string;
  readonly #host: HostReader;
  #mounts: { readonly at: number; readonly hierarchies: readonly Hierarchy[] } | null = null;
  #walk: { readonly at: number; readonly zombies: ReturnType<typeof zombiesByParent> } | null = null;

  constructor({ clock, otherwise, root = '' }: HostMeterParts) {
    this.#clock = clock;
    this.#otherwise = otherwise;
    this.#root = root;
    this.#host = new HostReader(clock, root);
  }

  /** Each container has a turn of the event loop to itself: what is urgent comes in between. */
  async sampleContainer(target: MeterTarget, signal: AbortSignal): Promise<ContainerSample | null> {
    await nextTurn();
    signal.throwIfAborted();
    const groups = this.#groupsOf(target);
    const pids = groups ? readPids(this.#text(groups.pids ?? groups.memory, 'cgroup.procs')) : [];
    // a group that is gone, or has nobody in it: what can be read of it is not of this run
    if (!groups || pids.length === 0) return await this.#otherwise(target, signal);
    // processes have their numbers of here only where the first one is among them
    const isHere = target.pid !== 0 && pids.includes(target.pid);
    const zombies = isHere && target.countZombies ? await this.#zombies(pids) : null;
    signal.throwIfAborted();
    return {
      ...this.#read(groups),
      containerId: target.containerId,
      descriptors: isHere ? this.#open(pids) : null,
      zombies,
    };
  }

  sampleHost(dataRoot: string, paths: readonly string[], signal: AbortSignal): Promise<HostSample> {
    return this.#host.read(dataRoot, paths, signal);
  }

  #read({ memory, cpu, cpuacct, pids }: Groups): Omit<ContainerSample, 'containerId' | 'descriptors' | 'zombies'> {
    const stat = readTable(this.#text(cpu, 'cpu.stat'));
    return {
      at: this.#clock.monotonic(),
      memory: this.#memory(memory),
      oomKills: this.#oomKills(memory),
      cpu: this.#cpu(cpu, this.#cpuTime(cpuacct, stat)),
      throttling: throttlingIn(stat),
      pids: this.#pids(pids),
    };
  }

  /** Null: no file of it is in reach. */
  #groupsOf({ containerId, pid }: MeterTarget): Groups | null {
    const hierarchies = this.#hierarchies();
    const membership = pid === 0 ? null : textOf(join(this.#root, '/proc', String(pid), 'cgroup'));
    const said = readMembership(membership ?? '', containerId);
    if (said.size > 0) return groupsIn(hierarchies, (controller) => said.get(controller));
    for (const path of usualPaths(containerId)) {
      const groups = groupsIn(hierarchies, () => path);
      if (this.#text(groups.memory, 'cgroup.procs') !== null) return groups;
    }
    return null;
  }

  #hierarchies(): readonly Hierarchy[] {
    const now = this.#clock.monotonic();
    if (this.#mounts === null || now - this.#mounts.at > MOUNTS_LAST_MS) {
      const mountinfo = textOf(join(this.#root, '/proc/self/mountinfo'));
      this.#mounts = { at: now, hierarchies: readHierarchies(mountinfo ?? '') };
    }
    return this.#mounts.hierarchies;
  }

  #text(group: Group | null, file: string): string | null {
    return group && textOf(join(this.#root, group.folder, file));
  }

  #memory(group: Group | null): ContainerSample['memory'] {
    const isFirst = group?.version === 1;
    const usage = this.#text(group, isFirst ? 'memory.usage_in_bytes' : 'memory.current');
    const limit = this.#text(group, isFirst ? 'memory.limit_in_bytes' : 'memory.max');
    const stat = readTable(this.#text(group, 'memory.stat'));
    const inactive = stat.get(isFirst ? 'total_inactive_file' : 'inactive_file');
    const inherited = readLimit(String(stat.get('hierarchical_memory_limit') ?? ''));
    return memoryUse(readNumber(usage), inactive, [readLimit(limit), inherited]);
  }

  #oomKills(group: Group | null): number | null {
    const file = group?.version === 1 ? 'memory.oom_control' : 'memory.events';
    return readTable(this.#text(group, file)).get('oom_kill') ?? null;
  }

  #cpuTime(cpuacct: Group | null, stat: ReadonlyMap<string, number>): number | null {
    const nanoseconds = cpuacct?.version === 1 ? readNumber(this.#text(cpuacct, 'cpuacct.usage')) : null;
    if (nanoseconds !== null) return nanoseconds / 1e6;
    const microseconds = stat.get('usage_usec');
    return microseconds === undefined ? null : microseconds / 1000;
  }

  #cpu(group: Group | null, usedMs: number | null): ContainerSample['cpu'] {
    const all = availableParallelism();
    return usedMs === null ? null : { usedMs, limit: Math.min(this.#quota(group) ?? all, all) };
  }

  #quota(group: Group | null): number | null {
    if (group?.version !== 1) return readQuota(this.#text(group, 'cpu.max'));
    const quota = readNumber(this.#text(group, 'cpu.cfs_quota_us'));
    return processors(quota, readNumber(this.#text(group, 'cpu.cfs_period_us')));
  }

  #pids(group: Group | null): ContainerSample['pids'] {
    const count = readNumber(this.#text(group, 'pids.current'));
    return count === null ? null : { count, limit: readLimit(this.#text(group, 'pids.max')) };
  }

  #open(pids: readonly number[]): ContainerSample['descriptors'] {
    return descriptorsOf(join(this.#root, '/proc'), pids);
  }

  async #zombies(pids: readonly number[]): Promise<number | null> {
    const now = this.#clock.monotonic();
    if (this.#walk === null || now - this.#walk.at > WALK_LASTS_MS) {
      this.#walk = { at: now, zombies: zombiesByParent(join(this.#root, '/proc')) };
    }
    const byParent = await this.#walk.zombies;
    return byParent && pids.reduce((sum, pid) => sum + (byParent.get(pid) ?? 0), 0);
  }
}

function groupsIn(hierarchies: readonly Hierarchy[], pathFor: (controller: string) => string | undefined): Groups {
  return {
    memory: groupOf(hierarchies, 'memory', pathFor),
    cpu: groupOf(hierarchies, 'cpu', pathFor),
    cpuacct: groupOf(hierarchies, 'cpuacct', pathFor),
    pids: groupOf(hierarchies, 'pids', pathFor),
  };
}
