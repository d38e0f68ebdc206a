import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Hands } from '../drill/undo.ts';
import { isCode } from '../errors.ts';
import type { Context } from './command.ts';
import type { Place } from './place.ts';
import { startSupervisor } from './start-supervisor.ts';

const START_UNIT_MS = 60_000;
const KEEPER_MS = 10_000;
const LOOK_EVERY_MS = 100;

/** What takes a drill's fault back, from the command line or from the guard of a drill that is gone. */
export function drillHands(context: Context, place: Place): Hands {
  return {
    engine: place.engine,
    startSupervisor: async () => {
      if (await isSupervisedSoon(place)) return false;
      await startSupervisor(context, place);
      return true;
    },
    startUnit: async (unit) => {
      await promisify(execFile)('systemctl', ['start', unit], { timeout: START_UNIT_MS });
      return true;
    },
  };
}

/** Whoever keeps the supervisor gets the time to start it again. */
async function isSupervisedSoon(place: Place): Promise<boolean> {
  const until = performance.now() + KEEPER_MS;
  while (!(await isSupervised(place))) {
    if (performance.now() > until) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

/** One that is just being started, or ended, may close the connection: it is no supervisor yet, or none any more. */
async function isSupervised({ control }: Place): Promise<boolean> {
  try {
    return (await control.status()) !== null;
  } catch (error) {
    if (isCode(error, 'TH_SUPERVISOR_SILENT')) return false;
    throw error;
  }
}
