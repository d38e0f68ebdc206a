import { completeTask } from './company.ts';
import { endSignal } from './end-signal.ts';
import { readSettings } from './settings.ts';
import { workUntil } from './worker.ts';

/** Works on tasks. */
await workUntil(endSignal(), readSettings(process.env), 'tasks', completeTask);
