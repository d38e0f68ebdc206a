import { parseDuration } from '../duration.ts';
import { TwinhullError } from '../errors.ts';

/** "10m" before `now`, or a date as JavaScript reads it; milliseconds since 1970. Throws TH_USAGE. */
export function timeAgo(text: string, now: number): number {
  const ago = parseDuration(text);
  if (ago !== null) return now - ago;
  const at = Date.parse(text);
  if (Number.isFinite(at)) return at;
  throw new TwinhullError(
    'TH_USAGE',
    `"${text}" is no time: expected a duration with a unit such as 10m, or a date such as 2026-01-31T12:00:00Z`,
  );
}
