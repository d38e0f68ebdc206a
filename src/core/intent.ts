/**
 * What was asked for is no failure, and only the order of events tells. `docker stop` gives kill, die, stop;
 * a crash gives die alone; `docker kill` gives kill and die; `docker rm -f` gives kill, die, destroy. So a die
 * is unclear until a stop has had time to follow it: long after a polite signal (a stop is likely), short
 * after none or SIGKILL (a crash or a kill is likely, and repair should not wait).
 */

import type { Ended } from './model.ts';

/** on a machine at its limit the stop was seen to come more than a second after the die */
const STOP_FOLLOWS_MS = 3000;
/** measured: stop comes within 20 ms of die; with 100 containers up within 60 */
const STOP_WOULD_HAVE_COME_MS = 250;

/** What happened to one container since it last ran well. Times are milliseconds by our own clock. */
export interface Trail {
  /** a signal other than SIGKILL was sent through the API before it died */
  readonly politelySignalled: boolean;
  readonly diedAt: number | null;
  readonly stopped: boolean;
}

export const noTrail: Trail = { politelySignalled: false, diedAt: null, stopped: false };

/**
 * The trail after one more event.
 * @param signal for `kill`: the number or name the event carries
 * @param now when it came to us
 */
export function followTrail(trail: Trail, action: string, signal: string, now: number): Trail {
  switch (action) {
    case 'start':
    case 'unpause':
      return noTrail;
    case 'kill':
      return isPolite(signal) ? { ...trail, politelySignalled: true } : trail;
    case 'die':
      return { ...trail, diedAt: now };
    case 'stop':
      return { ...trail, stopped: true };
    default:
      return trail;
  }
}

/** @returns how the container ended, and until when that is unclear (0: it is clear) */
export function howItEnded(trail: Trail, now: number): { readonly ended: Ended; readonly unclearUntil: number } {
  if (trail.stopped) return { ended: 'asked', unclearUntil: 0 };
  if (trail.diedAt === null) return { ended: 'unseen', unclearUntil: 0 };
  const until = trail.diedAt + (trail.politelySignalled ? STOP_FOLLOWS_MS : STOP_WOULD_HAVE_COME_MS);
  return now < until ? { ended: 'unclear', unclearUntil: until } : { ended: 'failed', unclearUntil: 0 };
}

/** SIGKILL alone is no polite request; SIGSTOP and SIGCONT end nothing. */
function isPolite(signal: string): boolean {
  return !['9', 'KILL', 'SIGKILL', '19', 'STOP', 'SIGSTOP', '18', 'CONT', 'SIGCONT'].includes(signal.toUpperCase());
}
