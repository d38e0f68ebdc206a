/**
 * A drill must not become an outage when whoever runs it is killed. Before the fault is made, a marker in the
 * state folder says what will have to be taken back; it goes when that is done. A guard process watches the
 * drill; and what even the guard did not live to do, `doctor` and the next supervisor find by the marker.
 */

import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCode, messageOf } from '../errors.ts';
import { type Fault, isFault } from './fault.ts';
import { type Hands, readUndo, takeBack, type Undo } from './undo.ts';

export interface Marker {
  readonly fault: Fault;
  readonly service: string;
  /** what was broken, for a person */
  readonly member: string;
  /** '' for a fault that is in no container */
  readonly containerId: string;
  readonly undo: Undo;
  /** the drill's process, and the namespace in which this number means it */
  readonly pid: number;
  readonly pidNamespace: string;
  /** milliseconds since 1970; from then on the fault has to go, whatever the drill says */
  readonly undoAfter: number;
}

const FOLDER = 'drills';

/** @returns the marker's path */
export function mark(stateFolder: string, marker: Marker): string {
  const folder = join(stateFolder, FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${marker.containerId.slice(0, 12) || marker.fault}-${marker.pid}.json`);
  writeFileSync(path, `${JSON.stringify(marker)}\n`, { mode: 0o600, flush: true });
  return path;
}

export function unmark(path: string): void {
  rmSync(path, { force: true });
}

/** null: there is none, its drill ended well; or what is there is none. */
export function readMarker(path: string): Marker | null {
  try {
    return lstatSync(path).isFile() ? markerFrom(JSON.parse(readFileSync(path, 'utf8'))) : null;
  } catch {
    return null;
  }
}

/** A file is not to be trusted: one that was cut off must not keep a supervisor from starting. */
function markerFrom(value: unknown): Marker | null {
  if (typeof value !== 'object' || value === null) return null;
  const read = value as Readonly<Record<string, unknown>>;
  const { fault, service, member, containerId, pid, pidNamespace, undoAfter } = read;
  const undo = readUndo(read['undo']);
  const named =
    typeof service === 'string' &&
    typeof member === 'string' &&
    typeof containerId === 'string' &&
    /^\w*$/.test(containerId);
  const timed = typeof pid === 'number' && typeof pidNamespace === 'string' && typeof undoAfter === 'number';
  return named && timed && undo !== null && isFault(fault)
    ? { fault, service, member, containerId, undo, pid, pidNamespace, undoAfter }
    : null;
}

/** Markers of drills whose process is gone, or whose time is over. */
export function leftovers(stateFolder: string, now: number): { readonly path: string; readonly marker: Marker }[] {
  return namesIn(join(stateFolder, FOLDER)).flatMap((name) => {
    const path = join(stateFolder, FOLDER, name);
    const marker = readMarker(path);
    return marker !== null && (now > marker.undoAfter || isGone(marker)) ? [{ path, marker }] : [];
  });
}

/** The drill that goes on in this project; null: none does. */
export function drillUnderWay(stateFolder: string, now: number): Marker | null {
  const over = new Set(leftovers(stateFolder, now).map(({ path }) => path));
  const paths = namesIn(join(stateFolder, FOLDER)).map((name) => join(stateFolder, FOLDER, name));
  return (
    paths
      .filter((path) => !over.has(path))
      .map(readMarker)
      .find((marker) => marker !== null) ?? null
  );
}

/** Takes back what drills left behind; a line for each, for a person. */
export async function clearLeftovers(hands: Hands, stateFolder: string, now: number): Promise<string[]> {
  const lines: string[] = [];
  for (const { path, marker } of leftovers(stateFolder, now)) {
    const undone = await takenBack(hands, marker);
    unmark(path);
    lines.push(`a drill (${marker.fault} of ${marker.member}) had not come to its end${undone}`);
  }
  return lines;
}

/** What is refused once is refused for ever; only while the engine is away is a fault kept for later. */
async function takenBack(hands: Hands, { containerId, undo }: Marker): Promise<string> {
  try {
    return (await takeBack(hands, containerId, undo)) ? '; its fault was taken back' : '';
  } catch (error) {
    if (isCode(error, 'TH_ENGINE_UNREACHABLE')) throw error;
    return `; its fault could not be taken back: ${messageOf(error)}`;
  }
}

/** In which process numbers are counted: a supervisor in a container sees none of the host's. '' where there is one only. */
export function ownPidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Where the number means nothing, only the time decides. */
function isGone({ pid, pidNamespace }: Marker): boolean {
  return pidNamespace === ownPidNamespace() && !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}
