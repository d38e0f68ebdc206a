/**
 * A drill must not become an outage when whoever runs it is killed. Before the fault is made, a marker in the
 * state folder says what will have to be taken back; it goes when that is done. A guard process watches the
 * drill; and what even the guard did not live to do, `doctor` and the next supervisor find by the marker.
 */

import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCode } from '../errors.ts';
import type { Engine } from '../ports/engine.ts';
import { type Fault, isFault, undo } from './fault.ts';

export interface Marker {
  readonly fault: Fault;
  readonly service: string;
  readonly member: string;
  readonly containerId: string;
  /** the drill's process */
  readonly pid: number;
  /** milliseconds since 1970; from then on the fault has to go, whatever the drill says */
  readonly undoAfter: number;
}

const FOLDER = 'drills';

/** @returns the marker's path */
export function mark(stateFolder: string, marker: Marker): string {
  const folder = join(stateFolder, FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${marker.containerId.slice(0, 12)}-${marker.pid}.json`);
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
  const { fault, service, member, containerId, pid, undoAfter } = value as Readonly<Record<string, unknown>>;
  const named =
    typeof service === 'string' &&
    typeof member === 'string' &&
    typeof containerId === 'string' &&
    /^\w+$/.test(containerId);
  const timed = typeof pid === 'number' && typeof undoAfter === 'number';
  return named && timed && isFault(fault) ? { fault, service, member, containerId, pid, undoAfter } : null;
}

/** Markers of drills whose process is gone, or whose time is over. */
export function leftovers(stateFolder: string, now: number): { readonly path: string; readonly marker: Marker }[] {
  return namesIn(join(stateFolder, FOLDER)).flatMap((name) => {
    const path = join(stateFolder, FOLDER, name);
    const marker = readMarker(path);
    return marker !== null && (now > marker.undoAfter || !isAlive(marker.pid)) ? [{ path, marker }] : [];
  });
}

/** Takes back what drills left behind; a line for each, for a person. */
export async function clearLeftovers(engine: Engine, stateFolder: string, now: number): Promise<string[]> {
  const lines: string[] = [];
  for (const { path, marker } of leftovers(stateFolder, now)) {
    const undone = await takenBack(engine, marker);
    unmark(path);
    lines.push(`a drill (${marker.fault} of ${marker.member}) had not come to its end${undone}`);
  }
  return lines;
}

/** What the engine refuses once it refuses for ever; only while it is away is a fault kept for later. */
async function takenBack(engine: Engine, { containerId, fault }: Marker): Promise<string> {
  try {
    return (await undo(engine, containerId, fault)) ? '; its fault was taken back' : '';
  } catch (error) {
    if (!isCode(error, 'TH_ENGINE_REFUSED')) throw error;
    return `; its fault could not be taken back: ${error.message}`;
  }
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
