/** What lasts is told once: again only when it was over for a good while in between. */

import type { Told } from './memory.ts';

/** What swings about a threshold is one thing to tell, not many. */
const OVER_FOR_MS = 5 * 60_000;

interface Teller {
  told?: Told | undefined;
}

/**
 * Keeps what is told, and gives those of `lasting` that are news.
 * @param about the beginning of all keys that are looked at: what else was told stays
 * @param lasting keys of what is so now
 */
export function newsOf(teller: Teller, about: string, lasting: readonly string[], now: number): string[] {
  const told = (teller.told ??= {});
  const news = lasting.filter((key) => !(key in told));
  for (const key of lasting) told[key] = { since: told[key]?.since ?? now, overAt: null };
  for (const [key, one] of Object.entries(told)) {
    if (!key.startsWith(about) || lasting.includes(key)) continue;
    one.overAt ??= now;
    if (now >= one.overAt + OVER_FOR_MS) delete told[key];
  }
  return news;
}
