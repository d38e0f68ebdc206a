import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Hands } from '../drill/undo.ts';
import { isCode } from '../errors.ts';
import type { Context } from './command.ts';
import type { Place } from './place.ts';
import { startSupervisor } from './start-supervisor.ts';

const START_UNIT_MS = 60_000;

/** What takes a drill's fault back, from the command line or from the guard of a drill that is gone. */
export function drillHands(context: Context, place: Place): Hands {
  return {
    engine: place.engine,
    startSupervisor: async () => {
      if (await isSupervised(place)) return false;
      await startSupervisor(context, place);
      return true;
    },
    startUnit: async (unit) => {
      await promisify(execFile)('systemctl', ['start', unit], { timeout: START_UNIT_MS });
      return true;
    },
  };
}

/** One that is just being started, or ended, may close the connection: it is no supervisor yet, or none any more. */
export async function isSupervised({ control }: Place): Promise<boolean> {
  try {
    return (await control.status()) !== null;
  } catch (error) {
    if (isCode(error, 'TH_SUPERVISOR_SILENT')) return false;
    throw error;
  }
}
