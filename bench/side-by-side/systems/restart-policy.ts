import { setTimeout as sleep } from 'node:timers/promises';
import { removeContainers, untilAnswers } from '../../docker.ts';
import type { System } from '../system.ts';
import { hostAddress, startMember } from '../two-members.ts';

const NAME = 'bench-alone';
const PORT = 18082;

/** What most Compose projects have: one container, `restart: unless-stopped`. */
export const restartPolicy: System = {
  name: 'restart-policy',
  title: "Docker's restart policy (one container)",
  images: ['node'],
  async start() {
    await removeContainers(NAME);
    await startMember(NAME, '--publish', `${PORT}:8080`);
    const url = `http://${await hostAddress()}:${PORT}`;
    await untilAnswers(`${url}/health`, 20_000);
    return {
      url,
      repairs: false,
      victim: async () => ({ container: NAME, network: 'bridge', address: null }),
      // its waits double with each restart, and begin anew once it has run for 10 s (moby restartmanager)
      settle: () => untilAnswers(`${url}/health`, 60_000).then(() => sleep(11_000)),
      stop: () => removeContainers(NAME),
    };
  },
};
