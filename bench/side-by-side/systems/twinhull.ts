import { join } from 'node:path';
import { command, untilAnswers } from '../../docker.ts';
import type { System, Victim } from '../system.ts';
import { hostAddress } from '../two-members.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const FILE = join(import.meta.dirname, 'twinhull.compose.yaml');
const PORT = 18083;
const SETTLE_WITHIN_MS = 90_000;

interface Member {
  readonly name: string;
  readonly role: string;
  readonly verdict: string;
  readonly containerId: string | null;
}

const twinhullCommand = (...parameters: readonly string[]): Promise<string> =>
  command(join(ROOT, 'bin', 'twinhull'), '-f', FILE, ...parameters);

async function readMembers(): Promise<readonly Member[]> {
  const status = JSON.parse(await twinhullCommand('--json', 'status')) as {
    readonly services: readonly { readonly name: string; readonly members: readonly Member[] }[];
  };
  return status.services.find(({ name }) => name === 'web')?.members ?? [];
}

async function findVictim(): Promise<Victim> {
  const primary = (await readMembers()).find(({ role }) => role === 'primary');
  if (typeof primary?.containerId !== 'string') throw new Error('twinhull names no primary');
  return { container: primary.containerId, network: 'bench_twinhull-web', address: null };
}

const isWell = ({ verdict }: Member): boolean => verdict === 'healthy' || verdict === 'standby';

async function settle(): Promise<void> {
  const end = performance.now() + SETTLE_WITHIN_MS;
  for (;;) {
    const members = await readMembers();
    if (members.length === 2 && members.every(isWell)) return;
    if (performance.now() > end)
      throw new Error(`not repaired within ${SETTLE_WITHIN_MS} ms: ${JSON.stringify(members)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export const twinhull: System = {
  name: 'twinhull',
  title: 'twinhull',
  images: ['node', 'haproxy'],
  async start() {
    await twinhullCommand('down').catch(() => {});
    await twinhullCommand('up', '-d');
    const url = `http://${await hostAddress()}:${PORT}`;
    await untilAnswers(`${url}/health`, 30_000);
    return { url, repairs: true, victim: findVictim, settle, stop: () => twinhullCommand('down').then(() => {}) };
  },
};
