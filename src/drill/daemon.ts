/**
 * The Docker daemon as a thing to break: which process listens on the engine's socket, and whether systemd would
 * start it again. All of it is read from /proc, and only root may read whose socket it is.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isUnit } from './undo.ts';

export interface Daemon {
  readonly pid: number;
  /** of systemd, which starts it again; null: nobody would */
  readonly unit: string | null;
}

/** @returns null where no process called dockerd is seen to listen there */
export function findDaemon(socketPath: string, proc = '/proc'): Daemon | null {
  const sockets = socketsAt(socketPath, proc);
  for (const pid of readdirSync(proc).filter((name) => /^\d+$/.test(name))) {
    if (text(join(proc, pid, 'comm')).trim() !== 'dockerd' || !hasOpen(join(proc, pid, 'fd'), sockets)) continue;
    return { pid: Number(pid), unit: unitOf(join(proc, pid, 'cgroup')) };
  }
  return null;
}

/** Links of descriptors that are this socket. A path may be there twice: of before the daemon's last start. */
function socketsAt(socketPath: string, proc: string): ReadonlySet<string> {
  const rows = text(join(proc, 'net/unix')).split('\n').slice(1);
  return new Set(
    rows.flatMap((row) => {
      const [, , , , , , inode, ...path] = row.trim().split(/\s+/);
      return path.join(' ') === socketPath ? [`socket:[${inode}]`] : [];
    }),
  );
}

function hasOpen(folder: string, links: ReadonlySet<string>): boolean {
  try {
    return readdirSync(folder).some((name) => links.has(readlinkSync(join(folder, name))));
  } catch {
    return false; // another user's, or gone
  }
}

/** `0::/system.slice/docker.service`, or the same behind `name=systemd`. */
function unitOf(path: string): string | null {
  const groups = text(path)
    .split('\n')
    .map((line) => line.split(':'));
  const own = groups.find(([, controllers]) => controllers === '' || controllers === 'name=systemd');
  const unit = own?.[2]?.split('/').at(-1) ?? '';
  return isUnit(unit) ? unit : null;
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
