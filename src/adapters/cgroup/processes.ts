/** What /proc tells of single processes: open descriptors, and zombies. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ContainerSample } from '../../ports/meter.ts';
import { textOf } from './file.ts';
import { descriptorLimit, readProcessState } from './reading.ts';

/** of one container; the one that leaks is nearly always among the first */
const MOST_PROCESSES = 32;
/** read between two turns of the event loop: about a millisecond */
const AT_ONCE = 50;

/** Of the process that is nearest to its limit; null where none may be looked at. */
export function descriptorsOf(proc: string, pids: readonly number[]): ContainerSample['descriptors'] {
  const each = pids.slice(0, MOST_PROCESSES).map((pid) => descriptorsOfOne(join(proc, String(pid))));
  const known = each.filter((one) => one !== null);
  return known.toSorted((one, other) => other.open / other.limit - one.open / one.limit)[0] ?? null;
}

function descriptorsOfOne(folder: string): ContainerSample['descriptors'] {
  const open = openIn(join(folder, 'fd'));
  const limit = open === null ? null : descriptorLimit(textOf(join(folder, 'limits')));
  return open === null || limit === null || limit === 0 ? null : { open, limit };
}

/** Linux 6.2 and later tell the number as the folder's size; before, it has to be listed. */
function openIn(folder: string): number | null {
  try {
    const { size } = statSync(folder);
    return size > 0 ? size : readdirSync(folder).length;
  } catch {
    return null;
  }
}

/** How many zombies each process of the host has left unreaped, by its id. Null: /proc cannot be read. */
export async function zombiesByParent(proc: string): Promise<ReadonlyMap<number, number> | null> {
  const pids = processesOf(proc);
  if (pids === null) return null;
  const parents = new Map<number, number>();
  for (const [at, pid] of pids.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await nextTurn();
    const process = readProcessState(textOf(join(proc, pid, 'stat')));
    if (process?.state === 'Z') parents.set(process.parent, (parents.get(process.parent) ?? 0) + 1);
  }
  return parents;
}

function processesOf(proc: string): readonly string[] | null {
  try {
    return readdirSync(proc).filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
}
