/** What the kernel writes into files of /proc and of control groups, read. `null`: it is not there, or says nothing. */

import type { ContainerSample } from '../../ports/meter.ts';

/** Version 1 writes a number near 2^63 where there is no limit, version 2 the word "max". */
const NO_LIMIT_FROM = 2 ** 60;

/** A file with one number. */
export function readNumber(text: string | null): number | null {
  const trimmed = text?.trim() ?? '';
  return /^-?\d+$/.test(trimmed) ? Number(trimmed) : null;
}

export function readLimit(text: string | null): number | null {
  const limit = readNumber(text);
  return limit !== null && limit >= 0 && limit < NO_LIMIT_FROM ? limit : null;
}

/** Lines of a name and a number, such as memory.stat, cpu.stat and memory.events. */
export function readTable(text: string | null): ReadonlyMap<string, number> {
  const lines = (text ?? '').split('\n').map((line) => /^(\S+) (\d+)$/.exec(line.trim()));
  return new Map(lines.flatMap((match) => (match ? [[match[1] ?? '', Number(match[2])] as const] : [])));
}

/** Inactive page cache is given back at once when somebody wants memory, so it is not counted (as `docker stats` has it). */
export function memoryUse(
  usage: number | null,
  inactiveFile: number | undefined,
  limits: readonly (number | null)[],
): ContainerSample['memory'] {
  if (usage === null) return null;
  const known = limits.filter((limit) => limit !== null);
  return {
    usedBytes: Math.max(0, usage - (inactiveFile ?? 0)),
    limitBytes: known.length === 0 ? null : Math.min(...known),
  };
}

/** "200000 100000" of cpu.max: processors. */
export function readQuota(text: string | null): number | null {
  const [quota = '', period = ''] = (text ?? '').trim().split(' ');
  return processors(readNumber(quota), readNumber(period));
}

export function processors(quotaUs: number | null, periodUs: number | null): number | null {
  return quotaUs !== null && periodUs !== null && quotaUs > 0 && periodUs > 0 ? quotaUs / periodUs : null;
}

export function throttlingIn(stat: ReadonlyMap<string, number>): ContainerSample['throttling'] {
  const periods = stat.get('nr_periods');
  const throttled = stat.get('nr_throttled');
  return periods === undefined || throttled === undefined ? null : { periods, throttled };
}

/** Process ids of cgroup.procs. Zombies are not in it. */
export function readPids(text: string | null): readonly number[] {
  return (text ?? '').split('\n').flatMap((line) => (/^\d+$/.test(line) && line !== '0' ? [Number(line)] : []));
}

/** The soft limit of open files in /proc/PID/limits. */
export function descriptorLimit(text: string | null): number | null {
  return readNumber(/^Max open files\s+(\d+)/m.exec(text ?? '')?.[1] ?? null);
}

export interface ProcessState {
  readonly state: string;
  readonly parent: number;
}

/** /proc/PID/stat: the name may hold spaces and parentheses, so what counts begins after the last one. */
export function readProcessState(text: string | null): ProcessState | null {
  const rest = text?.slice(text.lastIndexOf(')') + 1).trim() ?? '';
  const [state = '', parent = ''] = rest.split(' ');
  return /^\d+$/.test(parent) ? { state, parent: Number(parent) } : null;
}

/** MemTotal and MemAvailable of /proc/meminfo, in bytes. */
export function readMeminfo(
  text: string | null,
): { readonly availableBytes: number; readonly totalBytes: number } | null {
  const kilobytes = (name: string): number | null =>
    readNumber(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text ?? '')?.[1] ?? null);
  const total = kilobytes('MemTotal');
  const available = kilobytes('MemAvailable');
  return total === null || available === null ? null : { availableBytes: available * 1024, totalBytes: total * 1024 };
}
