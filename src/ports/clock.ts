/** Time, so that tests can own it. */
export interface Clock {
  /** milliseconds since 1970, may jump */
  now(): number;
  /** milliseconds from some start, never jumps back */
  monotonic(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `onDue` once after `ms`. @returns what takes it back */
  timer(ms: number, onDue: () => void): () => void;
}
