/** How long a call to the engine (or a gateway) may take before we stop waiting for it, milliseconds. */
export const deadlines = {
  read: 20_000,
  gateway: 5000,
  create: 60_000,
  start: 60_000,
  /** on top of the time the container itself is given to end */
  stop: 30_000,
  remove: 60_000,
  pull: 60 * 60_000,
  build: 4 * 60 * 60_000,
} as const;

/** The caller's signal, cut short after `ms`. */
export function within(ms: number, signal: AbortSignal | undefined): { readonly signal: AbortSignal } {
  const timeout = AbortSignal.timeout(ms);
  return { signal: signal ? AbortSignal.any([signal, timeout]) : timeout };
}
