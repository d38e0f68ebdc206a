import { stat } from 'node:fs/promises';
import { readSettings } from './settings.ts';

/** The health check of workers, which have no port: 0 when the work loop turned within the last 15 seconds. */
const LIMIT_MS = 15_000;

const file = await stat(readSettings(process.env).heartbeatFile).catch(() => null);
const ageMs = file === null ? Number.POSITIVE_INFINITY : Date.now() - file.mtimeMs;
if (ageMs > LIMIT_MS) {
  console.log(
    file === null ? 'the work loop has not begun' : `the work loop stands still for ${Math.round(ageMs / 1000)} s`,
  );
  process.exitCode = 1;
}
