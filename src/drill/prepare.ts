/** A fault ready to be made: everything that can be refused is refused before, and how it is taken back is known. */

import { freemem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { TwinhullError } from '../errors.ts';
import type { Engine, NetworkAttachment } from '../ports/engine.ts';
import type { Fault } from './fault.ts';
import { checkMemoryHog, fillMemory, leakMemory } from './memory-hog.ts';
import type { Undo } from './undo.ts';

/** The container that is broken. */
export interface Subject {
  readonly containerId: string;
  /** of the container: it stays when the container is made anew */
  readonly containerName: string;
  /** the member's, for a person */
  readonly name: string;
  readonly memoryLimitBytes: number | null;
  /** null: no limit */
  readonly cpus: number | null;
  /** to the network by which its gateway reaches it, else to the first of its own; null: it has none */
  readonly attachment: NetworkAttachment | null;
}

export interface Prepared {
  readonly undo: Undo;
  /** Makes it. Resolves when it has begun. */
  begin(signal: AbortSignal): Promise<void>;
  /** What is left to do then; resolves when there is nothing more. Absent: nothing is. */
  goOn?(signal: AbortSignal): Promise<void>;
  /** What came of it, where that is not always the same; for a person. */
  note?(): string;
}

export interface Extent {
  /** from the fault to the end of the load */
  readonly durationMs: number;
  /** how often a crash loop kills */
  readonly times: number;
}

export type ContainerFault = Exclude<Fault, 'supervisor' | 'daemon'>;

/** one hundredth of a processor: with less the kernel refuses */
const STARVED_CPUS = 0.01;
const LOOK_EVERY_MS = 50;
const GRACE_MS = 10_000;

/** Ends HAProxy and leaves the shell that starts it again. Needs no program but the shell. */
const KILL_HAPROXY = `
for process in /proc/[0-9]*; do
  read -r name <"$process/comm" || continue
  [ "$name" = haproxy ] && kill -9 "\${process#/proc/}" && killed=1
done 2>/dev/null
[ "$killed" = 1 ]
`;

/** @throws TH_DRILL_REFUSED */
export async function prepare(
  engine: Engine,
  fault: ContainerFault,
  subject: Subject,
  extent: Extent,
): Promise<Prepared> {
  const { containerId: id, name } = subject;
  switch (fault) {
    case 'kill':
      return { undo: { kind: 'nothing' }, begin: () => engine.killContainer(id, 'SIGKILL') };
    case 'hang':
      return { undo: { kind: 'continue' }, begin: () => engine.killContainer(id, 'SIGSTOP') };
    case 'stop':
      return { undo: { kind: 'start' }, begin: () => engine.stopContainer(id, {}) };
    case 'pause':
      return { undo: { kind: 'unpause' }, begin: () => engine.pauseContainer(id) };
    case 'cpu':
      return {
        undo: { kind: 'limit_cpu', cpus: subject.cpus },
        begin: () => engine.setCpuLimit(id, STARVED_CPUS),
      };
    case 'disconnect':
      return disconnection(engine, subject);
    case 'crash-loop':
      return crashLoop(engine, subject, extent);
    case 'gateway':
      return { undo: { kind: 'start' }, begin: () => killHaproxy(engine, id, name) };
    case 'oom': {
      const limit = await memoryLimit(engine, subject);
      return { undo: { kind: 'end_leak' }, begin: (signal) => fillMemory(engine, id, limit, { signal }) };
    }
    case 'leak': {
      const limit = await memoryLimit(engine, subject);
      return leak(engine, id, limit, extent.durationMs);
    }
  }
}

function memoryLimit(engine: Engine, { containerId: id, name, memoryLimitBytes }: Subject): Promise<number> {
  return checkMemoryHog(engine, { id, name, memoryLimitBytes }, freemem());
}

function disconnection(engine: Engine, { containerId, name, attachment }: Subject): Prepared {
  if (attachment === null)
    throw new TwinhullError('TH_DRILL_REFUSED', `${name} is on no network of its own that it could be taken off`);
  return {
    undo: { kind: 'connect', attachment },
    begin: () => engine.disconnectNetwork(attachment.network, containerId, { force: true }),
  };
}

function leak(engine: Engine, id: string, limitBytes: number, forMs: number): Prepared {
  return {
    undo: { kind: 'end_leak' },
    begin: async () => undefined,
    goOn: (signal) => leakMemory(engine, id, limitBytes, forMs, { signal, deadlineMs: forMs + GRACE_MS }),
  };
}

/** Killed again as often as it comes back while the load lasts: a member whose place another one takes may not. */
function crashLoop(engine: Engine, { containerId, containerName }: Subject, { times, durationMs }: Extent): Prepared {
  let kills = 0;
  let killedRun = 0;
  const kill = async (idOrName: string, signal: AbortSignal): Promise<void> => {
    const container = await engine.inspectContainer(idOrName, { signal });
    if (container?.state !== 'running' || container.startedAt === killedRun) return;
    killedRun = container.startedAt;
    kills += 1;
    await engine.killContainer(container.id, 'SIGKILL', { signal });
  };
  return {
    undo: { kind: 'nothing' },
    begin: (signal) => kill(containerId, signal),
    goOn: async (signal) => {
      const until = performance.now() + durationMs;
      while (kills < times && performance.now() < until) {
        await sleep(LOOK_EVERY_MS, undefined, { signal });
        await kill(containerName, signal);
      }
    },
    note: () => `killed ${kills} of ${times} times`,
  };
}

async function killHaproxy(engine: Engine, id: string, name: string): Promise<void> {
  const { exitCode } = await engine.exec(id, ['sh', '-c', KILL_HAPROXY], {});
  if (exitCode !== 0) throw new TwinhullError('TH_DRILL_REFUSED', `no HAProxy was found in the gateway of ${name}`);
}
