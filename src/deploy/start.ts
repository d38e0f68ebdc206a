import { isCode } from '../errors.ts';
import { hasNoProcess } from '../fencing/proof.ts';
import { deadlines, within } from './deadlines.ts';
import type { World } from './world.ts';

/** The engine frees a port a moment after it has stopped its holder, and two services may swap theirs in one `up`. */
const PORT_PATIENCE_MS = 3000;
const AGAIN_MS = 250;
const LOOK_EVERY_MS = 20;

/** How engines say that a port of the host is taken. */
export const portTaken = /port is already allocated|address already in use|ports are not available/i;

/** Starts a container; one whose host port is taken is tried again for a moment. */
export async function startContainer(
  { engine, clock }: Pick<World, 'engine' | 'clock'>,
  id: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const until = clock.monotonic() + PORT_PATIENCE_MS;
  for (;;) {
    try {
      await engine.startContainer(id, within(deadlines.start, signal));
      return;
    } catch (error) {
      if (!isPortTaken(error) || clock.monotonic() >= until) throw error;
    }
    await clock.sleep(AGAIN_MS, signal);
  }
}

/** SIGKILL, which a paused one hears too. It is told at once and takes effect a little later: waits until it has. */
export async function endByForce(
  { engine, clock }: Pick<World, 'engine' | 'clock'>,
  id: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const call = within(deadlines.stop, signal);
  for (;;) {
    const container = await engine.inspectContainer(id, call);
    if (!container || hasNoProcess(container)) return;
    await engine.killContainer(id, 'SIGKILL', call);
    await clock.sleep(LOOK_EVERY_MS, call.signal);
  }
}

function isPortTaken(error: unknown): boolean {
  return isCode(error, 'TH_ENGINE_REFUSED') && portTaken.test(error.message);
}
