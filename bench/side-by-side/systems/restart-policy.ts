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
    const url = `http://${await hostAddress()}:${PORT}`;
    const startAnew = async (): Promise<void> => {
      await removeContainers(NAME);
      await startMember(NAME, '--publish', `${PORT}:8080`);
      await untilAnswers(`${url}/health`, 20_000);
    };
    await startAnew();
    return {
      url,
      repairs: false,
      victim: async () => ({ container: NAME, network: 'bridge', address: null }),
      settle: startAnew, // the policy's waits double with each restart (moby restartmanager); here each fault is the first
      stop: () => removeContainers(NAME),
    };
  },
};
