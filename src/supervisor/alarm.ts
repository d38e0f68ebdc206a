import type { Clock } from '../ports/clock.ts';

/** Timers of a quiet machine are this late by themselves, milliseconds. */
const USUAL_LATENESS_MS = 5;

/** One wake-up call at a time; it also tells how late it came, which is how late our own loop is. */
export class Alarm {
  readonly #clock: Clock;
  readonly #onDue: (lateMs: number) => void;
  #set: { readonly at: number; readonly cancel: () => void } | null = null;

  constructor(clock: Clock, onDue: (lateMs: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** @param at milliseconds since 1970; Infinity: none. Takes the place of the one before. */
  setFor(at: number): void {
    if (this.#set?.at === at) return;
    this.cancel();
    if (at === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(1, at - this.#clock.now());
    const dueAt = this.#clock.monotonic() + waitMs;
    const cancel = this.#clock.timer(waitMs, () => {
      this.#set = null;
      this.#onDue(Math.max(0, this.#clock.monotonic() - dueAt - USUAL_LATENESS_MS));
    });
    this.#set = { at, cancel };
  }

  cancel(): void {
    this.#set?.cancel();
    this.#set = null;
  }
}
