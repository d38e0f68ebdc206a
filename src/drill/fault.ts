import type { Engine } from '../ports/engine.ts';

/** A failure made on purpose. hang: every process frozen by SIGSTOP, sockets open, no event of the engine. */
export type Fault = 'kill' | 'hang' | 'stop';

export async function inject(engine: Engine, containerId: string, fault: Fault): Promise<void> {
  switch (fault) {
    case 'kill':
      return engine.killContainer(containerId, 'SIGKILL');
    case 'hang':
      return engine.killContainer(containerId, 'SIGSTOP');
    case 'stop':
      return engine.stopContainer(containerId, {});
  }
}

/**
 * What is left of the fault is taken back: a frozen container goes on, one that is still down is started. A
 * container that was repaired or replaced in the meantime is left alone.
 * @returns whether there was anything left to take back
 */
export async function undo(engine: Engine, containerId: string, fault: Fault): Promise<boolean> {
  const container = await engine.inspectContainer(containerId);
  if (container === null) return false;
  if (fault === 'hang') {
    if (container.state !== 'running') return false;
    await engine.killContainer(container.id, 'SIGCONT');
    return true;
  }
  if (container.state !== 'exited') return false;
  await engine.startContainer(container.id);
  return true;
}
