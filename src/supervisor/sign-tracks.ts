/**
 * One sign each, followed from look to look: what was answered, and since when it is so. Ages come from how long we
 * have seen something unchanged, by our own clock that never jumps, not from comparing clocks; and a time in which we
 * did not look counts for no more than one look.
 */

import type { SignSeen } from '../core/model.ts';
import type { Answer, Oldest } from '../ports/prober.ts';
import { Ring, type Timed } from './samples.ts';

/** Longer than two looks are apart: what happened in between was not seen. */
const LOOKS_WITHIN_MS = 15_000;
/** A share of a few pieces of work says little. */
const FEWEST_PIECES = 20;

/** Since when something is so, in time that was looked at. */
class Since {
  #since: number;
  #lookedAt: number;

  constructor(now: number) {
    this.#since = now;
    this.#lookedAt = now;
  }

  /** @param changed it is otherwise than at the last look */
  look(now: number, changed: boolean): void {
    const unseen = now - this.#lookedAt - LOOKS_WITHIN_MS;
    if (changed) this.#since = now;
    else if (unseen > 0) this.#since += unseen;
    this.#lookedAt = now;
  }

  /** As of the last look. */
  get forMs(): number {
    return this.#lookedAt - this.#since;
  }
}

/** Since when nobody could say, and why. */
class Silence {
  #since: Since | null = null;
  #why = '';

  note(why: string | null, now: number): void {
    if (why === null) this.#since = null;
    else if (this.#since === null) this.#since = new Since(now);
    else this.#since.look(now, false);
    this.#why = why ?? '';
  }

  seen(name: string): SignSeen | null {
    return this.#since && { name, kind: 'unknown', forMs: this.#since.forMs, why: this.#why };
  }
}

export class QueueTrack {
  readonly #silence = new Silence();
  readonly #lengths: Ring<Timed & { readonly length: number }>;
  #ends: { mark: string; since: Since }[] = [];
  #ageMs: number | null = null;

  constructor(windowMs: number) {
    this.#lengths = new Ring(windowMs);
  }

  note(answer: Answer, now: number): void {
    this.#silence.note(answer.known ? null : answer.why, now);
    if (!answer.known) return;
    this.#lengths.add({ at: now, length: answer.number });
    this.#ageMs = this.#age(answer.oldest, now);
  }

  /** What lies at an end of a queue unchanged has waited at least for so long. */
  #age(oldest: Oldest | null, now: number): number | null {
    const marks = oldest?.marks ?? [];
    this.#ends = marks.map((mark, index) => {
      const end = this.#ends[index];
      if (end?.mark !== mark) return { mark, since: new Since(now) };
      end.since.look(now, false);
      return end;
    });
    if (oldest === null) return null;
    return oldest.ageMs ?? (marks.length === 0 ? null : Math.max(...this.#ends.map(({ since }) => since.forMs)));
  }

  seen(name: string, now: number): SignSeen | null {
    const samples = this.#lengths.whole(now);
    const silence = this.#silence.seen(name);
    if (silence || !samples) return silence;
    return { name, kind: 'queue', length: Math.min(...samples.map(({ length }) => length)), ageMs: this.#ageMs };
  }
}

export class ErrorsTrack {
  readonly #silence = new Silence();
  readonly #counts: Ring<Timed & { readonly failed: number; readonly all: number }>;

  constructor(windowMs: number) {
    this.#counts = new Ring(windowMs);
  }

  note(failed: Answer, all: Answer, now: number): void {
    const dumb = [failed, all].find((answer) => !answer.known);
    this.#silence.note(dumb && !dumb.known ? dumb.why : null, now);
    if (failed.known && all.known) this.#counts.add({ at: now, failed: failed.number, all: all.number });
  }

  seen(name: string, now: number): SignSeen | null {
    const samples = this.#counts.whole(now);
    const silence = this.#silence.seen(name);
    const [first, last] = [samples?.[0], samples?.at(-1)];
    if (silence || !first || !last) return silence;
    const all = last.all - first.all;
    const failed = last.failed - first.failed;
    // counters that went back began anew: nothing is known of the time before
    if (all < 0 || failed < 0) return null;
    return { name, kind: 'errors', share: all < FEWEST_PIECES ? 0 : Math.min(1, failed / all) };
  }
}

export class ZombiesTrack {
  readonly #counts: Ring<Timed & { readonly count: number }>;

  constructor(windowMs: number) {
    this.#counts = new Ring(windowMs);
  }

  /** @param count null: where nobody can count them, nobody is told of it either */
  note(count: number | null, now: number): void {
    if (count !== null) this.#counts.add({ at: now, count });
  }

  seen(name: string, now: number): SignSeen | null {
    const samples = this.#counts.whole(now);
    return samples && { name, kind: 'zombies', count: Math.min(...samples.map(({ count }) => count)) };
  }
}

export class ProgressTrack {
  readonly #silence = new Silence();
  #number: number | null = null;
  #still: Since | null = null;

  /** @param work the queue; null: there always is some */
  note(number: Answer, work: Answer | null, now: number): void {
    const dumb = [number, work].find((answer) => answer !== null && !answer.known);
    this.#silence.note(dumb && !dumb.known ? dumb.why : null, now);
    const isIdle = work !== null && (!work.known || work.number === 0);
    const moved = !number.known || number.number !== this.#number;
    this.#still ??= new Since(now);
    this.#still.look(now, moved || isIdle);
    if (number.known) this.#number = number.number;
  }

  seen(name: string): SignSeen | null {
    return this.#silence.seen(name) ?? (this.#still && { name, kind: 'progress', stuckMs: this.#still.forMs });
  }
}

/** Something that changes with each beat; null: there is none yet. */
export type Beat =
  | { readonly known: true; readonly mark: string | null; readonly isFresh: boolean }
  | Extract<Answer, { known: false }>;

export class HeartbeatTrack {
  readonly #silence = new Silence();
  #mark: string | null | undefined;
  #since: Since | null = null;
  #hasBeaten = false;

  /** isFresh of the first beat seen: it is of this run */
  note(beat: Beat, now: number): void {
    this.#silence.note(beat.known ? null : beat.why, now);
    if (!beat.known) return;
    const isFirst = this.#since === null;
    const beats = beat.mark !== null && (isFirst ? beat.isFresh : beat.mark !== this.#mark);
    this.#since ??= new Since(now);
    this.#since.look(now, beats);
    this.#hasBeaten ||= beats;
    this.#mark = beat.mark;
  }

  seen(name: string): SignSeen | null {
    const { forMs = 0 } = this.#since ?? {};
    const known = this.#since && ({ name, kind: 'heartbeat', ageMs: forMs, hasBeaten: this.#hasBeaten } as const);
    return this.#silence.seen(name) ?? known;
  }
}

/** An answer is a beat each time it comes. */
export function beatOf(answer: Answer, now: number): Beat {
  if (!answer.known) return answer;
  return { known: true, mark: answer.number > 0 ? String(now) : null, isFresh: answer.number > 0 };
}
