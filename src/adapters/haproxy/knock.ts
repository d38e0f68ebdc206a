import { connect } from 'node:net';
import { setImmediate as othersFirst } from 'node:timers/promises';

/**
 * Nothing listens there (tcpmux, RFC 1078), so the answer is a refusal by the member's kernel: it comes from a member
 * that is frozen or overloaded too, and from none that is cut off.
 */
const CLOSED_PORT = 1;

/** Whether a member's kernel answers within `timeoutMs`; true as well when we were too late to tell. */
export async function knock(address: string, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const began = performance.now();
  const socket = connect({ host: address, port: CLOSED_PORT });
  const abort = (): void => resolve(false);
  // what has arrived is read only after timers that are due: it gets its turn before silence counts
  const timer = setTimeout(
    () => void othersFirst().then(() => resolve(performance.now() - began > 2 * timeoutMs)),
    timeoutMs,
  );
  signal.addEventListener('abort', abort, { once: true });
  socket
    .once('connect', () => resolve(true))
    .once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}
