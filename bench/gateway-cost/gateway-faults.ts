import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../src/ports/engine.ts';
import type { Fault } from '../side-by-side/faults.ts';
import { type Injection, inject } from '../side-by-side/injection.ts';
import type { RunningSystem } from '../side-by-side/system.ts';
import { untilAnswers } from '../docker.ts';

/** Faults of the gateway itself; the members are well all the time. */

/** Docker's waits before a restart double each time, and begin anew when the container has run for 10 s. */
const UNTIL_FIRST_AGAIN_MS = 10_500;

const haproxyKilled: Fault = {
  name: 'haproxy-kill',
  title: 'kill -9 of HAProxy inside its gateway',
  inject: async (_engine, _victim, { pid }) => void process.kill(await findHaproxy(pid), 'SIGKILL'),
  undo: async () => {},
};

const containerKilled: Fault = {
  name: 'gateway-kill',
  title: "kill -9 of the gateway's container",
  inject: async (_engine, _victim, { pid }) => void process.kill(pid, 'SIGKILL'),
  undo: async () => {},
};

export const gatewayFaults: readonly Fault[] = [haproxyKilled, containerKilled];

/** The container's first process is a shell that starts HAProxy again; HAProxy is its child. */
async function findHaproxy(shell: number): Promise<number> {
  const children = (await readFile(`/proc/${shell}/task/${shell}/children`, 'utf8')).trim().split(' ');
  for (const child of children) {
    const name = await readFile(`/proc/${child}/comm`, 'utf8').catch(() => '');
    if (name.trim() === 'haproxy') return Number(child);
  }
  throw new Error(`no haproxy among the children of process ${shell}: ${children.join(' ')}`);
}

/** Injects the fault into the gateway, `count` times. */
export async function breakGateway(
  engine: Engine,
  system: RunningSystem,
  gateway: string,
  fault: Fault,
  count: number,
): Promise<Injection[]> {
  const aimed: RunningSystem = {
    ...system,
    victim: async () => ({ container: gateway, network: '', address: null }),
    settle: async () => {
      await untilAnswers(`${system.url}/health`, 60_000);
      await system.settle();
      await sleep(UNTIL_FIRST_AGAIN_MS);
    },
  };
  const injections: Injection[] = [];
  while (injections.length < count) injections.push(await inject(engine, aimed, fault));
  return injections;
}
