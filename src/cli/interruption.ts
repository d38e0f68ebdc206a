/** A first Ctrl-C (or a polite kill, or a closed terminal) as an AbortSignal, until disposed of; a second one ends the process. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** what a shell expects of a process that was interrupted: 128 + SIGINT */
export const INTERRUPTED = 130;

export function interruption(onFirst: () => void = () => undefined): Interruption {
  const controller = new AbortController();
  const interrupted = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
    onFirst();
  };
  for (const name of SIGNALS) process.on(name, interrupted);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) process.off(name, interrupted);
    },
  };
}
