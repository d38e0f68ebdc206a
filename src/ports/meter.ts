/**
 * What containers and their host use. A meter counts and never judges: what it cannot read is `null`, which means
 * "not known" and never "none". A source that fails costs nobody else his sample.
 */

/** Whose use is asked for. */
export interface MeterTarget {
  readonly containerId: string;
  /** of its first process, as the engine says; 0: not known */
  readonly pid: number;
  /** processors that it was given, for a source that does not tell; null: all of the host */
  readonly cpuLimit: number | null;
  /** zombies are counted too: it takes a walk over every process of the host */
  readonly countZombies: boolean;
}

/** One look at one container. What only grows is counted since its cgroup was made, that is, since its start. */
export interface ContainerSample {
  readonly containerId: string;
  /** when it was taken, milliseconds of the clock that never jumps */
  readonly at: number;
  /** without the page cache that the kernel would give back at once; limit null: none but the host's */
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number | null } | null;
  /** processes that the kernel ended for want of memory; only grows */
  readonly oomKills: number | null;
  /** processor time, which only grows, and how many processors it may use at once */
  readonly cpu: { readonly usedMs: number; readonly limit: number } | null;
  /** scheduling periods in which it ran, and those in which its quota stopped it; only grow */
  readonly throttling: { readonly periods: number; readonly throttled: number } | null;
  readonly pids: { readonly count: number; readonly limit: number | null } | null;
  /** of the process that is nearest to its limit */
  readonly descriptors: { readonly open: number; readonly limit: number } | null;
  /** processes that have ended and that nobody has reaped; null also when they were not asked for */
  readonly zombies: number | null;
}

export interface FileSystemSample {
  /** those of the paths asked for that lie on it */
  readonly paths: readonly string[];
  readonly usedBytes: number;
  /** to who is not root */
  readonly availableBytes: number;
  /** null: it has as many as it needs */
  readonly inodes: { readonly used: number; readonly free: number } | null;
}

export interface HostSample {
  readonly at: number;
  readonly memory: { readonly availableBytes: number; readonly totalBytes: number } | null;
  /** each file system once; a path that cannot be reached is in none */
  readonly fileSystems: readonly FileSystemSample[];
}

export interface Meter {
  /** null: nothing of it could be read. Rejects only when `signal` is aborted. */
  sampleContainer(target: MeterTarget, signal: AbortSignal): Promise<ContainerSample | null>;
  /**
   * @param dataRoot where the engine keeps images and volumes, as it says itself
   * @param paths others whose file systems matter
   */
  sampleHost(dataRoot: string, paths: readonly string[], signal: AbortSignal): Promise<HostSample>;
}
