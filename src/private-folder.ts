import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, TwinhullError } from './errors.ts';

/**
 * Makes the folder, for its owner alone (0700), where it is missing. What lies in it steers gateways and holds
 * secrets, so one that somebody else put there, or could put another in the place of, is not used.
 * @throws TH_STATE_UNUSABLE
 */
export function makePrivateFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const why = distrust(path) ?? distrustOwner(dirname(path));
    if (why !== null) throw new Error(why);
    chmodSync(path, 0o700);
  } catch (cause) {
    const why = messageOf(cause);
    throw new TwinhullError('TH_STATE_UNUSABLE', `the state folder ${path} cannot be used: ${why}`, { cause });
  }
}

function distrust(path: string): string | null {
  return lstatSync(path).isSymbolicLink() ? 'it is a link' : distrustOwner(path);
}

function distrustOwner(path: string): string | null {
  const { uid } = lstatSync(path);
  return uid === 0 || uid === process.geteuid?.() ? null : `${path} belongs to another user (${uid})`;
}
