import { type Command, Option } from 'commander';
import { spawn } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { readMarker, unmark } from '../../drill/leftovers.ts';
import { takeBack } from '../../drill/undo.ts';
import { command, type Context, type ExitCode, type Entry } from '../command.ts';
import { drillHands } from '../drill-hands.ts';
import { controlOf, type Place } from '../place.ts';

interface Options {
  readonly marker: string;
}

export interface Guard {
  /** the drill has cleaned up itself */
  dismiss(): void;
}

/** Starts a process that takes the fault back when this one ends without doing it, or when its time is over. */
export function startGuard(markerPath: string, environment: Context['environment']): Guard {
  const child = spawn(process.execPath, [process.argv[1] ?? '', 'drill-guard', '--marker', markerPath], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...environment },
  });
  child.on('error', () => undefined); // doctor and the next supervisor find the marker
  child.stdin.on('error', () => undefined);
  child.unref();
  return { dismiss: () => child.stdin.end() };
}

/** The guard: its standard input ends when the drill's process does, however that ended. */
export function drillGuardCommand(entry: Entry): Command {
  return command<Options>(entry, {}, guard).addOption(new Option('--marker <path>').makeOptionMandatory());
}

async function guard(context: Context, { marker: path }: Options): Promise<ExitCode> {
  const marker = readMarker(path);
  if (marker === null) return 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  await drillIsOver(marker.undoAfter - Date.now());
  if (readMarker(path) === null) return 0;
  const { openEngine } = await import('../../wire.ts');
  const engine = openEngine(context.environment);
  try {
    await takeBack(drillHands(context, placeOf(path, engine)), marker.containerId, marker.undo);
    unmark(path);
  } finally {
    await engine.close();
  }
  return 0;
}

/** The marker lies in the state folder, which has the project's name. */
function placeOf(markerPath: string, engine: Place['engine']): Place {
  const folder = dirname(dirname(markerPath));
  return { project: basename(folder), engine, folder, control: controlOf(folder) };
}

function drillIsOver(atMostMs: number): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.once('end', resolve).once('close', resolve).once('error', resolve).resume();
    setTimeout(resolve, Math.max(0, atMostMs)).unref(); // the open input keeps the process alive, and its end ends it
  });
}
