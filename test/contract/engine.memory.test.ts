import { MemoryEngine, type Program } from '../../src/adapters/memory/engine.ts';
import { systemClock } from '../../src/adapters/node/clock.ts';
import type { ContainerSpec } from '../../src/ports/engine.ts';
import { engineContract } from './engine.ts';
import type { ProgramName, Rig } from './engine-site.ts';

const IMAGE = 'twinhull-test/busybox:1';

engineContract('memory', async () => await Promise.resolve(memoryRig()));

function memoryRig(): Rig {
  const engine = new MemoryEngine({ clock: systemClock, programOf });
  engine.addImage(IMAGE, { exposedPorts: ['80/tcp'] });
  const absent = new MemoryEngine({ clock: systemClock });
  absent.goAway();
  return {
    engine,
    absent,
    image: IMAGE,
    command: (program) => [program],
    crash: async (id) => await Promise.resolve(engine.crash(id, 3)),
    touch: async (id, path) => {
      await systemClock.sleep(20);
      engine.touch(id, path);
    },
    setHealth: async (id, healthy) => await Promise.resolve(engine.setHealth(id, healthy ? 'healthy' : 'unhealthy')),
    close: async () => await Promise.resolve(),
  };
}

function programOf(spec: ContainerSpec): Program {
  const name = spec.Cmd?.[0] as ProgramName | undefined;
  switch (name) {
    case 'stubborn':
      return { onSignal: () => null };
    case 'talker':
      return {
        ...patient,
        output: [
          { stream: 'stdout', text: 'one' },
          { stream: 'stderr', text: 'two' },
        ],
      };
    case 'brief':
      return { exits: { afterMs: 5, exitCode: 0 } };
    case 'failing':
      return { exits: { afterMs: 5, exitCode: 3 } };
    case 'patient':
    case undefined:
      return patient;
  }
}

const patient: Program = { onSignal: () => 0, exec: runCommand };

/** The two commands of the suite. */
function runCommand(command: readonly string[], { env }: { readonly env: readonly string[] }) {
  if (command[0] === 'head') return { exitCode: 0, stdout: '\0'.repeat(Number(command[2])) };
  const word = env.find((variable) => variable.startsWith('WORD='))?.slice('WORD='.length) ?? '';
  return { exitCode: 3, stdout: `${word}\n`, stderr: 'err\n' };
}
