import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/simulator/random.ts';
import { command, docker } from '../docker.ts';
import { type Company, type Placed, processName } from './company.ts';
import type { FaultKind } from './fault.ts';

const EVERY_SERVICE = ['api', 'pm-worker', 'task-worker', 'queue', 'monitoring-dashboard'];
/** Only where a gateway asks from outside can it be seen that a member is well inside and out of reach. */
const BEHIND_A_GATEWAY = ['api'];
/** No standby is started instead of them. */
const COME_BACK = ['api', 'queue', 'monitoring-dashboard'];
const API_PORT = '8080';
const PAUSE_BEFORE_START_MS = 5000;

/** A kind that does something to one running member. */
function toMember(
  kind: Omit<FaultKind, 'inject'>,
  strike: (member: Placed, company: Company, random: Random) => Promise<unknown>,
): FaultKind {
  return {
    ...kind,
    inject: async (company, service, random) => {
      const member = await company.draw(service, random);
      await strike(member, company, random);
      return member.name;
    },
  };
}

/** By root on the host, past the engine. */
const signal = (name: NodeJS.Signals) => async (member: Placed) => {
  process.kill(member.container.pid, name);
};

/** Ends in its own time, with exit code 0. */
async function endByItself({ name, container: { pid } }: Placed): Promise<void> {
  process.kill(pid, 'SIGTERM');
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await processName(pid)) === '') return;
    await sleep(100);
  }
  throw new Error(`${name} was asked to end, and did not`);
}

/** In the network of a container, as root on the host can. */
function inNetworkOf({ container }: Placed, ...program: readonly string[]): Promise<string> {
  return command('nsenter', `--net=/proc/${container.pid}/ns/net`, ...program);
}

const dropRequests = (target: readonly string[]) => (member: Placed) =>
  inNetworkOf(member, 'iptables', '-I', 'INPUT', '!', '-i', 'lo', '-p', 'tcp', '--dport', API_PORT, '-j', ...target);

async function takeLinkDown(member: Placed, _company: Company, random: Random): Promise<void> {
  const { ipv4 } = random.pick(Object.values(member.container.networks));
  const addresses = await inNetworkOf(member, 'ip', '-oneline', '-4', 'address');
  const link = addresses
    .split('\n')
    .find((line) => line.includes(` ${ipv4}/`))
    ?.split(/\s+/)[1];
  if (link === undefined) throw new Error(`${member.name} has no link with ${ipv4}`);
  await inNetworkOf(member, 'ip', 'link', 'set', link, 'down');
}

/** The first process is what the kernel is told to end first; the limit is raised once it has. */
async function exhaustMemory({ name, container: { id, pid } }: Placed, { engine }: Company): Promise<void> {
  await docker('update', '--memory', '128m', '--memory-swap', '128m', id);
  await writeFile(`/proc/${pid}/oom_score_adj`, '1000');
  // the program in the member that uses up its memory dies with it
  await engine.exec(id, ['tail', '/dev/zero'], {}, { deadlineMs: 20_000 }).catch(() => {});
  await docker('update', '--memory', '8g', '--memory-swap', '8g', id);
  if ((await processName(pid)) !== '') throw new Error(`${name} was to run out of memory, and did not`);
}

/** Three times, each time as soon as it is back. */
async function crashAgainAndAgain(member: Placed, { engine }: Company): Promise<void> {
  let { pid } = member.container;
  for (const isLast of [false, false, true]) {
    process.kill(pid, 'SIGKILL');
    if (!isLast) pid = await nextRun(engine, member, pid);
  }
}

async function nextRun(engine: Company['engine'], { name, container }: Placed, pid: number): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const now = await engine.inspectContainer(container.id);
    if (now?.state === 'running' && now.pid !== pid) return now.pid;
    await sleep(100);
  }
  throw new Error(`${name} did not come back to be killed again`);
}

async function stopAndStart({ container: { id } }: Placed, { engine }: Company): Promise<void> {
  await engine.stopContainer(id, {});
  await sleep(PAUSE_BEFORE_START_MS);
  await engine.startContainer(id);
}

export const memberFaults: readonly FaultKind[] = [
  toMember({ name: 'kill', title: 'kill -9', strikes: EVERY_SERVICE }, signal('SIGKILL')),
  toMember({ name: 'exit', title: 'ends by itself with exit code 0', strikes: EVERY_SERVICE }, endByItself),
  toMember({ name: 'docker-kill', title: 'docker kill', strikes: EVERY_SERVICE }, ({ container }, { engine }) =>
    engine.killContainer(container.id, 'SIGKILL'),
  ),
  toMember({ name: 'crashes', title: 'kill -9, three times', strikes: COME_BACK }, crashAgainAndAgain),
  toMember(
    { name: 'oom', title: 'out of memory (its limit is raised again by us)', strikes: ['api', 'task-worker', 'queue'] },
    exhaustMemory,
  ),
  toMember({ name: 'pause', title: 'docker pause', strikes: EVERY_SERVICE }, ({ container }, { engine }) =>
    engine.pauseContainer(container.id),
  ),
  toMember({ name: 'hang', title: 'SIGSTOP', strikes: EVERY_SERVICE }, signal('SIGSTOP')),
  toMember(
    { name: 'disconnect', title: 'docker network disconnect', strikes: EVERY_SERVICE },
    ({ container }, { engine }, random) =>
      engine.disconnectNetwork(random.pick(Object.keys(container.networks)), container.id, { force: true }),
  ),
  toMember({ name: 'link-down', title: 'ip link set down', strikes: BEHIND_A_GATEWAY }, takeLinkDown),
  toMember({ name: 'drop', title: 'its packets are dropped', strikes: BEHIND_A_GATEWAY }, dropRequests(['DROP'])),
  toMember(
    { name: 'refuse', title: 'its connections are refused', strikes: BEHIND_A_GATEWAY },
    dropRequests(['REJECT', '--reject-with', 'tcp-reset']),
  ),
  toMember({ name: 'remove', title: 'docker rm -f', strikes: EVERY_SERVICE }, ({ container }, { engine }) =>
    engine.removeContainer(container.id, { force: true, volumes: false }),
  ),
  toMember(
    { name: 'stop', title: 'docker stop (started again by us after 5 s)', strikes: ['api', 'task-worker'] },
    stopAndStart,
  ),
  {
    name: 'kill-all',
    title: 'kill -9 of all members at once',
    strikes: ['api', 'task-worker'],
    inject: async (company, service) => {
      const members = await company.running(service);
      for (const { container } of members) process.kill(container.pid, 'SIGKILL');
      return members.map(({ name }) => name).join(', ');
    },
  },
];
