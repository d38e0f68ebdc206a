import { join } from 'node:path';
import { command, docker, removeContainers, untilAnswers } from '../docker.ts';
import type { RunningSystem } from './system.ts';

/**
 * The peers' common ground: two members with fixed addresses on one network, a proxy with a published port. The
 * first member serves and the second stands by, as in a pair of twinhull: where both serve, half of the load
 * goes on through any fault and hides its length.
 */

export const NETWORK = 'bench-peers';
const SUBNET = '10.214.0.0/24';
const PROXY = 'bench-proxy';
const PORT = 18081;
export const MEMBERS = [
  { name: 'bench-a', address: '10.214.0.10' },
  { name: 'bench-b', address: '10.214.0.11' },
] as const;

export interface ProxyPlan {
  readonly image: string;
  /** on this machine: mounted read-only at `mountedAt` */
  readonly configFile: string;
  readonly mountedAt: string;
  readonly command: readonly string[];
  /** how long after a member is back the proxy surely uses it again, milliseconds */
  readonly settleMs: number;
}

/** The member's program, in a container that Docker restarts. Options come before the image's name. */
export async function startMember(name: string, ...options: readonly string[]): Promise<void> {
  const program = join(import.meta.dirname, '..', 'member.ts');
  await docker(
    'run',
    '--detach',
    '--name',
    name,
    '--restart',
    'unless-stopped',
    '--volume',
    `${program}:/member.ts:ro`,
    ...options,
    'twinhull-local/node:latest',
    'node',
    '/member.ts',
  );
}

export async function startTwoMembersBehind(plan: ProxyPlan): Promise<RunningSystem> {
  await stopTwoMembers();
  await docker('network', 'create', '--subnet', SUBNET, NETWORK);
  for (const { name, address } of MEMBERS) await startMember(name, '--network', NETWORK, '--ip', address);
  await Promise.all(MEMBERS.map(({ address }) => untilAnswers(`http://${address}:8080/health`, 20_000)));
  await docker(
    'run',
    '--detach',
    '--name',
    PROXY,
    '--restart',
    'unless-stopped',
    '--network',
    NETWORK,
    '--publish',
    `${PORT}:80`,
    '--volume',
    `${plan.configFile}:${plan.mountedAt}:ro`,
    plan.image,
    ...plan.command,
  );
  const url = `http://${await hostAddress()}:${PORT}`;
  await untilAnswers(`${url}/health`, 20_000);
  return {
    url,
    repairs: false,
    victim: async () => ({ container: MEMBERS[0].name, network: NETWORK, address: MEMBERS[0].address }),
    settle: async () => {
      await Promise.all(MEMBERS.map(({ address }) => untilAnswers(`http://${address}:8080/health`, 60_000)));
      await new Promise((resolve) => setTimeout(resolve, plan.settleMs));
    },
    stop: stopTwoMembers,
  };
}

async function stopTwoMembers(): Promise<void> {
  await removeContainers(PROXY, ...MEMBERS.map(({ name }) => name));
  await docker('network', 'rm', NETWORK).catch(() => {});
}

/**
 * The machine's own address on the engine's default bridge: published ports are reached there as from another
 * machine, through the kernel, and not through the userland proxy that serves 127.0.0.1.
 */
export async function hostAddress(): Promise<string> {
  const line = await command('ip', '-4', '-oneline', 'address', 'show', 'docker0');
  const address = /inet ([\d.]+)/.exec(line)?.[1];
  if (address === undefined) throw new Error('there is no docker0 bridge; run this by bench/failover');
  return address;
}
