import type { Container, Engine } from '../../src/ports/engine.ts';
import type { Victim } from './system.ts';

export interface Fault {
  readonly name: string;
  readonly title: string;
  /** asked for through the engine: no system repairs this by itself */
  readonly isAsked?: boolean;
  inject(engine: Engine, victim: Victim, container: Container): Promise<void>;
  /** Puts things back where the system has not. Harmless where it has. */
  undo(engine: Engine, victim: Victim, container: Container): Promise<void>;
}

/** Sends a signal to the container's first process, past the engine: `docker kill` would count as asked for. */
function signal(container: Container, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  if (container.pid > 0) process.kill(container.pid, name);
}

/** Also ends the engine's growing wait before a restart, up to a minute after many kills: the next one begins as the first did. */
async function startAgain(engine: Engine, { id }: Container): Promise<void> {
  if ((await engine.inspectContainer(id))?.state === 'restarting') await engine.stopContainer(id, {});
  const now = await engine.inspectContainer(id);
  if (now !== null && now.state !== 'running') await engine.startContainer(id);
}

export const faults: readonly Fault[] = [
  {
    name: 'none',
    title: 'nothing (control)',
    inject: async () => {},
    undo: async () => {},
  },
  {
    name: 'kill',
    title: 'kill -9',
    inject: async (_engine, _victim, container) => signal(container, 'SIGKILL'),
    undo: (engine, _victim, container) => startAgain(engine, container),
  },
  {
    name: 'stop',
    title: 'docker stop',
    isAsked: true,
    inject: (engine, _victim, container) => engine.stopContainer(container.id, {}),
    undo: (engine, _victim, container) => startAgain(engine, container),
  },
  {
    name: 'pause',
    title: 'docker pause',
    inject: (engine, _victim, container) => engine.pauseContainer(container.id),
    undo: async (engine, _victim, { id }) => {
      if ((await engine.inspectContainer(id))?.state === 'paused') await engine.unpauseContainer(id);
    },
  },
  {
    name: 'hang',
    title: 'SIGSTOP',
    inject: async (_engine, _victim, container) => signal(container, 'SIGSTOP'),
    undo: async (engine, _victim, container) => {
      const now = await engine.inspectContainer(container.id);
      if (now?.pid === container.pid) signal(container, 'SIGCONT');
    },
  },
  {
    name: 'disconnect',
    title: 'network disconnect',
    inject: (engine, victim, { id }) => engine.disconnectNetwork(victim.network, id, { force: true }),
    undo: async (engine, { network, address }, { id }) => {
      const now = await engine.inspectContainer(id);
      if (now === null || now.networks[network] !== undefined) return;
      await engine.connectNetwork({ network, aliases: [], ...(address === null ? {} : { ipv4Address: address }) }, id);
    },
  },
];
