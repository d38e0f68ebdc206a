/** Against the engine that DOCKER_HOST names. Without one this fails: it does not skip. */

import { openDockerEngine } from '../../src/adapters/docker/engine.ts';
import { importTestImage } from '../support/images.ts';
import { engineContract } from './engine.ts';
import type { ProgramName, Rig } from './engine-site.ts';

engineContract('docker', dockerRig);

const PATIENT = 'trap "exit 0" TERM; while [ ! -e /tmp/crash ]; do sleep 0.05; done; rm /tmp/crash; exit 3';

const SCRIPTS: Readonly<Record<ProgramName, string>> = {
  patient: PATIENT,
  stubborn: 'exec sleep 3600',
  talker: `echo one; echo two >&2; ${PATIENT}`,
  brief: 'exit 0',
  failing: 'exit 3',
};

async function dockerRig(): Promise<Rig> {
  const image = await importTestImage();
  const engine = openDockerEngine(process.env);
  const absent = openDockerEngine({ DOCKER_HOST: 'unix:///nonexistent/twinhull-test.sock' });
  const inside = async (id: string, command: string): Promise<void> =>
    void (await engine.exec(id, ['sh', '-c', command], {}));
  return {
    engine,
    absent,
    image,
    command: (program) => ['sh', '-c', SCRIPTS[program]],
    crash: async (id) => await inside(id, 'touch /tmp/crash'),
    touch: async (id, path) => await inside(id, `sleep 0.02; touch ${path}`),
    setHealth: async (id, healthy) => await inside(id, healthy ? 'touch /tmp/well' : 'rm /tmp/well'),
    close: async () => {
      await engine.close();
      await absent.close();
    },
  };
}
