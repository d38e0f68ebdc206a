import { setTimeout as sleep } from 'node:timers/promises';
import type { Container } from '../../src/ports/engine.ts';
import { type Company, processName, processTree } from './company.ts';
import type { FaultKind } from './fault.ts';

const BEHIND_A_GATEWAY = ['api'];
const SUPERVISOR = ['supervisor'];
const SUPERVISOR_PAUSE_MS = 5000;

/** A kind that does something to the container of a service's gateway. */
function toGateway(
  name: string,
  title: string,
  strike: (gateway: Container, company: Company) => Promise<unknown>,
): FaultKind {
  return {
    name,
    title,
    strikes: BEHIND_A_GATEWAY,
    inject: async (company, service) => {
      const gateway = await company.gateway(service);
      await strike(gateway, company);
      return gateway.name;
    },
  };
}

function toSupervisor(name: string, title: string, strike: (company: Company) => Promise<void>): FaultKind {
  return {
    name,
    title,
    strikes: SUPERVISOR,
    inject: async (company) => {
      await strike(company);
      return 'supervisor';
    },
  };
}

async function killHaproxy({ name, pid }: Container): Promise<void> {
  const processes = await processTree(pid);
  const names = await Promise.all(processes.map(processName));
  const found = processes.filter((_, index) => names[index] === 'haproxy');
  if (found.length === 0) throw new Error(`no HAProxy in ${name}`);
  for (const each of found) process.kill(each, 'SIGKILL');
}

async function killSupervisor(company: Company): Promise<void> {
  process.kill(await company.supervisorPid(), 'SIGKILL');
}

async function pauseSupervisor(company: Company): Promise<void> {
  const pid = await company.supervisorPid();
  process.kill(pid, 'SIGSTOP');
  await sleep(SUPERVISOR_PAUSE_MS);
  process.kill(pid, 'SIGCONT');
}

/** What supervises, and what carries the requests. */
export const groundFaults: readonly FaultKind[] = [
  toGateway('haproxy', 'HAProxy killed in its gateway', killHaproxy),
  toGateway('gateway-kill', 'kill -9 of the gateway', async ({ pid }) => process.kill(pid, 'SIGKILL')),
  toGateway('gateway-pause', 'docker pause of the gateway', ({ id }, { engine }) => engine.pauseContainer(id)),
  toGateway('gateway-remove', 'docker rm -f of the gateway', ({ id }, { engine }) =>
    engine.removeContainer(id, { force: true, volumes: false }),
  ),
  toSupervisor('supervisor-kill', 'kill -9 of the supervisor', killSupervisor),
  toSupervisor('supervisor-pause', 'supervisor stopped for 5 s (it goes on by us)', pauseSupervisor),
  {
    name: 'supervisor-and-member',
    title: 'kill -9 of a member and of the supervisor',
    strikes: ['api', 'pm-worker', 'task-worker', 'queue'],
    inject: async (company, service, random) => {
      const { name, container } = await company.draw(service, random);
      process.kill(container.pid, 'SIGKILL');
      await killSupervisor(company);
      return name;
    },
  },
];
