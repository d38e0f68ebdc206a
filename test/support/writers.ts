/** Watches who writes one volume: two that run at once have both begun, and that is seen however short it lasts. */
import type { Container, EngineEvent } from '../../src/ports/engine.ts';

export class Writers {
  /** "a beside b"; must stay empty */
  readonly second: string[] = [];
  readonly #running = new Map<string, string>();
  readonly #mountsOf: (containerId: string) => Container['mounts'];

  constructor(mountsOf: (containerId: string) => Container['mounts']) {
    this.#mountsOf = mountsOf;
  }

  see({ type, action, containerId, attributes }: EngineEvent): void {
    if (type !== 'container') return;
    if (action === 'die' || action === 'destroy') this.#running.delete(containerId);
    if (action !== 'start' && action !== 'unpause') return;
    if (!this.#mountsOf(containerId).some(({ name, writable }) => writable && name.endsWith('data'))) return;
    const name = attributes['name'] ?? '';
    for (const [id, other] of this.#running) if (id !== containerId) this.second.push(`${name} beside ${other}`);
    this.#running.set(containerId, name);
  }
}
