import type { Engine } from '../ports/engine.ts';

/** A failure made on purpose. hang: every process frozen by SIGSTOP, sockets open, no event of the engine. */
export type Fault = 'kill' | 'hang' | 'stop';

export function isFault(value: unknown): value is Fault {
  return value === 'kill' || value === 'hang' || value === 'stop';
}

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
 * What is left of the fault is taken back: a frozen container goes on, one that was stopped is started. What was
 * killed is left to the supervisor, whose repair is what the drill wants to see; so is what was repaired or
 * replaced in the meantime.
 * @returns whether there was anything left to take back
 */
export async function undo(engine: Engine, containerId: string, fault: Fault): Promise<boolean> {
  if (fault === 'kill') return false;
  const container = await engine.inspectContainer(containerId);
  if (container?.state !== (fault === 'hang' ? 'running' : 'exited')) return false;
  if (fault === 'hang') await engine.killContainer(container.id, 'SIGCONT');
  else await engine.startContainer(container.id);
  return true;
}
