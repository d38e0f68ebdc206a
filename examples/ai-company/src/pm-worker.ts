import { splitJob } from './company.ts';
import { endSignal } from './end-signal.ts';
import { readSettings } from './settings.ts';
import { workUntil } from './worker.ts';

/** The project manager: splits jobs into tasks. */
await workUntil(endSignal(), readSettings(process.env), 'jobs', splitJob);
