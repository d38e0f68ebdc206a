/**
 * The host. When it is nearly full somebody is told, and what needs room is not tried: a new container that cannot be
 * made takes an old one with it. Nothing is done to a member because of the host: it is not the member's failure.
 */

import type { NoteAction } from './actions.ts';
import type { Memory } from './memory.ts';
import type { HostPolicy, HostSeen } from './model.ts';
import { newsOf } from './told.ts';

/** The engine has room for another container, as far as anybody knows. */
export function hasRoom(policy: HostPolicy, host: HostSeen | null): boolean {
  const engines = host?.fileSystems.filter(({ isEngines }) => isEngines) ?? [];
  return engines.every(({ diskShare, inodesShare }) => {
    return diskShare < policy.diskShare && (inodesShare ?? 0) < policy.inodesShare;
  });
}

/** What is nearly full, told once while it lasts. */
export function tellHost(whole: Memory, policy: HostPolicy, host: HostSeen | null, now: number): NoteAction[] {
  const full = host === null ? [] : shortages(policy, host);
  if (full.length === 0 && !whole.told) return [];
  const about = 'host ';
  const keyOf = ({ what }: { readonly what: string }): string => `${about}${what}`;
  const news = newsOf(whole, about, full.map(keyOf), now);
  return full
    .filter((one) => news.includes(keyOf(one)))
    .map(({ words }) => ({ kind: 'alert', service: null, member: null, reason: words }));
}

interface Shortage {
  readonly what: string;
  readonly words: string;
}

function shortages(policy: HostPolicy, { memoryShare, fileSystems }: HostSeen): Shortage[] {
  const memory =
    memoryShare !== null && memoryShare >= policy.memoryShare
      ? [
          {
            what: 'memory',
            words: `the host's memory is used to ${percent(memoryShare)}; nothing is done to members for that`,
          },
        ]
      : [];
  return [...memory, ...fileSystems.flatMap((fileSystem) => diskShortages(policy, fileSystem))];
}

function diskShortages(
  policy: HostPolicy,
  { what, diskShare, inodesShare, isEngines }: HostSeen['fileSystems'][number],
): Shortage[] {
  const then = isEngines ? '; until there is room, no container is replaced by a new one' : '';
  const disk =
    diskShare >= policy.diskShare
      ? [{ what: `disk ${what}`, words: `the disk of ${what} is full to ${percent(diskShare)}${then}` }]
      : [];
  const inodes =
    inodesShare !== null && inodesShare >= policy.inodesShare
      ? [{ what: `inodes ${what}`, words: `the inodes of ${what} are used to ${percent(inodesShare)}${then}` }]
      : [];
  return [...disk, ...inodes];
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
