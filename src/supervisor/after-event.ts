/** What an event says for certain about a container; the rest is seen when it is looked at. */

import type { Container, ContainerState, EngineEvent } from '../ports/engine.ts';

/** An event of a run that is over, told again or told late. */
export function isPast(event: EngineEvent, container: Container): boolean {
  return event.at < container.startedAt;
}

/** @returns null when it must be looked at */
export function afterEvent(container: Container, event: EngineEvent): Container | null {
  const become = (state: ContainerState, more: Partial<Container> = {}): Container => ({
    ...container,
    ...more,
    state,
  });
  if (event.type === 'network') {
    return event.action === 'disconnect' ? withoutNetwork(container, event.attributes['name'] ?? '') : null;
  }
  switch (event.action) {
    case 'die':
      // of a container that is being removed: it is still that, and cannot be started
      return become(container.state === 'removing' ? 'removing' : 'exited', {
        exitCode: Number(event.attributes['exitCode'] ?? container.exitCode),
        finishedAt: event.at,
      });
    case 'pause':
      return become('paused');
    case 'unpause':
      return become('running');
    case 'start':
      // what was connected between its creation and its start is known when it is looked at
      return become('running', {
        startedAt: event.at,
        health: container.health === 'none' ? 'none' : 'starting',
        partial: true,
      });
    default:
      return null;
  }
}

function withoutNetwork(container: Container, name: string): Container | null {
  if (container.state !== 'running' || !(name in container.networks)) return null;
  const networks = Object.fromEntries(Object.entries(container.networks).filter(([key]) => key !== name));
  return { ...container, networks };
}
