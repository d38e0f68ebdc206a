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

type Run = (...parameters: readonly string[]) => Promise<string>;

async function readMembers(run: Run): Promise<readonly Member[]> {
  const status = JSON.parse(await run('--json', 'status')) as {
    readonly services: readonly { readonly name: string; readonly members: readonly Member[] }[];
  };
  return status.services.find(({ name }) => name === 'web')?.members ?? [];
}

async function findVictim(run: Run): Promise<Victim> {
  const primary = (await readMembers(run)).find(({ role }) => role === 'primary');
  if (typeof primary?.containerId !== 'string') throw new Error('twinhull names no primary');
  return { container: primary.containerId, network: 'bench_twinhull-web', address: null };
}

const isWell = ({ verdict }: Member): boolean => verdict === 'healthy' || verdict === 'standby';

async function settle(run: Run): Promise<void> {
  const end = performance.now() + SETTLE_WITHIN_MS;
  for (;;) {
    const members = await readMembers(run);
    if (members.length === 2 && members.every(isWell)) return;
    if (performance.now() > end)
      throw new Error(`not repaired within ${SETTLE_WITHIN_MS} ms: ${JSON.stringify(members)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export const twinhull: System = twinhullWith();

/** @param overrides Compose files that are merged over the one beside this */
export function twinhullWith(...overrides: readonly string[]): System {
  const files = [FILE, ...overrides].flatMap((file) => ['-f', file]);
  const run: Run = (...parameters) => command(join(ROOT, 'bin', 'twinhull'), ...files, ...parameters);
  return {
    name: 'twinhull',
    title: 'twinhull',
    images: ['node', 'haproxy'],
    async start() {
      await run('down').catch(() => {});
      await run('up', '-d');
      const url = `http://${await hostAddress()}:${PORT}`;
      await untilAnswers(`${url}/health`, 30_000);
      return {
        url,
        repairs: true,
        victim: () => findVictim(run),
        settle: () => settle(run),
        stop: () => run('down').then(() => {}),
      };
    },
  };
}
